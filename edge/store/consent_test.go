// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"redbench/edge"
)

// live gives a customer a prompt and a visit.
func live(t *testing.T, s *Store, p edge.Profile) (prompt string) {
	t.Helper()
	prompt = newID()
	commit(t, s, edge.Entry{
		Prompt: &edge.Prompt{ID: prompt, Customer: p.Customer.Ref, Remember: &edge.Line{Text: "bicycle", Rule: "r", Fact: p.Facts[0].ID}},
		Visit: &edge.Visit{Customer: p.Customer.Ref, At: s.opt.Now(), Lane: "1", Checkout: prompt,
			Items: []edge.Item{{SKU: "1", Name: "Milk", Quantity: 1}}},
	}, edge.Entry{Word: "w" + prompt, Outcome: &edge.Outcome{Word: "w" + prompt, Prompt: prompt, Kind: "used", Line: "remember", At: s.opt.Now()}})
	return prompt
}

// learntOf counts what the record holds of a customer beyond who she is.
func learntOf(t *testing.T, s *Store, ref edge.CustomerRef) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, table := range []string{"facts", "habits", "memory", "said", "visits", "prompts"} {
		var n int
		if err := s.read.QueryRow(`SELECT count(*) FROM `+table+` WHERE customer = ?`, int64(ref)).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			out[table] = n
		}
	}
	return out
}

// TestLoweredConsentIsInNoFile is the promise of a lower consent: what was learnt is as gone as if she had been forgotten.
func TestLoweredConsentIsInNoFile(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	const n = 6000
	town(t, s, n, 12)
	who := rand.New(rand.NewPCG(3, 4)).Perm(n)[:60]
	all := map[string][]byte{}
	var file strings.Builder
	file.WriteString("customer,consent\n")
	for k, i := range who {
		live(t, s, profile(t, s, card(i).Value))
		one := traces(t, s, card(i))
		delete(one, "id") // these stay: she is known as somebody who said no
		delete(one, "hash")
		for name, trace := range one {
			all[fmt.Sprintf("%s of %d", name, i)] = trace
		}
		fmt.Fprintf(&file, "c%07d,%s\n", i, []edge.Consent{edge.ConsentNone, edge.ConsentRecognise}[k%2])
	}
	if err := s.checkpoint(t.Context(), "TRUNCATE"); err != nil {
		t.Fatal(err)
	}
	if got := found(t, dir, all); len(got) != len(who)*5 {
		t.Fatalf("the control finds %d traces, want %d: %v", len(got), len(who)*5, got)
	}
	if r := importCustomers(t, s, file.String()); r.Changed != len(who) {
		t.Fatalf("%+v", r)
	}
	if got := found(t, dir, all); got != nil {
		t.Fatalf("%d of %d traces are left: %v", len(got), len(all), got)
	}
	for k, i := range who {
		p := profile(t, s, card(i).Value)
		if left := learntOf(t, s, p.Customer.Ref); len(left) != 0 {
			t.Errorf("left: %v", left)
		}
		if named := p.Customer.Name != ""; named != (k%2 == 1) {
			t.Errorf("with consent %s her name is %q", p.Customer.Consent, p.Customer.Name)
		}
	}
}

// TestConsentRaisedAgainStartsAnew goes down the levels and up again.
func TestConsentRaisedAgainStartsAnew(t *testing.T) {
	s := openStore(t, t.TempDir())
	before := maya(t, s)
	prompt := live(t, s, before)
	lower := func(consent string) edge.Profile {
		importCustomers(t, s, "customer,consent\nc1,"+consent+"\n")
		return profile(t, s, "6001")
	}
	p := lower("recognise")
	if p.Customer.Name != "Maya" || p.Customer.Say != "MY-uh" || p.Customer.Ref != before.Customer.Ref || p.Customer.ID != before.Customer.ID {
		t.Errorf("recognised: %+v", p.Customer)
	}
	if _, _, err := s.PromptOf(t.Context(), prompt); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("her prompt: %v", err)
	}
	var words int
	if err := s.read.QueryRow(`SELECT count(*) FROM words WHERE prompt IS NOT NULL`).Scan(&words); err != nil || words != 0 {
		t.Errorf("%d words about her prompt, %v", words, err)
	}
	commit(t, s, edge.Entry{Prompt: &edge.Prompt{ID: newID(), Customer: p.Customer.Ref}})
	if p = lower("none"); p.Customer.Name+p.Customer.Say != "" {
		t.Errorf("none: %+v", p.Customer)
	}
	if left := learntOf(t, s, p.Customer.Ref); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	// A row that repeats the name with the wish changes nothing, and a new customer's is kept no more than hers.
	r := importCustomers(t, s, "customer,identifier,name,consent\nc1,6001,Maya,none\nc2,6002,Ada,none\n")
	if r.Unchanged != 1 || r.New != 1 || profile(t, s, "6002").Customer.Name != "" {
		t.Errorf("%+v, %+v", r, profile(t, s, "6002").Customer)
	}
	importCustomers(t, s, "customer,name,consent\nc1,Maja,remember\n")
	p = profile(t, s, "6001")
	if p.Customer.Name != "Maja" || p.Visits != 0 || len(p.Facts)+len(p.Usual)+len(p.Said) != 0 {
		t.Errorf("raised: %+v", p)
	}
	live(t, s, maya(t, s))
	if left := learntOf(t, s, p.Customer.Ref); !maps.Equal(left, map[string]int{"facts": 1, "habits": 1, "memory": 1, "said": 1, "visits": 1, "prompts": 1}) {
		t.Errorf("learnt anew: %v", left)
	}
}

// TestAPromptOnItsWayLeavesNothingLearnt: what was chosen before her consent was lowered is committed after it.
func TestAPromptOnItsWayLeavesNothingLearnt(t *testing.T) {
	for consent, kept := range map[string]map[string]int{"recognise": {"prompts": 1}, "none": {}} {
		s := openStore(t, t.TempDir())
		p := maya(t, s)
		importCustomers(t, s, "customer,consent\nc1,"+consent+"\n")
		prompt := live(t, s, p)
		if left := learntOf(t, s, p.Customer.Ref); !maps.Equal(left, kept) {
			t.Errorf("%s: %v", consent, left)
		}
		if _, lines, _ := s.PromptOf(t.Context(), prompt); len(lines) != 0 {
			t.Errorf("%s: lines %v", consent, lines)
		}
	}
}

// TestUnlearningScansNoTable: an import that lowers thousands must not walk through every word for each of them.
func TestUnlearningScansNoTable(t *testing.T) {
	s := openStore(t, t.TempDir())
	for _, query := range unlearning {
		rows, err := s.read.Query(`EXPLAIN QUERY PLAN `+query, 1)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(detail, "SCAN") {
				t.Errorf("%s: %s", query, detail)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestACrashLeavesNoJournalBehind: what was deleted just before a crash goes with the first upkeep after it.
func TestACrashLeavesNoJournalBehind(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	maya(t, s)
	if s.Stats().JournalBytes == 0 {
		t.Fatal("the control: nothing is in the journal")
	}
	crashed := copyOf(t, dir)
	s = openStore(t, crashed)
	if err := s.Upkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.Stats().JournalBytes; n != 0 {
		t.Errorf("%d bytes are in the journal", n)
	}
	profile(t, s, "6001")
}

// copyOf copies a state directory as a crash would leave it.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}
