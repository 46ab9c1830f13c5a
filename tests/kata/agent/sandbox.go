// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"github.com/containerd/ttrpc"
)

// What kata-agent does in the guest for the host's requests: src/agent/src/rpc.rs (do_create_container, setup_bundle),
// src/agent/src/confidential_data_hub/image.rs (unpack_pause_image), src/agent/src/namespace.rs and rustjail's container.rs
// (destroy). crun stands in for rustjail.
const (
	imageService = "/run/confidential-containers/cdh.sock"
	bundles      = "/run/kata-containers"
	namespaces   = "/run/sandbox-ns"
	pauseBundle  = "/pause_bundle"
)

type spec map[string]interface{}

func readSpec(path string) (spec, error) {
	s := spec{}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	return s, err
}

// IPC and UTS namespace are the sandbox's; the network namespace is the guest's own.
func (s spec) shareNamespaces() error {
	linux, ok := s["linux"].(map[string]interface{})
	if !ok {
		return fmt.Errorf("the spec has no \"linux\"")
	}
	linux["namespaces"] = []map[string]string{
		{"type": "mount"}, {"type": "pid"},
		{"type": "ipc", "path": namespaces + "/ipc"}, {"type": "uts", "path": namespaces + "/uts"},
	}
	return nil
}

func (s spec) write(id string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(bundles, id, "config.json"), text, 0o644)
}

// A namespace that lasts: made by a thread of its own, which ends with it, and kept by a mount.
func keepNamespace(name string, flag int) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread is thrown away
		path := filepath.Join(namespaces, name)
		err := os.WriteFile(path, nil, 0o444)
		if err == nil {
			err = syscall.Unshare(flag)
		}
		if err == nil {
			err = syscall.Mount(fmt.Sprintf("/proc/%d/task/%d/ns/%s", os.Getpid(), syscall.Gettid(), name), path, "", syscall.MS_BIND, "")
		}
		done <- err
	}()
	return <-done
}

// CreateSandboxRequest.
func createSandbox() error {
	if err := os.MkdirAll(namespaces, 0o755); err != nil {
		return err
	}
	if err := keepNamespace("ipc", syscall.CLONE_NEWIPC); err != nil {
		return fmt.Errorf("ipc namespace: %w", err)
	}
	if err := keepNamespace("uts", syscall.CLONE_NEWUTS); err != nil {
		return fmt.Errorf("uts namespace: %w", err)
	}
	return os.MkdirAll(bundles, 0o755)
}

// netdevice(7): a request names an interface and has an IPv4 address or flags.
type interfaceRequest struct {
	name   [syscall.IFNAMSIZ]byte
	family uint16
	port   uint16
	ipv4   [4]byte
	_      [16]byte
}

// UpdateInterfaceRequest: the address that the host's network gave to the pod.
func updateInterface(name, address, mask string) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	for _, step := range []struct {
		request uintptr
		ip      string
	}{{syscall.SIOCSIFADDR, address}, {syscall.SIOCSIFNETMASK, mask}, {syscall.SIOCSIFFLAGS, ""}} {
		r := interfaceRequest{family: syscall.AF_INET}
		copy(r.name[:], name)
		if step.ip == "" {
			r.family = syscall.IFF_UP | syscall.IFF_RUNNING // where the flags are
		} else {
			copy(r.ipv4[:], net.ParseIP(step.ip).To4())
		}
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), step.request, uintptr(unsafe.Pointer(&r))); errno != 0 {
			return fmt.Errorf("%s: %w", name, errno)
		}
	}
	return nil
}

func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	bytes, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, bytes, info.Mode().Perm())
	}
	return err
}

// CreateContainerRequest and StartContainerRequest for the sandbox: the guest's own pause container, in a spec of the host's.
func startPause(id string) error {
	s, err := readSpec(pauseBundle + "/config.json")
	if err != nil {
		return err
	}
	process, _ := s["process"].(map[string]interface{})
	args, _ := process["args"].([]interface{})
	if len(args) == 0 {
		return fmt.Errorf("%s/config.json has no process.args", pauseBundle)
	}
	program := fmt.Sprint(args[0])
	if err = copyFile(pauseBundle+"/config.json", filepath.Join(bundles, id, "config.json")); err != nil {
		return err
	}
	if err = copyFile(filepath.Join(pauseBundle, "rootfs", program), filepath.Join(bundles, id, "rootfs", program)); err != nil {
		return err
	}
	s["mounts"] = []spec{{"destination": "/proc", "type": "proc", "source": "proc"}, {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}}
	if err = s.shareNamespaces(); err != nil {
		return err
	}
	if err = s.write(id); err != nil {
		return err
	}
	return run(id)
}

// The same for any other container: the pull fills the bundle, and the host's spec then takes the place of its config.json.
// What the host sends here is the sealed one, with the namespaces of the sandbox.
func startContainer(client *ttrpc.Client, id, reference string) error {
	bundle := filepath.Join(bundles, id)
	if err := os.MkdirAll(bundle, 0o755); err != nil {
		return err
	}
	if _, err := pull(client, reference, bundle); err != nil {
		return err
	}
	s, err := readSpec(bundle + "/config.json")
	if err != nil {
		return err
	}
	if err = s.shareNamespaces(); err != nil {
		return err
	}
	if err = s.write(id); err != nil {
		return err
	}
	return run(id)
}

// What the container prints is in a file, beside crun's own words.
func crun(log *os.File, args ...string) error {
	command := exec.Command("/usr/bin/crun", append([]string{"--cgroup-manager=cgroupfs"}, args...)...)
	command.Stdout, command.Stderr = log, log
	if err := command.Run(); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("crun %s: %v: %s", args[0], err, strings.ReplaceAll(strings.TrimSpace(string(said)), "\n", " | "))
	}
	return nil
}

func run(id string) error {
	log, err := os.Create("/run/" + id + ".log")
	if err != nil {
		return err
	}
	defer log.Close()
	if err = crun(log, "create", "--bundle", filepath.Join(bundles, id), id); err != nil {
		return err
	}
	return crun(log, "start", id)
}

// RemoveContainerRequest: nobody tells the image service.
func removeContainer(id string) error {
	bundle := filepath.Join(bundles, id)
	if err := syscall.Unmount(bundle+"/rootfs", syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("unmounting %s/rootfs: %w", bundle, err)
	}
	return os.RemoveAll(bundle)
}
