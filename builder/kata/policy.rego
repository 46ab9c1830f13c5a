# SPDX-License-Identifier: Apache-2.0
#
# What kata-agent may be asked for in the guest of a sealed pod. The host, the node and the control
# plane make the requests, and none of them is trusted: each request is refused unless a rule here
# allows it, and a rule that cannot read a member it needs does not hold. What was sealed is in
# `policy_data`, at the end of this file.
#
# Requests are those of kata-agent 4.1 (agent.proto), in JSON as the agent passes them. A refusal
# says why: the agent puts what is printed here into the error that the pod's events show.
package agent_policy

import future.keywords.every
import future.keywords.if
import future.keywords.in

default AddARPNeighborsRequest := false
default AddSwapPathRequest := false
default AddSwapRequest := false
default AllowRequestsFailingPolicy := false
default CloseStdinRequest := false
default CopyFileRequest := false
default CreateContainerRequest := false
default CreateSandboxRequest := false
default DestroySandboxRequest := false
default ExecProcessRequest := false
default GetDiagnosticDataRequest := false
default GetIPTablesRequest := false
default GetMetricsRequest := false
default GetOOMEventRequest := false
default GuestDetailsRequest := false
default ListInterfacesRequest := false
default ListRoutesRequest := false
default MemAgentCompactConfig := false
default MemAgentMemcgConfig := false
default MemHotplugByProbeRequest := false
default OnlineCPUMemRequest := false
default PauseContainerRequest := false
default ReadStreamRequest := false
default RemoveContainerRequest := false
default RemoveStaleVirtiofsShareMountsRequest := false
default ReseedRandomDevRequest := false
default ResizeVolumeRequest := false
default ResumeContainerRequest := false
default SetGuestDateTimeRequest := false
default SetIPTablesRequest := false
default SetPolicyRequest := false
default SignalProcessRequest := false
default StartContainerRequest := false
default StartTracingRequest := false
default StatsContainerRequest := false
default StopTracingRequest := false
default TtyWinResizeRequest := false
default UpdateContainerRequest := false
default UpdateEphemeralMountsRequest := false
default UpdateInterfaceRequest := false
default UpdateRoutesRequest := false
default VolumeStatsRequest := false
default WaitProcessRequest := false
default WriteStreamRequest := false

# --- what every pod needs, and what brings nothing in and takes nothing out but numbers ------------

DestroySandboxRequest := true

GetOOMEventRequest := true

GuestDetailsRequest := true

OnlineCPUMemRequest := true

RemoveContainerRequest := true

SignalProcessRequest := true

StartContainerRequest := true

StatsContainerRequest := true

WaitProcessRequest := true

# --- a way in, and all output out: only where the image was built with --allow-exec ----------------

CloseStdinRequest if policy_data.allow_exec == true

ExecProcessRequest if policy_data.allow_exec == true

ReadStreamRequest if policy_data.allow_exec == true

TtyWinResizeRequest if policy_data.allow_exec == true

WriteStreamRequest if policy_data.allow_exec == true

# --- the sandbox -----------------------------------------------------------------------------------

CreateSandboxRequest if {
	print("podseal: CreateSandbox: what does not hold:", refused_of_sandbox)
	count(refused_of_sandbox) == 0
}

refused_of_sandbox := {check | some check in sandbox_checks; not sandbox_passes(check)}

sandbox_checks := ["no_guest_hooks", "no_kernel_modules", "no_shared_pid_namespace", "sandbox_storages"]

sandbox_passes(check) if {
	check == "no_guest_hooks"
	input.guest_hook_path == ""
}

sandbox_passes(check) if {
	check == "no_kernel_modules"
	input.kernel_modules == []
}

sandbox_passes(check) if {
	check == "no_shared_pid_namespace"
	input.sandbox_pidns == false
}

# The pod's /dev/shm and nothing else: whatever is mounted where a container's root will be would
# keep the agent from asking for the sealed one.
sandbox_passes(check) if {
	check == "sandbox_storages"
	is_array(input.storages)
	every storage in input.storages {
		plain_storage(storage, "ephemeral", "shm", "tmpfs")
		storage.mount_point == shm_source
		every option in storage.options {
			regex.match(`^(noexec|nosuid|nodev|mode=1777|size=[0-9]+)$`, option)
		}
	}
}

