// SPDX-License-Identifier: Apache-2.0

package uplink_test

import (
	"testing"
	"testing/synctest"
	"time"

	"redbench/sync/hqtest"
)

// trouble makes 300 visits in ten minutes on a line on which four calls of ten fail in all ways, some visits being
// forgotten before they were sent, and lets it heal.
func trouble(t *testing.T, seed uint64, flaw hqtest.Flaw) (r *rig) {
	line := hqtest.NewLine()
	line.Office().Broken = flaw
	line.Office().Admit("token")
	line.Seed(seed, .4)
	r = newRig(t, hqtest.NewBox(), line, nil)
	r.start()
	defer func() { r.stop() }()
	for range 30 {
		r.visits(10, 2*time.Second)
		if visit, taken := r.box.Take(); taken {
			r.forget(visit)
		}
	}
	line.Heal()
	r.drained()
	return r
}

func (r *rig) forget(visit string) {
	for i, id := range r.made {
		if id == visit {
			r.made = append(r.made[:i], r.made[i+1:]...)
			return
		}
	}
}

func TestOnceEachThroughAllFaults(t *testing.T) {
	seen := map[hqtest.Fault]int{}
	for seed := range uint64(25) {
		synctest.Test(t, func(t *testing.T) {
			r := trouble(t, seed, hqtest.Sound)
			r.onceEach()
			for fault, n := range r.line.Seen() {
				seen[fault] += n
			}
			if boxes := r.box.Boxes(); boxes != 1 {
				t.Errorf("seed %d: a link that fails is no reason for a new box id, of which there were %d", seed, boxes)
			}
		})
	}
	for _, fault := range hqtest.Faults() {
		if seen[fault] == 0 {
			t.Errorf("the fault %q never happened", fault)
		}
	}
}

// The check above would see a head office that counts twice or loses.
func TestABrokenReceiverIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := trouble(t, 1, hqtest.Forgetful)
		if _, doubled, _ := r.line.Office().Count(r.made); doubled == 0 {
			t.Error("nothing was counted twice where head office forgets what it had")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := trouble(t, 1, hqtest.Hasty)
		if lost, _, _ := r.line.Office().Count(r.made); lost == 0 {
			t.Error("nothing was lost where head office says so too soon")
		}
	})
}

// Each fault alone is outlived by one more attempt.
func TestEachFaultAlone(t *testing.T) {
	for _, fault := range hqtest.Faults() {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				line := hqtest.NewLine()
				r := newRig(t, hqtest.NewBox(), line, nil)
				r.gate.Open()
				r.visits(5, 0)
				line.Script(fault)
				began := time.Now()
				err := r.rounds()
				if fine := fault == hqtest.Slow || fault == hqtest.Twice; (err == nil) != fine {
					t.Fatalf("with the fault the round said %v", err)
				}
				if took := time.Since(began); took > 2*time.Minute {
					t.Errorf("it took %v to give up", took)
				}
				r.gate.Open()
				if err := r.rounds(); err != nil {
					t.Fatal(err)
				}
				r.onceEach()
			})
		})
	}
}
