// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"strings"
	"testing"

	"redbench/daemon/config"
	"redbench/edge"
	"redbench/edge/seal"
)

// A playbook that was changed under way, or that somebody else made, is refused and told; the one before it holds on,
// also over a restart.
func TestABoxRefusesAPlaybookThatIsNotHeadOffices(t *testing.T) {
	head, err := seal.OpenChain(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.State.Dir = t.TempDir()
	keys, s, err := openRecord(t.Context(), Options{Config: c, Log: quiet(nil)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := keys.Adopt(head.ChainKeys()); err != nil {
		t.Fatal(err)
	}
	use := func(p edge.Published) rules {
		t.Helper()
		if _, err := s.Apply(t.Context(), edge.Page{Cursor: "c", Changes: []edge.Change{{Kind: edge.ChangePlaybook, Playbook: &p}}}); err != nil {
			t.Fatal(err)
		}
		found, err := findRules(t.Context(), c, keys, s, quiet(nil))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	signed := func(p edge.Published) edge.Published {
		p.Signature = head.SignPlaybook(p.Message())
		return p
	}

	good := signed(edge.Published{Version: 1})
	if found := use(good); found.version != 1 {
		t.Fatalf("version %d in use", found.version)
	}
	forged := signed(edge.Published{Version: 2})
	forged.Body = []byte("# another text\n")
	broken := signed(edge.Published{Version: 3, Body: []byte("no playbook at all")})
	renumbered := good
	renumbered.Version = 4
	for _, p := range []edge.Published{forged, broken, renumbered} {
		if found := use(p); found.version != 1 {
			t.Errorf("version %d in use after %d was told", found.version, p.Version)
		}
		version, why, err := s.RefusedPlaybook(t.Context())
		if err != nil || version != p.Version || why == "" {
			t.Errorf("refused %d (%s), %v; told was %d", version, why, err, p.Version)
		}
	}
	c.Playbook.File = "testdata/absent.toml"
	if _, err := findRules(t.Context(), c, keys, s, quiet(nil)); err == nil || !strings.Contains(err.Error(), "[playbook] file") {
		t.Errorf("the store's own file is not used first: %v", err)
	}
}