shm_source := "/run/kata-containers/sandbox/shm"

plain_storage(storage, driver, source, fstype) if {
	storage.driver == driver
	storage.driver_options == []
	storage.source == source
	storage.fstype == fstype
	storage.fs_group == null
	storage.shared == false
	is_array(storage.options)
}

# --- the network: the host carries the pod's packets, but the pod's loopback is its own ------------

UpdateInterfaceRequest if {
	device_name(input.interface.name)

	# in the one spelling, as the agent finds the interface by it, and loopback's is zero
	regex.match(`^[0-9a-f]{2}(:[0-9a-f]{2}){5}$`, lower(input.interface.hwAddr))
	input.interface.hwAddr != "00:00:00:00:00:00"

	# IFF_NOARP at most
	input.interface.raw_flags in {0, 128}
	is_array(input.interface.IPAddresses)
	every address in input.interface.IPAddresses {
		not_loopback(address.address)
	}
}

UpdateRoutesRequest if {
	is_array(input.routes.Routes)
	every route in input.routes.Routes {
		device_name(route.device)
		not_loopback(route.source)
		not_loopback(route.dest)
	}
}

AddARPNeighborsRequest if {
	is_array(input.neighbors.ARPNeighbors)
	every neighbor in input.neighbors.ARPNeighbors {
		device_name(neighbor.device)
		not_loopback(neighbor.toIPAddress.address)
		neighbor.toIPAddress.mask == ""

		# NUD_REACHABLE, NUD_PERMANENT; NTF_ROUTER, NTF_EXT_LEARNED and NTF_SELF at most
		neighbor.state in {2, 128}
		neighbor.flags in {0, 2, 8, 128, 136}
	}
}

device_name(name) if {
	regex.match(`^[a-z][A-Za-z0-9_.-]{0,14}$`, name)
	name != "lo"
}

# IPv4 or IPv6, but not the one in the other: "::0.0.0.1" is loopback too.
not_loopback(address) if {
	regex.match(`^([0-9.]*|[0-9a-f:]*)(/[0-9]{1,3})?$`, lower(address))
	not regex.match(`^(127\.|[0:]*:0{0,3}1(/|$)|[0:]*:ffff:7f)`, lower(address))
}

# --- files that the kubelet makes ------------------------------------------------------------------

# Everything that is copied in goes to a name of one container below this folder, and only these
# names have a place in a container: allowed_mount().
copied(id, name) := sprintf("^/run/kata-containers/shared/containers/%s-[0-9a-f]{16}-%s", [id, name])

container_id_pattern := `[0-9a-f]{64}`

CopyFileRequest if {
	print("podseal: CopyFile: only the files that Kubernetes makes for a container, not", input.path)
	allowed_copy
}

allowed_copy if {
	input.file_type == "Regular"
	some pattern in [
		copied(container_id_pattern, `(hosts|hostname|resolv\.conf|termination-log)$`),
		concat("", [copied(container_id_pattern, "serviceaccount"), path_below, "$"]),
	]
	regex.match(pattern, input.path)

	# no bit that would let a file give its owner's rights to who runs it
	bits.and(input.file_mode, 3072) == 0
}

allowed_copy if {
	input.file_type == "Directory"
	regex.match(concat("", [copied(container_id_pattern, "serviceaccount"), "(", path_below, ")?$"]), input.path)
}

# What an image calls its volumes: containerd makes a directory for each. It comes empty.
allowed_copy if {
	input.file_type == "Directory"
	some container in policy_data.containers
	some name in container.image_volumes
	some prefix in regex.find_n(copied(container_id_pattern, ""), input.path, 1)
	input.path == concat("", [prefix, base_name(name)])
}

# Never a link under a name of its own: the agent would mount what it points to.
allowed_copy if {
	input.file_type == "Symlink"
	regex.match(concat("", [copied(container_id_pattern, "serviceaccount"), path_below, "$"]), input.path)
	regex.match(concat("", ["^", path_component, "(/", path_component, ")*$"]), input.symlink_target)
}

# "..data" is one, ".." and "." are not.
path_component := `(\.\.)?[A-Za-z0-9_-][A-Za-z0-9._-]*`

