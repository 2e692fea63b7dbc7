// SPDX-License-Identifier: Apache-2.0

package uplink_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"redbench/sync/downlink"
	"redbench/sync/hqtest"
	"redbench/sync/link"
	"redbench/sync/uplink"
)

// rig is a box with both its ends, at a line to head office.
type rig struct {
	*testing.T
	line *hqtest.Line
	box  *hqtest.Box
	gate *link.Gate
	up   *uplink.Uplink
	down *downlink.Downlink
	ctx  context.Context // of the rounds; nil: the background
	stop func()
	made []string // visits that head office must count once each
}

func newRig(t *testing.T, box *hqtest.Box, line *hqtest.Line, change func(*uplink.Options)) *rig {
	t.Helper()
	r := &rig{T: t, line: line, box: box, gate: link.NewGate()}
	client := line.Client(t)
	options := uplink.Options{Store: box, Link: client, Gate: r.gate, Records: 50}
	if change != nil {
		change(&options)
	}
	var err error
	if r.up, err = uplink.New(options); err != nil {
		t.Fatal(err)
	}
	if r.down, err = downlink.New(downlink.Options{Store: box, Link: client, Gate: r.gate}); err != nil {
		t.Fatal(err)
	}
	return r
}

// start runs both ends until stop.
func (r *rig) start() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { _ = r.up.Run(ctx); done <- struct{}{} }()
	go func() { _ = r.down.Run(ctx); done <- struct{}{} }()
	r.stop = func() { cancel(); <-done; <-done }
}

// visits makes so many, with a pause after each.
func (r *rig) visits(n int, pause time.Duration) {
	for range n {
		r.made = append(r.made, r.box.Visit(time.Now()))
		time.Sleep(pause)
	}
}

// drained waits until nothing is left to be sent, for at most a day by the bubble's clock.
func (r *rig) drained() {
	r.Helper()
	for range 24 * 60 {
		backlog, err := r.box.Backlog(context.Background())
		if err != nil {
			r.Fatal(err)
		}
		if backlog.Records == 0 && backlog.Orders == 0 && !backlog.Offering {
			return
		}
		time.Sleep(time.Minute)
	}
	r.Fatalf("a day later there is still something to send: %+v", r.up.State())
}

func (r *rig) onceEach() {
	r.Helper()
	if lost, doubled, strange := r.line.Office().Count(r.made); lost+doubled+strange > 0 {
		r.Fatalf("of %d visits %d were lost, %d counted twice, %d are nobody's", len(r.made), lost, doubled, strange)
	}
}

// rounds calls Round until nothing is left, or it fails.
func (r *rig) rounds() error {
	ctx := r.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	for range 1000 {
		more, err := r.up.Round(ctx)
		if err != nil {
			return err
		}
		synctest.Wait() // an offer goes on beside the rounds
		switch {
		case !more && !r.up.Offering():
			return nil
		case !more:
			time.Sleep(time.Second)
		}
	}
	r.Fatal("a thousand rounds, and still more")
	return nil
}

func (r *rig) sleepMinutes(n int) { time.Sleep(time.Duration(n) * time.Minute) }
