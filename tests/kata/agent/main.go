// SPDX-License-Identifier: Apache-2.0

// agent makes the calls that kata-agent makes to its image service, over containerd's own ttrpc: it
// stands in for kata-agent in tests. Its exit status is 0 where the service did what was asked, 1
// where it refused (the status code and message are on standard output), 2 where nothing of the
// kind can be said.
//
//	agent                                         makes the host's requests (steps.go) come true, in a guest
//	agent pull SOCKET REFERENCE BUNDLE            prints the manifest digest, or "CODE: message"
//	agent pull-many SOCKET REFERENCE N PARENT     N pulls that overlap, on one connection, into PARENT/many-0 and so on
//	agent call SOCKET SERVICE METHOD HEX          any call; prints its answer's payload, in hexadecimal
package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/status"
)

const timeout = 60 * time.Second

// Of guest-components' api.proto.
type imagePullRequest struct {
	ImageURL   string `protobuf:"bytes,1,opt,name=image_url,proto3"`
	BundlePath string `protobuf:"bytes,2,opt,name=bundle_path,proto3"`
}

func (m *imagePullRequest) Reset()         { *m = imagePullRequest{} }
func (m *imagePullRequest) String() string { return m.ImageURL }
func (m *imagePullRequest) ProtoMessage()  {}

type imagePullResponse struct {
	ManifestDigest string `protobuf:"bytes,1,opt,name=manifest_digest,proto3"`
}

func (m *imagePullResponse) Reset()         { *m = imagePullResponse{} }
func (m *imagePullResponse) String() string { return m.ManifestDigest }
func (m *imagePullResponse) ProtoMessage()  {}

func fail(err error) {
	if s, ok := status.FromError(err); ok {
		fmt.Printf("%d: %s\n", s.Code(), s.Message())
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, "agent:", err)
	os.Exit(2)
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: agent [pull SOCKET REFERENCE BUNDLE | pull-many SOCKET REFERENCE N PARENT | call SOCKET SERVICE METHOD HEX]")
	os.Exit(2)
}

func connect(path string) *ttrpc.Client {
	connection, err := net.Dial("unix", path)
	if err != nil {
		fail(err)
	}
	return ttrpc.NewClient(connection)
}

func pull(client *ttrpc.Client, reference, bundle string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	request := &imagePullRequest{ImageURL: reference, BundlePath: bundle}
	response := &imagePullResponse{}
	err := client.Call(ctx, "api.ImagePullService", "PullImage", request, response)
	return response.ManifestDigest, err
}

// How many there were and the time of the slowest; fails with the first that did.
func pullAtOnce(client *ttrpc.Client, reference string, n int, parent string) (string, error) {
	type result struct {
		took time.Duration
		err  error
	}
	results := make(chan result)
	for i := 0; i < n; i++ {
		bundle := fmt.Sprintf("%s/many-%d", parent, i)
		go func() {
			start := time.Now()
			_, err := pull(client, reference, bundle)
			results <- result{time.Since(start), err}
		}()
	}
	slowest := time.Duration(0)
	var failed error
	for i := 0; i < n; i++ {
		r := <-results
		if r.took > slowest {
			slowest = r.took
		}
		if r.err != nil && failed == nil {
			failed = r.err
		}
	}
	return fmt.Sprintf("%d pulls, all done after %d ms", n, slowest.Milliseconds()), failed
}

// A message that is these bytes.
type raw struct{ bytes []byte }

func (m *raw) Reset()                   { m.bytes = nil }
func (m *raw) String() string           { return hex.EncodeToString(m.bytes) }
func (m *raw) ProtoMessage()            {}
func (m *raw) Marshal() ([]byte, error) { return m.bytes, nil }
func (m *raw) Unmarshal(b []byte) error { m.bytes = append([]byte(nil), b...); return nil }

func call(client *ttrpc.Client, service, method, payload string) {
	bytes, err := hex.DecodeString(payload)
	if err != nil {
		fail(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	response := &raw{}
	if err := client.Call(ctx, service, method, &raw{bytes}, response); err != nil {
		fail(err)
	}
	fmt.Println(hex.EncodeToString(response.bytes))
}

func main() {
	args := os.Args[1:]
	switch {
	case len(args) == 0:
		agent()
	case len(args) == 4 && args[0] == "pull":
		digest, err := pull(connect(args[1]), args[2], args[3])
		if err != nil {
			fail(err)
		}
		fmt.Println(digest)
	case len(args) == 5 && args[0] == "pull-many":
		n, err := strconv.Atoi(args[3])
		if err != nil {
			usage()
		}
		done, err := pullAtOnce(connect(args[1]), args[2], n, args[4])
		if err != nil {
			fail(err)
		}
		fmt.Println(done)
	case len(args) == 5 && args[0] == "call":
		call(connect(args[1]), args[2], args[3], args[4])
	default:
		usage()
	}
}
