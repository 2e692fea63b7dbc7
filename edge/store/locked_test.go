// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"testing"
	"time"

	"redbench/edge"
)

// TestALockedBoxNamesNobody, while a redelivery is recognised as ever.
func TestALockedBoxNamesNobody(t *testing.T) {
	s := openStore(t, t.TempDir())
	p := maya(t, s)
	card := edge.Identifier{Kind: edge.KindCard, Value: "6001"}
	e := event(1, 7)
	commit(t, s, edge.Entry{Event: e})
	s.Lock(true)
	tap, err := s.Tap(t.Context(), edge.EventKey{9}, card)
	if err != nil || tap.Seen || !errors.Is(tap.Unknown, edge.ErrLocked) || tap.Profile.Customer.Name != "" {
		t.Errorf("%+v %v", tap, err)
	}
	if tap, err := s.Tap(t.Context(), e.Key, card); err != nil || !tap.Seen || tap.Body != e.Body {
		t.Errorf("a redelivery: %+v %v", tap, err)
	}
	if _, err := s.Profile(t.Context(), card); !errors.Is(err, edge.ErrLocked) {
		t.Errorf("profile: %v", err)
	}
	if _, err := s.ProfileOf(t.Context(), p.Customer.Ref); !errors.Is(err, edge.ErrLocked) {
		t.Errorf("profile by number: %v", err)
	}
	s.Lock(false)
	profile(t, s, "6001")
}

// TestOnlyWhatTheChainCanKnowIsAskedFor: under a key of the box's own nobody else could find her.
func TestOnlyWhatTheChainCanKnowIsAskedFor(t *testing.T) {
	s := openStore(t, t.TempDir())
	card := edge.Identifier{Kind: edge.KindCard, Value: "6001"}
	if got := s.LookupHashes(card); got != nil {
		t.Errorf("alone: %v", got)
	}
	hq := office(t)
	if err := s.opt.Seal.Adopt(hq.ChainKeys()); err != nil {
		t.Fatal(err)
	}
	got := s.LookupHashes(card)
	if want := hashOf(hq, card.Kind, card.Value); len(got) != 1 || got[0].Key != want.Key || string(got[0].Sum) != string(want.Sum) || got[0].Kind != want.Kind {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestAskedIsRemembered, also when there was nothing to tell; but not by a page of erasures that more may follow.
func TestAskedIsRemembered(t *testing.T) {
	dir := t.TempDir()
	hq := office(t)
	s := enrol(t, openStore(t, dir), hq)
	asked := func() time.Time {
		_, asked, err := s.Cursor(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return asked
	}
	if !asked().IsZero() {
		t.Errorf("asked %v before it ever did", asked())
	}
	p := page("1", edge.Erasure{ID: newID(), Stamp: at(1)})
	p.More = true
	if _, err := s.Apply(t.Context(), p); err != nil || !asked().IsZero() {
		t.Errorf("erasures may follow: asked %v, %v", asked(), err)
	}
	when := s.opt.Now().Add(time.Hour)
	if err := s.Asked(t.Context(), when); err != nil || !asked().Equal(when) {
		t.Errorf("asked %v, %v", asked(), err)
	}
	p = page("2", edge.Erasure{ID: newID(), Stamp: at(1)}, remembered(hq, "Ada", "6001"))
	p.More = true
	if _, err := s.Apply(t.Context(), p); err != nil || !asked().Equal(s.opt.Now()) {
		t.Errorf("asked %v, %v", asked(), err)
	}
}
