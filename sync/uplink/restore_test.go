// SPDX-License-Identifier: Apache-2.0

package uplink_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"redbench/sync/hqtest"
	"redbench/sync/uplink"
)

func mustRound(t *testing.T, r *rig) {
	t.Helper()
	if err := r.rounds(); err != nil {
		t.Fatal(err)
	}
}

// A box that comes back from a backup sends under numbers that head office knows as something else, or knows less than
// head office.
func TestABoxRestoredFromABackup(t *testing.T) {
	for name, after := range map[string]int{"with fewer visits since": 3, "with more visits since": 40} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				line := hqtest.NewLine()
				r := newRig(t, hqtest.NewBox(), line, nil)
				r.gate.Open()
				r.visits(20, 0)
				mustRound(t, r)
				r.visits(5, 0)
				backup := r.box.Backup()
				r.visits(10, 0)
				mustRound(t, r)

				restored := newRig(t, backup, line, nil)
				restored.gate.Open()
				restored.made = r.made
				restored.visits(after, 0)
				mustRound(t, restored)
				restored.onceEach()
				if restored.box.Boxes() != 2 {
					t.Errorf("it had %d box ids", restored.box.Boxes())
				}
			})
		})
	}
}

// Two boxes of one image take turns in sending: each comes to an id of its own, once. The one that they had is given up.
func TestAClonedBox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		a := newRig(t, hqtest.NewBox(), line, nil)
		a.visits(5, 0)
		a.gate.Open()
		mustRound(t, a)
		b := newRig(t, a.box.Backup(), line, nil)
		b.gate.Open()
		for range 10 {
			a.visits(3, 0)
			b.visits(4, 0)
			mustRound(t, a)
			mustRound(t, b)
		}
		a.made = append(a.made, b.made...)
		a.onceEach()
		if boxes := a.box.Boxes() + b.box.Boxes(); boxes != 4 {
			t.Errorf("the two had %d ids", boxes)
		}
	})
}

// What the box was restored to holds a whole batch that head office has, and by then it has made as many records as it had
// before: neither an id nor a number tells at once that head office knows others under the numbers that follow.
func TestARestoredBoxThatSendsSmallBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		small := func(o *uplink.Options) { o.Records = 3 }
		r := newRig(t, hqtest.NewBox(), line, small)
		r.gate.Open()
		r.visits(5, 0)
		backup := r.box.Backup()
		r.visits(10, 0)
		mustRound(t, r)

		restored := newRig(t, backup, line, small)
		restored.gate.Open()
		restored.made = r.made
		restored.visits(20, 0)
		mustRound(t, restored)
		restored.onceEach()
	})
}

func TestAHeadOfficeRestoredFromABackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		r := newRig(t, hqtest.NewBox(), line, nil)
		r.gate.Open()
		r.visits(30, 0)
		mustRound(t, r)
		backup := line.Office().Backup()
		r.visits(200, 0)
		mustRound(t, r)
		line.Replace(backup)
		r.visits(100, 0) // the outbox is full when the offer begins
		mustRound(t, r)
		r.up.Wait()
		mustRound(t, r)
		r.onceEach()
	})
}

// A box to which nothing happens learns by its status that head office has lost its records.
func TestAHeadOfficeRestoredWhileNothingHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		empty := line.Office().Backup()
		r := newRig(t, hqtest.NewBox(), line, nil)
		r.start()
		defer func() { r.stop() }()
		r.visits(150, 0)
		r.drained()
		line.Replace(empty)
		r.sleepMinutes(3)
		r.drained()
		r.onceEach()
	})
}

// A box is put back to an older copy twice. The second one stands just where head office left its id, which it had given up
// meanwhile; it learns of that though it has nothing to tell.
func TestABoxRestoredToAnIDThatItGaveUp(t *testing.T) {
	for name, visits := range map[string]int{"with something to tell": 3, "with nothing": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				line := hqtest.NewLine()
				r := newRig(t, hqtest.NewBox(), line, nil)
				r.gate.Open()
				r.visits(5, 0)
				older := r.box.Backup()
				mustRound(t, r)
				copied := r.box.Backup()
				first := newRig(t, older, line, nil)
				first.gate.Open()
				first.made = r.made
				first.visits(9, 0) // under another id, once head office has found out
				mustRound(t, first)

				second := newRig(t, copied, line, nil)
				second.made = first.made
				second.visits(visits, 0)
				second.start()
				defer func() { second.stop() }()
				second.sleepMinutes(3)
				second.drained()
				second.onceEach()
				if second.box.Boxes() != 2 {
					t.Errorf("it goes on under an id that it gave up: %d ids", second.box.Boxes())
				}
			})
		})
	}
}

var errCrash = errors.New("the power failed")

// Wherever the power fails while everything is told again, it is told in the end.
func TestACrashWhileEverythingIsToldAgain(t *testing.T) {
	for name, crash := range map[string]func() func(string) error{
		"before the new box id":  func() func(string) error { return nth("NewBox", 1) },
		"before the offer":       func() func(string) error { return nth("Offer", 1) },
		"in the offer":           func() func(string) error { return nth("Offer", 4) },
		"before the first batch": func() func(string) error { return nth("Pending", 2) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				line := hqtest.NewLine()
				empty := line.Office().Backup()
				r := newRig(t, hqtest.NewBox(), line, nil)
				r.gate.Open()
				r.visits(100, 0)
				mustRound(t, r)
				line.Replace(empty)
				r.visits(1, 0)

				ctx, cancel := context.WithCancel(t.Context())
				r.ctx = ctx
				r.box.Broken = crash()
				_ = r.rounds() // it may fail, and it may not notice
				cancel()
				r.up.Wait()
				r.box.Broken = nil

				again := newRig(t, r.box, line, nil) // as after a start
				again.made = r.made
				again.start()
				defer func() { again.stop() }()
				again.sleepMinutes(2)
				again.drained()
				again.onceEach()
			})
		})
	}
}

// nth makes the nth call of a method fail.
func nth(method string, n int) func(string) error {
	return func(called string) error {
		if called == method {
			if n--; n == 0 {
				return errCrash
			}
		}
		return nil
	}
}
