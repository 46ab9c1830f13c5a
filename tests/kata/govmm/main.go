// SPDX-License-Identifier: Apache-2.0

// govmm starts a sealed image by Kata's own QEMU library, as Kata's Go runtime does for an SNP guest (virtcontainers/qemu.go, CreateVM and
// buildDevices), and prints the guest's console until QEMU ends. What is left out is what tests/kata/launch leaves out.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kata-containers/govmm/qemu"
)

type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

// A disk as appendBlockDevice() in qemu_arch_base.go makes it.
func disk(id, file string, readOnly bool) qemu.BlockDevice {
	return qemu.BlockDevice{
		Driver:    qemu.VirtioBlock,
		ID:        id,
		File:      file,
		AIO:       qemu.Threads,
		Format:    "raw",
		Interface: qemu.NoInterface,
		ShareRW:   true,
		ReadOnly:  readOnly,
	}
}

// Prints what comes from QEMU's socket, as soon as there is one.
func showConsole(path string, done chan<- error) {
	for attempt := 0; attempt < 600; attempt++ {
		console, err := net.Dial("unix", path)
		if err == nil {
			_, _ = io.Copy(os.Stdout, console)
			done <- nil
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	done <- fmt.Errorf("%s: QEMU does not offer it", path)
}

func run() error {
	var extensions list
	kernel := flag.String("kernel", "", "the kernel, or a UKI")
	initrd := flag.String("initrd", "", "the initrd")
	params := flag.String("append", "", "the kernel's command line")
	firmware := flag.String("firmware", "", "the firmware")
	image := flag.String("image", "", "the image")
	initdata := flag.String("initdata", "", "the initdata disk")
	flag.Var(&extensions, "extension", "NAME=IMG, a guest extension image")
	flag.Parse()

	folder, err := os.MkdirTemp("", "govmm")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	console := filepath.Join(folder, "console.sock")

	devices := []qemu.Device{
		qemu.BridgeDevice{Type: qemu.PCIBridge, Bus: "pcie.0", ID: "pci-bridge-0", Chassis: 1, SHPC: false, Addr: "2",
			IOReserve: "4k", MemReserve: "1m", Pref64Reserve: "1m"},
		qemu.SerialDevice{Driver: qemu.VirtioSerial, ID: "serial0", MaxPorts: 2},
		qemu.CharDevice{Driver: qemu.Console, Backend: qemu.Socket, DeviceID: "console0", ID: "charconsole0", Path: console},
	}
	if *image != "" {
		devices = append(devices, disk("image-0123456789abcdef", *image, true))
	}
	for _, extension := range extensions {
		parts := strings.SplitN(extension, "=", 2)
		if len(parts) != 2 {
			return fmt.Errorf("-extension %s is not NAME=IMG", extension)
		}
		devices = append(devices, disk("extension-"+parts[0], parts[1], true))
	}
	devices = append(devices, qemu.SCSIController{ID: "scsi0"})
	if *initdata != "" {
		devices = append(devices, disk("initdata", *initdata, false))
	}

	done := make(chan error, 1)
	go showConsole(console, done)
	said, err := qemu.LaunchQemu(qemu.Config{
		Ctx:         context.Background(),
		Path:        "qemu-system-x86_64",
		Name:        "sandbox-test",
		UUID:        "6f1a3f2c-5a0e-4a3e-9a2c-0d5b7c1e2f30",
		Machine:     qemu.Machine{Type: "q35", Acceleration: "tcg"},
		CPUModel:    "max,",
		Memory:      qemu.Memory{Size: "512M"},
		SMP:         qemu.SMP{CPUs: 1, Cores: 1, Threads: 1},
		RTC:         qemu.RTC{Base: qemu.UTC, Clock: qemu.Host, DriftFix: qemu.Slew},
		Devices:     devices,
		Kernel:      qemu.Kernel{Path: *kernel, InitrdPath: *initrd, Params: *params},
		QMPSockets:  []qemu.QMPSocket{{Type: "unix", Name: filepath.Join(folder, "qmp.sock"), Server: true, NoWait: true}},
		Knobs:       qemu.Knobs{NoUserConfig: true, NoDefaults: true, NoGraphic: true, NoReboot: true},
		GlobalParam: "kvm-pit.lost_tick_policy=discard",
		VGA:         "none",
		Bios:        *firmware,
	}, nil)
	if err != nil {
		return fmt.Errorf("%v: %s", err, said)
	}
	return <-done
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
