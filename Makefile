# SPDX-License-Identifier: Apache-2.0
#
#   make                    everything                 make asan         check again, all of it with ASan and UBSan
#   make podseal-verity     one program                make fuzz F=gpt   one fuzzer until stopped; without F each for FUZZ_SECONDS
#   make check              all tests, a summary       make bench        the numbers of docs/performance.md
#   make check T=name       one test, its output       make format       clang-format; `make check-format` only looks
#   make demo               from packages to a pod     make install      honours DESTDIR and PREFIX
#                           that answers, sealed       make deps         installs the packages of images/packages.txt
#
# Programs land in build/. V=1 shows the commands; CFLAGS and LDFLAGS are yours.

PREFIX ?= /usr/local
DESTDIR ?=
CC ?= gcc
CFLAGS ?= -O2 -g
FUZZ_SECONDS ?= $(if $(F),0,60)

# Where objects go, and the sanitizers in force: `make asan` and the unit tests set both.
B ?= build
SANITIZE ?=

.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:
comma := ,
quiet = $(if $(V),,@printf '  %-6s %s\n' $(1) $(patsubst $(CURDIR)/%,%,$@);)

warnings := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
hardening := -fPIE -fstack-protector-strong $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2 -fstack-clash-protection -fcf-protection)
all_cflags = -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -I$(B)/generated $(warnings) $(hardening) -pthread $(SANITIZE) $(CFLAGS)
common_ldflags = -pthread -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(SANITIZE) $(LDFLAGS)
all_ldflags = -pie $(common_ldflags)

# --- parts: a folder each, an archive each; below each part, what it may use ----------------------------------------

parts := $(patsubst %/,%,$(wildcard common/ format/ verity/ attest/ builder/source/ builder/stack/ builder/ext4/ builder/seal/ builder/boot/ builder/kata/ guest-init/ guest-init/imaged/ laboratory/ broker/))
below_common :=
below_format := common
below_verity := format common
below_attest := common
below_source := common
below_stack := source format common
below_ext4 := stack source format common
below_seal := kata stack source attest verity format common
below_boot := source format common
below_kata := stack source attest format common
below_broker := attest common
below_laboratory := attest common
below_guest-init := attest verity format common
below_imaged := guest-init attest verity format common

name_of = $(notdir $(1))
archive = $(B)/lib/$(1).a
archives_of = $(foreach p,$(1) $(below_$(1)),$(call archive,$(p)))

