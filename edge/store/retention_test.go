// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"redbench/edge"
	"redbench/edge/exchange"
)

// TestEveryTableSaysHowLong: a table that is not in docs/privacy.md's list of bounds fails here, which is the moment to think of
// one; and so does a line of a table that is no more.
func TestEveryTableSaysHowLong(t *testing.T) {
	page, err := os.ReadFile("../../docs/privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(string(page), "## How long each table keeps")
	if !found {
		t.Fatal("docs/privacy.md has no list of the tables")
	}
	list, _, _ = strings.Cut(list, "\n## ")
	stated := map[string]string{}
	for line := range strings.Lines(list) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			continue
		}
		for _, name := range strings.Split(cells[1], ",") {
			stated[strings.Trim(strings.TrimSpace(name), "`")] = strings.TrimSpace(cells[2])
		}
	}
	s := openStore(t, t.TempDir())
	for _, table := range texts(t, s, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
		if stated[table] == "" {
			t.Errorf("docs/privacy.md does not say for how long %s keeps a row", table)
		}
		delete(stated, table)
	}
	if len(stated) != 0 {
		t.Errorf("docs/privacy.md tells of tables that there are not: %v", stated)
	}
}

const season = 90 * 24 * time.Hour

// sweepAll does as many rounds as walk through everything.
func sweepAll(t testing.TB, s *Store) {
	t.Helper()
	for range 2 * smallEvery {
		if err := s.Upkeep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOldVisitsGo: hers and strangers', with the things that were last bought then; what was learnt stays as it was, a visit that
// comes late changes no more of it than its own basket, and an old file does not teach it again.
func TestOldVisitsGo(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now, o.VisitsKept = c.Now, season })
	importCustomers(t, s, "identifier,name,consent\n6001,Maya,remember\n")
	ref := profile(t, s, "6001").Customer.Ref
	began := c.Now()
	for i := range 20 {
		what := "tea"
		if i < 3 {
			what = "quince"
		}
		buys(t, s, ref, "1", c.Now(), "milk", what)
		buys(t, s, edge.Stranger, "2", c.Now(), "rye")
		c.add(10 * 24 * time.Hour)
	}
	before := profile(t, s, "6001")
	sweepAll(t, s)
	if n := count(t, s, `SELECT count(*) FROM visits WHERE at < ?`, s.age(season)); n != 0 {
		t.Errorf("%d visits are older than they are kept", n)
	}
	if n := count(t, s, `SELECT count(*) FROM visits`); n != 18 {
		t.Errorf("%d visits are left, want the nine of a season of each", n)
	}
	if n := count(t, s, `SELECT count(*) FROM habits JOIN items USING (item) WHERE sku = 'quince'`); n != 0 {
		t.Error("what she bought then is known still")
	}
	if diff := cmp.Diff(before, profile(t, s, "6001")); diff != "" {
		t.Errorf("what is said of her has changed: %s", diff)
	}

	buys(t, s, ref, "3", c.Now().Add(-15*24*time.Hour), "milk") // between her last two
	after := profile(t, s, "6001")
	if after.Visits != before.Visits+1 || !after.First.Equal(before.First) || !after.Last.At.Equal(before.Last.At) {
		t.Errorf("after a late visit: %d visits from %s to %s", after.Visits, after.First, after.Last.At)
	}
	ignore := cmpopts.IgnoreFields(edge.Habit{}, "Today", "P", "Times")
	if diff := cmp.Diff(before.Last, after.Last, ignore); diff != "" {
		t.Errorf("her last visit is another: %s", diff)
	}
	file := fmt.Sprintf("identifier,at,checkout,sku\n6001,%s,old,milk\n", began.Format(time.RFC3339))
	report, err := s.ImportVisits(t.Context(), exchange.Visits(strings.NewReader(file), exchange.Options{}), edge.ImportOptions{})
	if err != nil || report.Bad != 1 || profile(t, s, "6001").Visits != after.Visits {
		t.Errorf("a visit that is too old: %+v, %v", report, err)
	}

	buys(t, s, edge.Stranger, "2", c.Now(), "rye") // a number that stays
	c.add(10 * season)
	sweepAll(t, s)
	if n := count(t, s, `SELECT count(*) FROM visits WHERE customer IS NOT NULL`); n != 1 {
		t.Errorf("%d visits of hers are left after years, want the latest", n)
	}
	if got := profile(t, s, "6001"); got.Visits != after.Visits || len(got.Last.Items) == 0 {
		t.Errorf("after years: %+v", got)
	}
}

// TestClosedFactsGo: and those that hold no longer; open ones stay.
func TestClosedFactsGo(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	p := maya(t, s)
	for what, change := range map[string]func(*edge.Fact){
		"open": func(*edge.Fact) {}, "closed": func(f *edge.Fact) { f.Closed = c.Now() }, "over": func(f *edge.Fact) { f.Until = c.Now().Add(time.Hour) },
	} {
		f := edge.Fact{ID: newID(), Customer: p.Customer.Ref, Kind: edge.FactInterest, Text: what, At: c.Now()}
		change(&f)
		commit(t, s, edge.Entry{Fact: &f})
	}
	left := func() int { return count(t, s, `SELECT count(*) FROM facts`) }
	all := left()
	c.add(factsKept - time.Hour)
	sweepAll(t, s)
	if n := left(); n != all {
		t.Errorf("%d of %d facts are left too early", n, all)
	}
	c.add(3 * time.Hour)
	sweepAll(t, s)
	if n := left(); n != all-2 {
		t.Errorf("%d of %d facts are left, want all but two", n, all)
	}
}

// TestOldMergesAreSettled: what came with whom goes with what it names, and with the merge's time.
func TestOldMergesAreSettled(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	importCustomers(t, s, two)
	other := profile(t, s, "6002").Customer.Ref
	buys(t, s, other, "1", c.Now(), "tea")
	tap(t, s, "1", "6002")
	merge(t, s, "6001", "6002")
	tap(t, s, "1", "6002")
	if n := count(t, s, `SELECT count(*) FROM lineage WHERE what = 'prompt'`); n == 0 {
		t.Fatal("no prompt is in the lineage")
	}
	c.add(promptsKept + time.Hour)
	sweepAll(t, s)
	if n := count(t, s, `SELECT count(*) FROM lineage WHERE what = 'prompt'`); n != 0 {
		t.Errorf("the lineage names %d prompts that are no more", n)
	}
	if n := count(t, s, `SELECT count(*) FROM lineage`); n == 0 || count(t, s, `SELECT count(*) FROM merges WHERE sealed IS NOT NULL`) != 1 {
		t.Error("the merge can be taken back no longer, after a season")
	}
	c.add(mergesKept)
	sweepAll(t, s)
	if n := count(t, s, `SELECT count(*) FROM lineage`) + count(t, s, `SELECT count(*) FROM merges WHERE sealed IS NOT NULL`); n != 0 {
		t.Errorf("%d rows are left of who the two were", n)
	}
	if got := profile(t, s, "6002"); got.Visits != 1 {
		t.Errorf("%+v", got)
	}
}
