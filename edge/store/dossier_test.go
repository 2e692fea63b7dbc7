// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"redbench/edge"
)

// TestADossierHoldsEverything: closed and private facts, all visits, what was said and what came of it, who was merged into her; and
// nothing of others.
func TestADossierHoldsEverything(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, two+"c9,6009,Rosalind,,,wrestling\n")
	now := s.opt.Now()
	ref := profile(t, s, "6001").Customer.Ref
	for text, change := range map[string]func(*edge.Fact){
		"a closed one": func(f *edge.Fact) { f.Closed = now }, "a private one": func(f *edge.Fact) { f.Private = true },
	} {
		f := edge.Fact{ID: newID(), Customer: ref, Kind: edge.FactPerson, Text: text, ToldTo: "Jo", At: now}
		change(&f)
		commit(t, s, edge.Entry{Fact: &f})
	}
	for i := range 30 {
		buys(t, s, ref, "1", now.Add(time.Duration(i-60)*time.Hour), "quince")
	}
	buys(t, s, profile(t, s, "6009").Customer.Ref, "2", now, "turnip")
	_, prompt := tap(t, s, "1", "6002")
	commit(t, s, verdictOf(s, "w", prompt, "remember", edge.VerdictNotNow))
	merge(t, s, "6001", "6002")
	d, err := s.Dossier(t.Context(), cardOf("6001"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Maya", "MY-uh", `"customer":"c1"`, "sailing", "chess", "a closed one", "a private one", `"told_to":"Jo"`,
		"Article quince", `"not-now"`, `"remember"`, `"consent_at"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in it: %s", want, text)
		}
	}
	for _, others := range []string{"Rosalind", "wrestling", "turnip", "6001", "6002"} {
		if strings.Contains(string(text), `"`+others) {
			t.Errorf("%q is in it", others)
		}
	}
	if len(d.Visits) != 30 || len(d.Facts) != 4 || len(d.Identifiers) != 4 || len(d.Merges) != 1 || len(d.Prompts) != 1 || d.Learnt == nil || d.Learnt.Visits != 30 {
		t.Errorf("%d visits, %d facts, %d identifiers, %d merges, %d prompts, %+v", len(d.Visits), len(d.Facts), len(d.Identifiers), len(d.Merges),
			len(d.Prompts), d.Learnt)
	}
	if _, err := s.Dossier(t.Context(), cardOf("4711")); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("of a stranger: %v", err)
	}
}
