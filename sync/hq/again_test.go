// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"redbench/edge"
)

// TestAnOrderGivenAgainIsSearchedFor: the search for it was broken off, and nobody starts head office again. The box gives it
// until it hears of it.
func TestAnOrderGivenAgainIsSearchedFor(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	b[1].tell(told(b[1].customer("Maya", card(1)))...)
	l := o.searching()
	l.fails = errors.New("the disk is busy")
	order := b[0].byTombstone(1)
	must(t, o.Orders(t.Context(), "harbour", []edge.Order{order}))
	l.fails = nil
	must(t, o.Orders(t.Context(), "harbour", []edge.Order{order}))
	if left := o.count(`SELECT count(*) FROM people`) + o.count(`SELECT count(*) FROM waiting`); left != 0 {
		t.Errorf("%d are left", left)
	}
	for _, each := range b {
		if told := each.changes(); len(told) != 1 || told[0].Erasure == nil || told[0].Erasure.ID != order.Erasure.ID {
			t.Errorf("%s is told %s", each.store, kinds(told))
		}
	}
}

// TestATakenOrderGivenAgainIsSearchedFor: the same of one that was passed on for whom it names by id.
func TestATakenOrderGivenAgainIsSearchedFor(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[0].customer("Maya", card(1))
	b[0].tell(told(maya)...)
	b[1].tell(told(b[1].customer("Maya", card(2)))...)
	l := o.searching()
	l.fails = errors.New("the disk is busy")
	order := b[0].byTombstone(2)
	order.Erasure.Customers = []string{maya.ID}
	must(t, o.Orders(t.Context(), "harbour", []edge.Order{order}))
	if left := o.count(`SELECT count(*) FROM people`); left != 1 {
		t.Fatalf("%d are left before the search", left)
	}
	l.fails = nil
	must(t, o.Orders(t.Context(), "harbour", []edge.Order{order}))
	if left := o.count(`SELECT count(*) FROM people`) + o.count(`SELECT count(*) FROM waiting`); left != 0 {
		t.Errorf("%d are left", left)
	}
}

// TestAnOrderThatSaysMoreWhileItWaits: another box gives it, too, who carried it out when it said more, before head office was
// put back to an older copy.
func TestAnOrderThatSaysMoreWhileItWaits(t *testing.T) {
	for name, during := range map[string]bool{"before the search": false, "while it is searched for": true} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			b := o.enrolled("harbour", "station", "market")
			b[2].tell(told(b[2].customer("Maya", card(1)), b[2].customer("Maya", card(2)))...)
			l := o.searching()
			order := b[0].byTombstone(1)
			more := *order.Erasure
			more.Tombstones = append(more.Tombstones[:1:1], b[0].byTombstone(2).Erasure.Tombstones...)
			again := []edge.Order{{Erasure: &more}}
			if during {
				l.meanwhile = func() { must(t, o.Orders(shortly(t), "station", again)) }
			} else {
				l.fails = errors.New("the disk is busy")
			}
			must(t, o.Orders(t.Context(), "harbour", []edge.Order{order}))
			if l.fails = nil; !during {
				must(t, o.Orders(t.Context(), "station", again))
			}
			must(t, o.Tidy(t.Context()))
			if left := o.count(`SELECT count(*) FROM people`) + o.count(`SELECT count(*) FROM waiting`); left != 0 {
				t.Errorf("%d are left", left)
			}
			said := map[string]bool{}
			for _, c := range b[2].changes() {
				if c.Erasure != nil && c.Erasure.ID == more.ID {
					for _, t := range c.Erasure.Tombstones {
						said[string(t)] = true
					}
				}
			}
			if len(said) != 2 {
				t.Errorf("the others are told %d of its tombstones", len(said))
			}
		})
	}
}

// shortly is the context of a call that does not wait for a search that is under way.
func shortly(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	t.Cleanup(cancel)
	return ctx
}