define part_rules
$(call archive,$(call name_of,$(1))): $(patsubst %.c,$(B)/obj/%.o,$(filter-out %/main.c,$(wildcard $(1)/*.c)))
endef
$(foreach p,$(parts),$(eval $(call part_rules,$(p))))

# protobuf-c's code for the messages, which is not in the tree
protos := $(wildcard guest-init/imaged/*.proto)
messages := $(protos:%.proto=$(B)/generated/%.pb-c)
$(call archive,imaged): $(protos:%.proto=$(B)/obj/%.pb-c.o)
$(patsubst %.c,$(B)/obj/%.o,$(wildcard guest-init/imaged/*.c)): | $(messages:=.h)
$(protos:%.proto=$(B)/obj/%.pb-c.o): $(B)/obj/%.o: $(B)/generated/%.c | pkg-config-check
	$(call quiet,CC)mkdir -p $(@D); $(CC) $(all_cflags) $(extra_cflags) -MMD -MP -c -o $@ $<
$(B)/generated/%.pb-c.c $(B)/generated/%.pb-c.h: %.proto | pkg-config-check
	$(call quiet,PROTOC)mkdir -p $(B)/generated; command -v protoc-c >/dev/null || { echo "podseal needs protoc-c: install the Debian package protobuf-c-compiler (or run: make deps)" >&2; exit 1; }; protoc-c --c_out=$(B)/generated $<

$(B)/lib/%.a:
	$(call quiet,AR)mkdir -p $(@D); rm -f $@; $(AR) rcs $@ $^

$(B)/obj/%.o: %.c | pkg-config-check
	$(call quiet,CC)mkdir -p $(@D); $(CC) $(all_cflags) $(extra_cflags) -MMD -MP -c -o $@ $<

$(B)/obj/builder/kata/embedded.o: builder/kata/policy.rego guest-init/imaged/podseal-imaged.service $(wildcard guest-init/imaged/kata-agent.service.d/*)

# --- libraries ----------------------------------------------------------------------------------------------------

libs_common := libcrypto jansson
libs_source := libarchive libisal libzstd
libs_stack := yaml-0.1
libs_ext4 := ext2fs com_err
libs_seal := libcryptsetup
libs_kata := zlib
libs_attest := jose
libs_broker := libmicrohttpd sqlite3 jose
libs_laboratory := fuse3
libs_guest-init := libssl zlib
libs_imaged := libprotobuf-c

# http-parser's package has no .pc file. libext2fs is linked statically, since making an empty file system needs only a part
# of it, and all of the initrd is measured.
plain_libs_guest-init := -lhttp_parser -l:libext2fs.a -l:libcom_err.a

link_libs = $(shell pkg-config --libs $(sort $(foreach p,$(1),$(libs_$(p))))) $(foreach p,$(1),$(plain_libs_$(p)))

# a plain word instead of a missing header: package for each pkg-config name
package_libcrypto := libssl-dev
package_jansson := libjansson-dev
package_libarchive := libarchive-dev
package_libisal := libisal-dev
package_libzstd := libzstd-dev
package_yaml-0.1 := libyaml-dev
package_ext2fs := libext2fs-dev
package_com_err := comerr-dev
package_libcryptsetup := libcryptsetup-dev
package_jose := libjose-dev
package_libmicrohttpd := libmicrohttpd-dev
package_sqlite3 := libsqlite3-dev
package_fuse3 := libfuse3-dev
package_libssl := libssl-dev
package_zlib := zlib1g-dev
package_libprotobuf-c := libprotobuf-c-dev

.PHONY: pkg-config-check
pkg-config-check:
	@for pair in $(foreach l,$(if $(filter podseal-verity,$(MAKECMDGOALS)),$(libs_common),$(sort $(foreach p,common source stack ext4 seal kata attest broker guest-init imaged laboratory,$(libs_$(p))))),$(l):$(package_$(l))); do \
		pkg-config --exists $${pair%%:*} 2>/dev/null || { echo "podseal needs $${pair%%:*}: install the Debian package $${pair#*:} (or run: make deps)" >&2; exit 1; }; done

# --- programs -----------------------------------------------------------------------------------------------------

all_parts_podseal := boot seal kata ext4 stack source attest verity format common
all_parts_podseal-verity := verity format common
all_parts_podseal-broker := broker attest common
all_parts_podseal-init := guest-init attest verity format common
all_parts_podseal-imaged := imaged guest-init attest verity format common
main_podseal := builder/cli/*.c
main_podseal-verity := verity/cli/*.c
main_podseal-broker := broker/cli/*.c
main_podseal-init := guest-init/main.c
main_podseal-imaged := guest-init/imaged/main.c
commands := podseal podseal-verity podseal-broker
programs := $(commands) podseal-init podseal-imaged
# What is measured has no debug information in it, nor what of a library nobody calls; and there is no run-time linker, whose
# work takes 0.1 s in an emulated guest. libcrypto's resolver and loader of modules, about which the linker warns, are not used. Sanitizers have no static form.
ldflags_podseal-init := $(if $(SANITIZE),,-static-pie -s -Wl,--no-warnings -Wl,-z,pack-relative-relocs)
unused_libs_podseal-init := -ljose
# and this one runs in distributions of any C library
ldflags_podseal-imaged := $(ldflags_podseal-init)
unused_libs_podseal-imaged := $(unused_libs_podseal-init)

define program_rules
$(B)/$(1): $(patsubst %.c,$(B)/obj/%.o,$(wildcard $(main_$(1)))) $(foreach p,$(all_parts_$(1)),$(call archive,$(p)))
	$$(call quiet,LINK)$$(CC) $$(if $$(ldflags_$(1)),$$(common_ldflags) $$(ldflags_$(1)),$$(all_ldflags)) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) $$(filter-out $(unused_libs_$(1)),$$(call link_libs,$(all_parts_$(1)))) -Wl,--end-group
.PHONY: $(1)
$(1): $(B)/$(1)
endef
$(foreach p,$(programs),$(eval $(call program_rules,$(p))))

# These two run in any base distro: static, and never under the sanitizers, which are not.
$(B)/podseal-pause: guest-init/pause/pause.c
$(B)/podseal-no-disks: guest-init/no-disks/no-disks.c
$(B)/podseal-pause $(B)/podseal-no-disks:
	$(call quiet,LINK)mkdir -p $(@D); $(CC) $(filter-out $(SANITIZE),$(all_cflags)) $(filter-out $(SANITIZE),$(common_ldflags)) -static-pie -s -o $@ $<

# Static, because it stands in front of an initrd whose libraries may be others; so it has no sanitizers, and the unit tests run its code with them.
# The linker's words, which are about name look-ups and plugins that nothing here asks for, are shown where it fails.
$(B)/podseal-laboratory: $(if $(SANITIZE),build/podseal-laboratory,$(B)/obj/laboratory/main.o $(foreach p,laboratory $(below_laboratory),$(call archive,$(p))))
	$(call quiet,LINK)$(if $(SANITIZE),cp $< $@,$(CC) $(common_ldflags) -static-pie -o $@ $(filter %.o,$^) -Wl$(comma)--start-group $(filter %.a,$^) -Wl$(comma)--end-group $(shell pkg-config --static --libs fuse3 libcrypto jansson) 2>$@.log || { cat $@.log >&2; exit 1; })

.PHONY: all podseal-pause podseal-no-disks podseal-laboratory
podseal-pause: $(B)/podseal-pause
podseal-no-disks: $(B)/podseal-no-disks
podseal-laboratory: $(B)/podseal-laboratory
all: $(programs) podseal-pause podseal-no-disks podseal-laboratory

# --- tests --------------------------------------------------------------------------------------------------------
# tests/unit/PART/test_X.c and tests/fuzz/PART/X.c link with PART and what is below it.

sanitizers := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
part_of = $(lastword $(subst /, ,$(dir $(1))))

unit_sources := $(wildcard tests/unit/*/test_*.c)
unit_tests := $(patsubst %.c,$(B)/%,$(unit_sources))
define unit_rules
$(B)/$(1:.c=): $(B)/obj/$(1:.c=.o) $(call archives_of,$(call part_of,$(1)))
	$$(call quiet,LINK)mkdir -p $$(@D); $$(CC) $$(all_ldflags) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group -lcmocka $$(call link_libs,$(call part_of,$(1)) $(below_$(call part_of,$(1))))
endef
$(foreach s,$(unit_sources),$(eval $(call unit_rules,$(s))))
.PHONY: unit-tests
unit-tests: $(unit_tests)

fuzz_sources := $(wildcard tests/fuzz/*/*.c)
fuzz_targets := $(patsubst %.c,$(B)/%,$(fuzz_sources))
define fuzz_rules
$(B)/$(1:.c=): $(B)/obj/$(1:.c=.o) $(call archives_of,$(call part_of,$(1)))
	$$(call quiet,LINK)mkdir -p $$(@D); $$(CC) $$(all_ldflags) -fsanitize=fuzzer -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(call link_libs,$(call part_of,$(1)) $(below_$(call part_of,$(1))))
endef
$(foreach s,$(fuzz_sources),$(eval $(call fuzz_rules,$(s))))
.PHONY: fuzz-targets
fuzz-targets: $(fuzz_targets)

# as many jobs as CPUs, unless make was told how many
build := $(MAKE) --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
sanitized := $(build) SANITIZE="$(sanitizers)"
for_unit := $(sanitized) B=build/asan
for_fuzz := $(sanitized) B=build/fuzz CC=clang extra_cflags=-fsanitize=fuzzer-no-link

.PHONY: check asan fuzz bench check-format format
check: deps-if-missing
	@$(build) all unit-tests
	@$(for_unit) unit-tests
	@$(for_fuzz) fuzz-targets
	@PROGRAMS=$(CURDIR)/build tests/run $(T)

asan:
	@$(build) unit-tests podseal-laboratory
	@$(for_unit) all unit-tests
	@$(for_fuzz) fuzz-targets
	@PROGRAMS=$(CURDIR)/build/asan tests/run $(T)

fuzz:
	@$(for_fuzz) fuzz-targets
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(F)

limits := $(B)/tests/bench/limits
$(limits): $(patsubst %,$(B)/obj/%.o,tests/bench/limits builder/seal/xts) $(call archives_of,verity)
	$(call quiet,LINK)mkdir -p $(@D); $(CC) $(all_ldflags) -o $@ $^ $(call link_libs,source common)
signatures := $(B)/tests/bench/signatures
$(signatures): $(B)/obj/tests/bench/signatures.o $(call archives_of,attest)
	$(call quiet,LINK)mkdir -p $(@D); $(CC) $(all_ldflags) -o $@ $^ $(call link_libs,attest common)
bench: all $(limits) $(signatures)
	@tests/bench/run
	@tests/bench/broker
	@tests/bench/guest

formatted := $(wildcard common/*.[ch] format/*.[ch] verity/*.[ch] verity/*/*.[ch] attest/*.[ch] broker/*.[ch] broker/*/*.[ch] guest-init/*.[ch] guest-init/*/*.[ch] laboratory/*.[ch] builder/*/*.[ch] tests/*/*/*.[ch] tests/bench/*.c)
format:
	clang-format -i $(formatted)
check-format:
	clang-format --dry-run -Werror $(formatted)

# --- set-up, demo, install ----------------------------------------------------------------------------------------

.PHONY: deps deps-if-missing demo install clean
deps:
	@images/install-packages
deps-if-missing:
	@images/install-packages --if-missing
demo: deps-if-missing
	@$(build) all
	@images/demo

install: all
	install -D -t $(DESTDIR)$(PREFIX)/bin $(addprefix build/,$(commands))
	install -D -t $(DESTDIR)$(PREFIX)/lib/podseal build/podseal-init build/podseal-imaged build/podseal-pause build/podseal-no-disks build/podseal-laboratory
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(wildcard docs/man/*.1)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 $(wildcard docs/man/*.8)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system broker/podseal-broker.service
	$(foreach p,$(commands),install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d; \
		build/$(p) completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$(p); \
		build/$(p) completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$(p); \
		build/$(p) completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$(p).fish;)

clean:
	rm -rf build

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