path_below := concat("", ["(/", path_component, ")+"])

base_name(path) := name if {
	parts := split(path, "/")
	name := parts[count(parts) - 1]
}

# --- containers ------------------------------------------------------------------------------------

# Each ID once, and for ever: the agent leaves what is mounted at a container's root where it is when
# it is asked again, so that one container's process would run in the root of another.
CreateContainerRequest := {"allowed": true, "ops": [used]} if {
	used := {"op": "add", "path": concat("/", ["/pstate", input.container_id]), "value": true}
	print("podseal: CreateContainer: the image", guest_pull.source, "is asked for; sealed are", sealed_names)
	print("podseal: what does not hold of the request:", refused_of_request)
	print("podseal: what is not as sealed, by container with that image:", refused_of_container)
	count(refused_of_request) == 0
	some refused in refused_of_container
	count(refused) == 0
}

sealed_names := [container.name | some container in policy_data.containers]

refused_of_request := {check | some check in request_checks; not request_passes(check)}

# By container that the request may be for; none, where its image is not part of the sealed pod.
# The agent runs the pause process of the guest itself, whatever the request says of it.
refused_of_container[name] := refused if {
	kind == "sandbox"
	name := "the pause container"
	refused := {check | some check in pause_checks; not passes(check, pause)}
}

refused_of_container[name] := refused if {
	kind == "container"
	some container in policy_data.containers
	sealed_reference(container)
	name := container.name
	refused := {check | some check in container_checks; not passes(check, container)}
}

# The runtimes' annotations, and the metadata that the agent takes for them: all say the same.
kind := one if {
	some one in {"sandbox", "container"}
	kinds(input.OCI.Annotations) == {one}
	kinds(image_metadata) == {one}
}

pause := {"volumes": [], "image_volumes": [], "privileged": false}

kinds(annotations) := values if {
	is_object(annotations)
	values := {annotations[key] |
		some key in ["io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"]
		annotations[key]
	}
}

# --- of the request itself, whichever container it is for

request_checks := [
	"id", "id_is_new", "one_guest_pull", "no_hooks", "no_devices", "no_shared_mounts", "no_string_user",
	"no_stream_ports", "no_device_annotations", "no_shared_pid_namespace", "root_path", "kind",
]

request_passes(check) if {
	check == "kind"
	kind
}

request_passes(check) if {
	check == "id"
	regex.match(`^[0-9a-f]{64}$`, input.container_id)
	input.exec_id in {"", input.container_id}
}

# What the agent keeps of the "ops" of requests before
request_passes(check) if {
	check == "id_is_new"
	not data.pstate[input.container_id]
}

guest_pulls := [storage | some storage in input.storages; storage.driver == "image_guest_pull"]

guest_pull := guest_pulls[0] if count(guest_pulls) == 1

root_path := sprintf("/run/kata-containers/%s/rootfs", [input.container_id])

# Without it the agent would mount the host's choice of a guest path as the container's root.
request_passes(check) if {
	check == "one_guest_pull"
	guest_pull.fstype == "overlay"
	guest_pull.options == []
	guest_pull.fs_group == null
	guest_pull.shared == false
	guest_pull.mount_point == root_path
	is_object(image_metadata)
}

# One option, so that there is one metadata that the agent can take.
image_metadata := metadata if {
	count(guest_pull.driver_options) == 1
	startswith(guest_pull.driver_options[0], "image_guest_pull=")
	text := substring(guest_pull.driver_options[0], 17, -1)
	metadata := json.unmarshal(text).metadata
}

request_passes(check) if {
	check == "root_path"
	input.OCI.Root.Path == root_path
}

request_passes(check) if {
	check == "no_hooks"
	input.OCI.Hooks == null
}

# CRI-O's empty list of hooks
request_passes(check) if {
	check == "no_hooks"
	is_object(input.OCI.Hooks)
	every _, hooks in input.OCI.Hooks {
		hooks == []
	}
}

request_passes(check) if {
	check == "no_devices"
	input.devices == []
	input.OCI.Linux.Devices == []
	input.OCI.Linux.Resources.Devices == []
}

request_passes(check) if {
	check == "no_shared_mounts"
	input.shared_mounts == []
}

