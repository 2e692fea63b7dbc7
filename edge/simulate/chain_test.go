// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
)

var opening = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

func TestChainIsBelievable(t *testing.T) {
	c := NewChain(1, opening)
	scripts, languages, ids := map[string]bool{}, map[string]bool{}, map[edge.Identifier]bool{}
	consents := map[edge.Consent]int{}
	for _, p := range c.Customers {
		languages[p.Language] = true
		consents[p.Consent]++
		for name, table := range unicode.Scripts {
			if unicode.Is(table, []rune(p.Name)[0]) {
				scripts[name] = true
			}
		}
		for _, id := range p.Identifiers {
			if ids[id] {
				t.Errorf("%s has an identifier that somebody else has", p.Name)
			}
			ids[id] = true
		}
		if p.Since.After(opening) || p.Name == "" || !p.Consent.Valid() || len(p.usual) == 0 {
			t.Errorf("%+v is no customer", p)
		}
	}
	if len(c.Customers) < 60 || len(c.Customers) > 200 {
		t.Errorf("%d customers, want 60 to 200", len(c.Customers))
	}
	if len(scripts) < 8 || len(languages) < 25 {
		t.Errorf("%d scripts and %d languages are too few", len(scripts), len(languages))
	}
	for _, consent := range []edge.Consent{edge.ConsentNone, edge.ConsentRecognise, edge.ConsentRemember} {
		if consents[consent] == 0 {
			t.Errorf("nobody has consent %q", consent)
		}
	}
}

func TestEveryFactBelongsToSomebodyAndIsShort(t *testing.T) {
	c := NewChain(1, opening)
	told, kinds := 0, map[edge.FactKind]int{}
	for _, p := range c.Customers {
		told += len(p.Facts)
		for i, f := range p.Facts {
			kinds[f.Kind]++
			if !f.Kind.Valid() || f.Text == "" || len([]rune(f.Text)) > 70 {
				t.Errorf("%s: fact %q (%s) is not one short line of a known kind", p.Name, f.Text, f.Kind)
			}
			if f.Kind == edge.FactPreference && (len([]rune(f.Text)) > 25 || strings.ContainsAny(f.Text, ":;.")) {
				t.Errorf("%s: %q does not stand behind the name of a thing: \"Oat flat white, no lid\"", p.Name, f.Text)
			}
			if slices.ContainsFunc(p.Facts[:i], func(g Fact) bool { return g.Kind == f.Kind }) {
				t.Errorf("%s has two facts %q: a row of the import holds one", p.Name, f.Kind)
			}
		}
	}
	if rows := len(readTable("facts.csv")); told != rows {
		t.Errorf("%d of %d facts belong to a customer", told, rows)
	}
	for _, kind := range edge.FactKinds {
		if kinds[kind] == 0 {
			t.Errorf("no fact of kind %q", kind)
		}
	}
}

func TestChainFollowsFromItsSeed(t *testing.T) {
	a, b, other := NewChain(7, opening), NewChain(7, opening), NewChain(8, opening)
	if diff := cmp.Diff(a.Visits, b.Visits); diff != "" {
		t.Errorf("the same seed made another chain:\n%s", diff)
	}
	if cmp.Equal(a.Visits, other.Visits) {
		t.Error("another seed made the same visits")
	}
}

func TestVisitsLieBetweenJoiningAndNow(t *testing.T) {
	for seed := range uint64(12) {
		now := opening.Add(time.Duration(seed*seed) * 29 * time.Hour)
		c := NewChain(seed, now)
		seen := map[string]bool{}
		for i, v := range c.Visits {
			person, known := c.Known(v.Customer)
			if !known || person.Consent != edge.ConsentRemember {
				t.Fatalf("visit %d is of nobody who agreed to it", i)
			}
			if day := 24 * time.Hour; v.At.After(now) || v.At.Before(person.Since.Add(-day)) {
				t.Fatalf("%s came at %s, joined %s, now %s", person.Name, v.At, person.Since, now)
			}
			if seen[v.Checkout] || len(v.Items) == 0 {
				t.Fatalf("visit %d: checkout %q is empty or twice", i, v.Checkout)
			}
			seen[v.Checkout] = true
		}
	}
}

func TestHabitsShowInTheVisits(t *testing.T) {
	c := NewChain(3, opening)
	visits, with := 0, 0
	for _, v := range c.Visits {
		if person, _ := c.Known(v.Customer); person.Name == "Maya" {
			visits++
			if slices.ContainsFunc(v.Items, func(i edge.Item) bool { return i.Name == "Oat flat white" }) {
				with++
			}
		}
	}
	if visits < 50 || float64(with)/float64(visits) < .7 {
		t.Errorf("Maya took an oat flat white at %d of %d visits", with, visits)
	}
}

func TestRowsAreTheContracts(t *testing.T) {
	c := NewChain(1, opening)
	var customers, visits bytes.Buffer
	if err := c.WriteCustomers(&customers); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteVisits(&visits); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&customers).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	identifiers := 0
	for _, p := range c.Customers {
		identifiers += len(p.Identifiers)
	}
	if len(rows)-1 != identifiers {
		t.Errorf("%d customer rows, want one for each of %d identifiers", len(rows)-1, identifiers)
	}
	rows, err = csv.NewReader(&visits).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"customer", "at", "checkout", "sku", "name", "quantity", "amount_minor", "currency"}
	if diff := cmp.Diff(want, rows[0]); diff != "" {
		t.Error(diff)
	}
	for _, row := range rows[1:] {
		if _, err := time.Parse(time.RFC3339, row[1]); err != nil {
			t.Fatal(err)
		}
		if _, err := strconv.ParseInt(row[6], 10, 64); err != nil {
			t.Fatal(err)
		}
	}
}
