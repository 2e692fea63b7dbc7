// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"redbench/edge"
)

// weekly makes a customer come each week for the same thing.
func weekly(t *testing.T, s *Store, c *clock, ref edge.CustomerRef, weeks int) {
	t.Helper()
	for range weeks {
		c.add(7 * 24 * time.Hour)
		visit := &edge.Visit{Customer: ref, At: c.Now(), Lane: "1", Checkout: newID(), Items: []edge.Item{{SKU: "oat", Name: "Oat flat white", Quantity: 1}}}
		commit(t, s, edge.Entry{Visit: visit})
	}
}

// TestTheModelOutlivesTheStore: it learns from live visits, and is written when the store is closed.
func TestTheModelOutlivesTheStore(t *testing.T) {
	c := newClock()
	dir := t.TempDir()
	open := func() *Store { return openStore(t, dir, func(o *Options) { o.Now = c.Now }) }
	s := open()
	untaught, err := s.model.learnt.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	ref := maya(t, s).Customer.Ref
	weekly(t, s, c, ref, 12)
	taught, err := s.model.learnt.MarshalBinary()
	if err != nil || bytes.Equal(untaught, taught) {
		t.Fatalf("it learnt nothing, %v", err)
	}
	c.add(7 * 24 * time.Hour)
	before := profile(t, s, "6001").Usual
	if len(before) != 1 || before[0].Today < .8 || before[0].P < .99 || before[0].Times != 12 {
		t.Errorf("a thing of each visit: %+v", before)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open()
	again, err := s.model.learnt.MarshalBinary()
	if err != nil || !bytes.Equal(taught, again) {
		t.Errorf("it begins anew, %v", err)
	}
	if diff := cmp.Diff(before, profile(t, s, "6001").Usual, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Errorf("it says otherwise: %s", diff)
	}
}

// TestTheModelIsWrittenNowAndThen: a crash loses its last lessons at most.
func TestTheModelIsWrittenNowAndThen(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	ref := maya(t, s).Customer.Ref
	written := func() int { return count(t, s, `SELECT count(*) FROM meta WHERE name = 'model'`) }
	commit(t, s, edge.Entry{Visit: &edge.Visit{Customer: ref, At: c.Now(), Lane: "1", Checkout: "k", Items: []edge.Item{{SKU: "oat", Name: "Oat", Quantity: 1}}}})
	if err := s.Upkeep(t.Context()); err != nil || written() != 0 {
		t.Errorf("after one lesson: written %d times, %v", written(), err)
	}
	c.add(keptAfter)
	if err := s.Upkeep(t.Context()); err != nil || written() != 1 {
		t.Errorf("ten minutes later: written %d times, %v", written(), err)
	}
}

// TestWhatAnotherVersionKeptIsComputedAnew: at her next visit; until then nothing is usual.
func TestWhatAnotherVersionKeptIsComputedAnew(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	ref := maya(t, s).Customer.Ref
	weekly(t, s, c, ref, 5)
	want, _, habits := state(t, s, ref)
	for _, old := range []string{`UPDATE memory SET rhythm = NULL, usual = x''`, `UPDATE memory SET usual = x'0102'`, `UPDATE habits SET more = NULL`} {
		if _, err := s.write.Exec(old); err != nil {
			t.Fatal(err)
		}
	}
	weekly(t, s, c, ref, 1)
	got, _, after := state(t, s, ref)
	if got.Visits != want.Visits+1 || got.Rhythm.Days != want.Rhythm.Days+1 || len(got.Usual) != 1 || after["oat"].Times != habits["oat"].Times+1 {
		t.Errorf("%d visits, %+v, usual %+v, habits %+v", got.Visits, got.Rhythm, got.Usual, after)
	}
}

// TestAnImportTeachesTheModelASample: a lesson takes longer than all else that a visit costs.
func TestAnImportTeachesTheModelASample(t *testing.T) {
	s := openStore(t, t.TempDir())
	ref := maya(t, s).Customer.Ref
	var entries []edge.Entry
	for i := range 3 * lessonsEach {
		entries = append(entries, edge.Entry{Visit: &edge.Visit{Customer: ref, At: s.opt.Now().Add(time.Duration(i) * time.Hour), Lane: "1",
			Checkout: fmt.Sprint(i), Items: []edge.Item{{SKU: "oat", Name: "Oat", Quantity: 1}}}})
	}
	commit(t, s, entries...)
	if s.model.lessons != lessonsEach {
		t.Errorf("%d lessons of one transaction, want %d", s.model.lessons, lessonsEach)
	}
}