request_passes(check) if {
	check == "no_string_user"
	input.string_user == null
	input.OCI.Process.User.Username == ""
}

# Streams that the agent would connect without asking for ReadStream or WriteStream
request_passes(check) if {
	check == "no_stream_ports"
	input.stdin_port == 0
	input.stdout_port == 0
	input.stderr_port == 0
	input.OCI.Process.Terminal == false
}

request_passes(check) if {
	check == "no_device_annotations"
	is_object(input.OCI.Annotations)
	every key, _ in input.OCI.Annotations {
		not startswith(key, "cdi.k8s.io/")
	}
}

request_passes(check) if {
	check == "no_shared_pid_namespace"
	input.sandbox_pidns == false
}

# --- of what goes into it

common_checks := ["mounts", "storages", "namespaces", "kernel_settings", "masked_paths"]

pause_checks := array.concat(common_checks, ["pause_image"])

container_checks := array.concat(common_checks, [
	"args", "env", "cwd", "user", "capabilities", "no_new_privileges", "root_read_only",
	"volumes_mounted",
])

# By a name that the pod's manifest may use for the sealed image, or by its digest, which is the
# image whatever it is called. The guest's image service looks at the reference once more.
sealed_reference(container) if guest_pull.source in container.references

sealed_reference(container) if {
	some digest in container.digests
	endswith(guest_pull.source, concat("", ["@", digest]))
}

passes(check, _) if {
	check == "pause_image"
	guest_pull.source == "pause"
}

passes(check, container) if {
	check == "args"
	input.OCI.Process.Args == container.args
}

passes(check, container) if {
	check == "cwd"
	input.OCI.Process.Cwd == container.cwd
}

# Every sealed variable, and beside them only those that a container runtime or Kubernetes sets by
# itself, never under a sealed name.
passes(check, container) if {
	check == "env"
	is_array(input.OCI.Process.Env)
	every variable in container.env {
		variable in input.OCI.Process.Env
	}
	sealed := {variable | some variable in array.concat(container.env, container.env_defaults)}
	names := {split(variable, "=")[0] | some variable in container.env}
	every variable in input.OCI.Process.Env {
		expected_variable(variable, sealed, names)
	}
}

expected_variable(variable, sealed, _) if variable in sealed

expected_variable(variable, _, names) if {
	not split(variable, "=")[0] in names
	some pattern in kubernetes_variables
	regex.match(pattern, variable)
}

kubernetes_variables := [
	`^TERM=xterm$`,
	`^HOSTNAME=[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`,
	`^[A-Z][A-Z0-9_]*_SERVICE_HOST=[0-9a-f.:]+$`,
	`^[A-Z][A-Z0-9_]*_SERVICE_PORT(_[A-Z0-9_]+)?=[0-9]{1,5}$`,
	`^[A-Z][A-Z0-9_]*_PORT=(tcp|udp|sctp)://[0-9a-f.:\[\]]+$`,
	`^[A-Z][A-Z0-9_]*_PORT_[0-9]{1,5}_(TCP|UDP|SCTP)=(tcp|udp|sctp)://[0-9a-f.:\[\]]+$`,
	`^[A-Z][A-Z0-9_]*_PORT_[0-9]{1,5}_(TCP|UDP|SCTP)_PROTO=(tcp|udp|sctp)$`,
	`^[A-Z][A-Z0-9_]*_PORT_[0-9]{1,5}_(TCP|UDP|SCTP)_PORT=[0-9]{1,5}$`,
	`^[A-Z][A-Z0-9_]*_PORT_[0-9]{1,5}_(TCP|UDP|SCTP)_ADDR=[0-9a-f.:]+$`,
]

# Runtimes differ in whether they list the user's own group.
passes(check, container) if {
	check == "user"
	user := input.OCI.Process.User
	user.UID == container.uid
	user.GID == container.gid
	is_array(user.AdditionalGids)
	groups := {group | some group in user.AdditionalGids} | {container.gid}
	groups == {group | some group in container.groups} | {container.gid}
}

