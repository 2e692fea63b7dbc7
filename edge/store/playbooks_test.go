// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"testing"

	"redbench/edge"
)

func published(version int, body string) edge.Published {
	return edge.Published{Version: version, Body: []byte(body), Signature: []byte("signed")}
}

func TestTheLastPlaybookThatWasNotRefusedIsUsed(t *testing.T) {
	s, _ := enrolled(t)
	if _, err := s.Playbook(t.Context()); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("without any: %v", err)
	}
	used := func() int {
		t.Helper()
		p, err := s.Playbook(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return p.Version
	}
	refuse := func(version int) {
		t.Helper()
		if err := s.RefusePlaybook(t.Context(), version, "a rule is unknown"); err != nil {
			t.Fatal(err)
		}
	}
	if out := apply(t, s, published(1, "one")); out.Playbook == nil || out.Playbook.Version != 1 {
		t.Errorf("told: %+v", out.Playbook)
	}
	if out := apply(t, s, published(1, "one")); out.Playbook != nil {
		t.Errorf("told again: %+v", out.Playbook)
	}
	apply(t, s, published(2, "")) // the one that is built in
	if p, err := s.Playbook(t.Context()); err != nil || p.Version != 2 || len(p.Body) != 0 || string(p.Signature) != "signed" {
		t.Errorf("%+v %v", p, err)
	}
	apply(t, s, published(3, "three"))
	refuse(3)
	if version, why, err := s.RefusedPlaybook(t.Context()); err != nil || version != 3 || why != "a rule is unknown" || used() != 2 {
		t.Errorf("%d %q %v, used %d", version, why, err, used())
	}
	// Head office goes back for everybody; then the refused one, told again, is still refused.
	apply(t, s, published(1, "one"))
	if version, _, _ := s.RefusedPlaybook(t.Context()); used() != 1 || version != 0 {
		t.Errorf("used %d, refused %d", used(), version)
	}
	if apply(t, s, published(3, "three")); used() != 1 {
		t.Errorf("used %d", used())
	}
	if apply(t, s, published(3, "mended")); used() != 3 {
		t.Errorf("used %d", used())
	}
	for v := 4; v <= 8; v++ {
		apply(t, s, published(v, "bad"))
		refuse(v)
	}
	if n := count(t, s, `SELECT count(*) FROM playbooks`); used() != 3 || n != playbooksKept+1 {
		t.Errorf("used %d, %d are kept", used(), n)
	}
	if err := s.RefusePlaybook(t.Context(), 1, "old"); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("one that is not kept: %v", err)
	}
}

func TestSettingsAreWhatWasToldLast(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	if got, err := s.Settings(t.Context()); err != nil || got != (edge.Settings{}) {
		t.Errorf("never told: %+v %v", got, err)
	}
	want := edge.Settings{Version: 2, Silent: true, LockDays: 9}
	if out := apply(t, s, edge.Settings{Version: 1}, want); out.Settings == nil || *out.Settings != want {
		t.Errorf("told: %+v", out.Settings)
	}
	if out := apply(t, s, want); out.Settings != nil {
		t.Errorf("told again: %+v", out.Settings)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir)
	if got, err := s.Settings(t.Context()); err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
	// Head office was restored from a backup.
	if out := apply(t, s, edge.Settings{Version: 1}); out.Settings == nil || out.Settings.Silent {
		t.Errorf("told: %+v", out.Settings)
	}
}

// TestKeysAreAdopted before anything is read with them.
func TestKeysAreAdopted(t *testing.T) {
	s, hq := openStore(t, t.TempDir()), office(t)
	out := apply(t, s, remembered(hq, "Ada", "6001"), hq.ChainKeys())
	if out.Keys == nil || profile(t, s, "6001").Customer.Name != "Ada" {
		t.Errorf("%+v", out.Keys)
	}
}
