// SPDX-License-Identifier: Apache-2.0
#include "guest-init/trust.h"

#include <string.h>

#include "attest/report_data.h"
#include "common/hex.h"
#include "guest-init/initdata.h"

_Static_assert((int)SNP_HOST_DATA_BYTES == (int)SEAL_DIGEST_BYTES, "HOST_DATA holds a seal digest");

static int compare(const uint8_t digest[SEAL_DIGEST_BYTES], const uint8_t want[SEAL_DIGEST_BYTES],
		   const char *whose, struct error *err)
{
	char found_text[SEAL_DIGEST_TEXT_BYTES], want_text[SEAL_DIGEST_TEXT_BYTES];

	if (memcmp(digest, want, SEAL_DIGEST_BYTES) == 0)
		return 0;
	seal_digest_to_text(digest, found_text);
	seal_digest_to_text(want, want_text);
	return error_mismatch(err, "the image's seal is %s, %s %s", found_text, whose, want_text);
}

static int check_initdata(const struct trust *trust, const uint8_t digest[SEAL_DIGEST_BYTES],
			  struct error *err)
{
	uint8_t host_data[SNP_HOST_DATA_BYTES], named[SEAL_DIGEST_BYTES];
	char have[2 * SNP_HOST_DATA_BYTES + 1], want[2 * SNP_HOST_DATA_BYTES + 1];
	enum kbs_hash hash;

	if (!trust->initdata)
		return error_input(err, "podseal.bind=initdata, but there is no initdata");
	if (kbs_init_data_algorithm(trust->initdata, &hash, err) < 0)
		return error_prefix(err, "initdata");
	kbs_host_data(trust->initdata, strlen(trust->initdata), hash, host_data);
	if (memcmp(host_data, trust->host_data, sizeof(host_data)) != 0) {
		hex_encode(host_data, sizeof(host_data), have);
		hex_encode(trust->host_data, sizeof(host_data), want);
		return error_mismatch(err, "the digest of the initdata is %s, HOST_DATA is %s",
				      have, want);
	}
	if (initdata_seal_digest(trust->initdata, named, err) < 0)
		return -1;
	return compare(digest, named, "initdata names", err);
}

static int check_bind(const struct trust *trust, const uint8_t digest[SEAL_DIGEST_BYTES],
		      struct error *err)
{
	if (!trust->host_data)
		return error_input(err, "podseal.bind, but this guest has no report");
	if (trust->cmdline->bind == BIND_INITDATA)
		return check_initdata(trust, digest, err);
	return compare(digest, trust->host_data, "HOST_DATA is", err);
}

static int check_signature(const struct trust *trust, const struct seal *seal, struct error *err)
{
	if (trust->certificate_count == 0)
		return error_input(err,
				   "nothing says what to trust: no podseal.seal or podseal.bind "
				   "on the command line, no certificate in the initrd");
	if (seal->signature_bytes == 0)
		return error_input(err, "the descriptor has no signature");
	return signature_verify(seal->descriptor, seal->descriptor_bytes, seal->signature,
				seal->signature_bytes, trust->certificates,
				trust->certificate_count, err);
}

int trust_check(const struct trust *trust, const struct seal *seal,
		const uint8_t digest[SEAL_DIGEST_BYTES], const char **how, struct error *err)
{
	static const char *const bound[] = {
		[BIND_HOST_DATA] = "by HOST_DATA",
		[BIND_INITDATA] = "by initdata",
	};
	const struct cmdline *cmdline = trust->cmdline;

	if (cmdline->has_seal && compare(digest, cmdline->seal, "podseal.seal asks for", err) < 0)
		return -1;
	if (cmdline->bind != BIND_NONE && check_bind(trust, digest, err) < 0)
		return -1;
	if (!cmdline->has_seal && cmdline->bind == BIND_NONE &&
	    check_signature(trust, seal, err) < 0)
		return -1;
	*how = cmdline->bind != BIND_NONE ? bound[cmdline->bind]
	       : cmdline->has_seal        ? "by the command line"
					  : "by its signature";
	return 0;
}

int trust_check_arch(enum descriptor_arch arch, const char *machine, struct error *err)
{
	const char *name = descriptor_arch_name(arch);

	if (strcmp(name, machine) != 0)
		return error_mismatch(err, "the image is for %s, this machine is %s", name,
				      machine);
	return 0;
}