# A user who is not root loses the effective ones at execve(); some runtimes list them all the same.
passes(check, container) if {
	check == "capabilities"
	have := input.OCI.Process.Capabilities
	have.Inheritable == []
	have.Ambient == []
	bounding := {name | some name in container.capabilities}
	effective := {name | some name in container.effective}
	capabilities(have.Bounding) == bounding
	capabilities(have.Effective) == capabilities(have.Permitted)
	capabilities(have.Effective) in [bounding, effective]
}

# With and without "CAP_", and in quotes: as the agent itself reads them
capabilities(list) := names if {
	is_array(list)
	names := {trim_prefix(trim(name, `"`), "CAP_") | some name in list}
}

passes(check, container) if {
	check == "no_new_privileges"
	input.OCI.Process.NoNewPrivileges == container.no_new_privileges
}

passes(check, container) if {
	check == "root_read_only"
	input.OCI.Root.Readonly == container.read_only_root
}

# Each its own, but for the pod's network and time, which the guest is.
passes(check, _) if {
	check == "namespaces"
	types := {replace(namespace.Type, "mnt", "mount") | some namespace in input.OCI.Linux.Namespaces}
	{"ipc", "mount", "uts"} - types == set()
	types - {"ipc", "mount", "uts", "cgroup"} == set()
	every namespace in input.OCI.Linux.Namespaces {
		namespace.Path == ""
	}
	input.OCI.Linux.UIDMappings == []
	input.OCI.Linux.GIDMappings == []
}

# A seccomp profile of the host's could let a system call fail, or seem to succeed, where the
# sealed program does not expect it.
passes(check, _) if {
	check == "kernel_settings"
	linux := input.OCI.Linux
	linux.Seccomp == null
	linux.IntelRdt == null
	linux.MountLabel == ""
	linux.RootfsPropagation in {"", "private", "rprivate"}
	is_string(linux.CgroupsPath)
	not contains(linux.CgroupsPath, "..")
	input.OCI.Process.SelinuxLabel == ""
	is_object(linux.Sysctl)
	every name, value in linux.Sysctl {
		kubernetes_sysctls[name] == value
	}
}

# What containerd and CRI-O set so that nobody needs a capability for them
kubernetes_sysctls := {
	"net.ipv4.ip_unprivileged_port_start": "0",
	"net.ipv4.ping_group_range": "0 2147483647",
}

# None but the kernel's own: whatever else is masked would read as empty, a sealed list of who may
# enter as well.
passes(check, container) if {
	check == "masked_paths"
	masked := {path | some path in input.OCI.Linux.MaskedPaths}
	read_only := {path | some path in input.OCI.Linux.ReadonlyPaths}
	every path in masked {
		kernel_path(path)
	}
	read_only - always_read_only == set()
	enough_masked(container, masked, read_only)
}

enough_masked(container, _, _) if container.privileged == true

enough_masked(container, masked, read_only) if {
	container.privileged == false
	always_masked - masked == set()
	(always_read_only - masked) - read_only == set()
}

kernel_path(path) if path in always_masked

kernel_path(path) if path in {"/proc/asound", "/proc/interrupts", "/sys/devices/virtual/powercap"}

kernel_path(path) if regex.match(`^/sys/devices/system/cpu/cpu[0-9]+/thermal_throttle$`, path)

# In every version of containerd and CRI-O that Kata 4 works with
always_masked := {
	"/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
	"/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware",
}

always_read_only := {
	"/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
}

# --- mounts and storages

passes(check, container) if {
	check == "mounts"
	is_array(input.OCI.Mounts)
	destinations := {mount.destination | some mount in input.OCI.Mounts}
	count(destinations) == count(input.OCI.Mounts)
	{"/proc", "/dev"} - destinations == set()
	every mount in input.OCI.Mounts {
		is_array(mount.options)
		allowed_mount(mount, container)
	}
}

passes(check, container) if {
	check == "volumes_mounted"
	every volume in container.volumes {
		some mount in input.OCI.Mounts
		mount.destination == volume.path
	}
}

