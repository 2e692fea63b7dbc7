// SPDX-License-Identifier: Apache-2.0

package uplink_test

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"testing"
	"time"

	"redbench/sync/downlink"
	"redbench/sync/hqtest"
	"redbench/sync/link"
	"redbench/sync/uplink"
)

// network is a rig over TLS and TCP, with a proxy between.
func network(t *testing.T) (*rig, *hqtest.Proxy) {
	t.Helper()
	line := hqtest.NewLine()
	server := httptest.NewUnstartedServer(line)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // broken connections are what the test makes
	server.StartTLS()
	t.Cleanup(server.Close)
	proxy := hqtest.NewProxy(t, server.Listener.Addr().String())
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	client, err := link.New(link.Options{Credentials: link.Credentials{URL: "https://" + proxy.Address(), Store: "harbour", Token: "t", CA: string(ca), Enrolled: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r := &rig{T: t, line: line, box: hqtest.NewBox(), gate: link.NewGate()}
	if r.up, err = uplink.New(uplink.Options{Store: r.box, Link: client, Gate: r.gate, Records: 100}); err != nil {
		t.Fatal(err)
	}
	if r.down, err = downlink.New(downlink.Options{Store: r.box, Link: client, Gate: r.gate}); err != nil {
		t.Fatal(err)
	}
	return r, proxy
}

// try makes some rounds of both ends, each given up after a moment, as the half-open link never does by itself.
func (r *rig) try(rounds int) (failed int) {
	for range rounds {
		ctx, cancel := context.WithTimeout(context.Background(), 250*time.Millisecond)
		r.gate.Open() // the batch first: the line that is there may still carry it, and lose its answer
		_, err := r.up.Round(ctx)
		if err = errors.Join(err, r.down.Round(ctx, 0)); err != nil {
			failed++
		}
		cancel()
	}
	return failed
}

func TestOnceEachOverBadLines(t *testing.T) {
	const up, down = hqtest.Upstream, hqtest.Downstream
	for name, c := range map[string]struct {
		toxics []hqtest.Toxic
		fails  bool // some rounds must fail, or the fault did not happen
	}{
		"latency":            {[]hqtest.Toxic{hqtest.Latency(up, 5*time.Millisecond, 4*time.Millisecond), hqtest.Latency(down, 5*time.Millisecond, 4*time.Millisecond)}, false},
		"resets":             {[]hqtest.Toxic{hqtest.Reset(up, 1)}, true},
		"half-open upwards":  {[]hqtest.Toxic{hqtest.HalfOpen(up, 1)}, true},
		"answers lost":       {[]hqtest.Toxic{hqtest.HalfOpen(down, 1)}, true},
		"narrow":             {[]hqtest.Toxic{hqtest.Narrow(up, 60), hqtest.Narrow(down, 60)}, false},
		"ends early":         {[]hqtest.Toxic{hqtest.Limit(down, 2500)}, true},
		"ends early upwards": {[]hqtest.Toxic{hqtest.Limit(up, 4000)}, true},
		"corrupt questions":  {[]hqtest.Toxic{hqtest.Corrupt(up, 5000)}, true},
		"corrupt answers":    {[]hqtest.Toxic{hqtest.Corrupt(down, 3000)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r, proxy := network(t)
			r.visits(600, 0)
			r.try(1)
			proxy.Poison(c.toxics...)
			failed := r.try(4)
			proxy.Cut()
			failed += r.try(2)
			if c.fails && failed == 0 {
				t.Error("nothing failed")
			}
			proxy.Poison()
			proxy.Cut()
			for range 50 {
				if backlog, _ := r.box.Backlog(t.Context()); backlog.Records == 0 {
					break
				}
				r.try(1)
			}
			r.onceEach()
			if boxes := r.box.Boxes(); boxes != 1 {
				t.Errorf("a bad line is no reason for a new box id, of which there were %d", boxes)
			}
		})
	}
}
