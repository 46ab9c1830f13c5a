// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/status"
)

// The host's requests, one a line of this file; each is answered by one line on the console, "agent: NAME: ANSWER", where an
// answer that begins with "refused" has the code and the message of the image service, and "failed" is the guest's own doing.
//
//	NAME sandbox                             CreateSandbox
//	NAME interface DEVICE ADDRESS NETMASK    UpdateInterface
//	NAME pause ID                            CreateContainer and StartContainer of the sandbox
//	NAME container ID REFERENCE              the same of a container
//	NAME remove ID                           RemoveContainer
//	NAME pull REFERENCE BUNDLE               nothing but the call; answers with digest, time and what was read from disks
//	NAME pulls N REFERENCE                   N calls one after the other, into pulls-0 and so on; answers with the times of the fastest and the median
//	NAME pulls-at-once N REFERENCE           N calls that overlap, into many-0 and so on
//	NAME link TARGET PATH                    a symbolic link, for the call to meet
//	NAME list PATTERN                        what is there
//	NAME digest ENVIRONMENT-VARIABLE         SHA-256 of the file that it names
const stepsFile = "/etc/kata-agent.steps"

func answer(name string, what string, err error) {
	if s, ok := status.FromError(err); err != nil && ok {
		what = fmt.Sprintf("refused, %d: %s", s.Code(), s.Message())
	} else if err != nil {
		what = "failed: " + err.Error()
	}
	fmt.Printf("agent: %s: %s\n", name, what)
}

// KiB that all disks together have read: field 3 of stat, in sectors.
func readFromDisks() uint64 {
	sectors := uint64(0)
	paths, _ := filepath.Glob("/sys/block/[sv]d*/stat")
	for _, path := range paths {
		text, _ := os.ReadFile(path)
		if fields := strings.Fields(string(text)); len(fields) > 2 {
			n, _ := strconv.ParseUint(fields[2], 10, 64)
			sectors += n
		}
	}
	return sectors / 2
}

func timedPull(client *ttrpc.Client, reference, bundle string) (digest string, took time.Duration, err error) {
	start := time.Now()
	digest, err = pull(client, reference, bundle)
	return digest, time.Since(start), err
}

func pullOnce(client *ttrpc.Client, reference, bundle string) (string, error) {
	before := readFromDisks()
	digest, took, err := timedPull(client, reference, bundle)
	return fmt.Sprintf("%s in %.1f ms, %d KiB read", digest, took.Seconds()*1000, readFromDisks()-before), err
}

func pullInTurn(client *ttrpc.Client, n int, reference string) (string, error) {
	var times []time.Duration
	for i := 0; i < n; i++ {
		_, took, err := timedPull(client, reference, fmt.Sprintf("%s/pulls-%d", bundles, i))
		if err != nil {
			return "", err
		}
		times = append(times, took)
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	return fmt.Sprintf("%d pulls, the fastest in %d us, the median %d us", n, times[0].Microseconds(), times[n/2].Microseconds()), nil
}

func fileDigest(variable string) (string, error) {
	bytes, err := os.ReadFile(os.Getenv(variable))
	return fmt.Sprintf("sha256:%x", sha256.Sum256(bytes)), err
}

func step(client *ttrpc.Client, verb string, args []string) (string, error) {
	switch verb + "/" + strconv.Itoa(len(args)) {
	case "sandbox/0":
		return "done", createSandbox()
	case "interface/3":
		return "done", updateInterface(args[0], args[1], args[2])
	case "pause/1":
		return "started", startPause(args[0])
	case "container/2":
		return "started", startContainer(client, args[0], args[1])
	case "remove/1":
		return "done", removeContainer(args[0])
	case "pull/2":
		return pullOnce(client, args[0], args[1])
	case "pulls/2":
		n, _ := strconv.Atoi(args[0])
		return pullInTurn(client, n, args[1])
	case "pulls-at-once/2":
		n, _ := strconv.Atoi(args[0])
		return pullAtOnce(client, args[1], n, bundles)
	case "link/2":
		return "done", os.Symlink(args[0], args[1])
	case "list/1":
		paths, err := filepath.Glob(args[0])
		return strings.Join(paths, " "), err
	case "digest/1":
		return fileDigest(args[0])
	}
	return "", fmt.Errorf("%s %s is no step", verb, strings.Join(args, " "))
}

// As kata-agent.service starts it: it connects once, works off the requests, and stays, as its containers do.
func agent() {
	connection, err := net.Dial("unix", imageService)
	if err != nil {
		fail(err)
	}
	client := ttrpc.NewClient(connection)
	file, err := os.Open(stepsFile)
	if err != nil {
		fail(err)
	}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 2 {
			continue
		}
		what, err := step(client, words[1], words[2:])
		answer(words[0], what, err)
	}
	answer("end", "of the host's requests", lines.Err())
	// not an end by itself: systemd would power the guest off
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
}