# destination: type, source, what may stand among the options
kernel_mounts := {
	"/proc": ["proc", "proc", `^(nosuid|noexec|nodev|relatime)$`],
	"/dev": ["tmpfs", "tmpfs", `^(nosuid|noexec|strictatime|mode=0?755|size=[0-9]+k)$`],
	"/dev/pts": ["devpts", "devpts", `^(nosuid|noexec|newinstance|ptmxmode=0666|mode=0?620|gid=5)$`],
	"/dev/mqueue": ["mqueue", "mqueue", `^(nosuid|noexec|nodev)$`],
	"/dev/shm": ["tmpfs", "shm", `^(nosuid|noexec|nodev|mode=1777|size=[0-9]+k?)$`],
}

allowed_mount(mount, _) if {
	expected := kernel_mounts[mount.destination]
	mount.type_ == expected[0]
	mount.source == expected[1]
	every option in mount.options {
		regex.match(expected[2], option)
	}
}

# The kernel's own files, that the sealed container may write only if it is privileged
allowed_mount(mount, container) if {
	mount.destination in {"/sys", "/sys/fs/cgroup"}
	mount.type_ in {"sysfs", "cgroup"}
	mount.source == mount.type_
	kernel_file_system[mount.destination] == mount.type_
	every option in mount.options {
		regex.match(`^(nosuid|noexec|nodev|relatime|nsdelegate|memory_recursiveprot|ro|rw)$`, option)
	}
	writable(mount) == container.privileged
}

kernel_file_system := {"/sys": "sysfs", "/sys/fs/cgroup": "cgroup"}

# Neither where both are asked for: which of them holds is for the last one to say.
writable(mount) := false if {
	"ro" in mount.options
	not "rw" in mount.options
}

writable(mount) := true if not "ro" in mount.options

allowed_mount(mount, _) if {
	mount.destination == "/dev/shm"
	mount.type_ == "bind"
	mount.source == shm_source
	bind_options(mount)
}

# The kubelet's files, as CopyFile put them into the guest for this container
allowed_mount(mount, _) if {
	mount.destination in kubelet_files
	copied_source(mount)
}

kubelet_files := {
	"/dev/termination-log", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf",
	"/var/run/secrets/kubernetes.io/serviceaccount",
}

# An empty directory, and so none whose name would let the kubelet's files into it
allowed_mount(mount, container) if {
	mount.destination in container.image_volumes
	every path in kubelet_files {
		base_name(path) != base_name(mount.destination)
	}
	copied_source(mount)
}

copied_source(mount) if {
	mount.type_ == "bind"
	some prefix in regex.find_n(copied(input.container_id, ""), mount.source, 1)
	mount.source == concat("", [prefix, base_name(mount.destination)])
	bind_options(mount)
}

# Changes of propagation among them, but nothing that reaches out of the container
bind_options(mount) if {
	every option in mount.options {
		option in {
			"bind", "nodev", "noexec", "nosuid", "private", "rbind", "relatime", "ro",
			"rprivate", "rw",
		}
	}
}

# An emptyDir: in the guest's memory, at the sealed path, under its sealed name
allowed_mount(mount, container) if {
	some volume in container.volumes
	mount.destination == volume.path
	mount.type_ in {"bind", "local"}
	volume_place(volume, mount.source)
	bind_options(mount)
	writable(mount) != volume.read_only
}

volume_place(volume, path) if {
	volume.memory == true
	path == concat("/", ["/run/kata-containers/sandbox/ephemeral", volume.name])
}

volume_place(volume, path) if {
	volume.memory == false
	some prefix in regex.find_n(local_volumes, path, 1)
	path == concat("", [prefix, volume.name])
}

local_volumes := `^/run/kata-containers/shared/containers/(passthrough/)?[0-9a-f]{64}/rootfs/local/`

passes(check, container) if {
	check == "storages"
	every storage in input.storages {
		allowed_storage(storage, container)
	}
}

allowed_storage(storage, _) if storage == guest_pull

allowed_storage(storage, container) if {
	some volume in container.volumes
	volume_place(volume, storage.mount_point)
	volume_storage(storage, volume)
	every option in storage.options {
		regex.match(`^(mode=0?777|fsgid=[0-9]+)$`, option)
	}
}

volume_storage(storage, volume) if {
	volume.memory == true
	plain_storage(storage, "ephemeral", "tmpfs", "tmpfs")
}

volume_storage(storage, volume) if {
	volume.memory == false
	plain_storage(storage, "local", "local", "local")
}
