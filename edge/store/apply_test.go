// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
	"redbench/edge/seal"
)

// office is head office's keys.
func office(t testing.TB) *seal.Box {
	t.Helper()
	hq, err := seal.OpenChain(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return hq
}

// enrol makes a store one of a chain's.
func enrol(t testing.TB, s *Store, hq *seal.Box) *Store {
	t.Helper()
	if err := s.opt.Seal.Adopt(hq.ChainKeys()); err != nil {
		t.Fatal(err)
	}
	if err := s.StartOutbox(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// enrolled is a new store of a chain, with head office's keys.
func enrolled(t testing.TB) (*Store, *seal.Box) {
	t.Helper()
	hq := office(t)
	return enrol(t, openStore(t, t.TempDir()), hq), hq
}

// at is a stamp of another store, some seconds after the clock of the tests begins.
func at(seconds int) edge.Stamp {
	return edge.Stamp{Wall: newClock().now.Add(time.Duration(seconds) * time.Second).UnixMicro(), Origin: "elsewhere"}
}

// told are fields that a person told.
func toldAt(seconds int, namesAndValues ...string) edge.Fields {
	f := edge.Fields{}
	for i := 0; i < len(namesAndValues); i += 2 {
		f.Tell(namesAndValues[i], namesAndValues[i+1], at(seconds), edge.RankTold)
	}
	return f
}

// hashOf is an identifier as it travels.
func hashOf(hq *seal.Box, kind edge.IdentifierKind, value string) edge.IdentifierHash {
	h := hq.Hashes(edge.Identifier{Kind: kind, Value: value})[0]
	return edge.IdentifierHash{Key: h.Key, Sum: h.Sum[:], Kind: kind}
}

// remembered is a customer of another store who wants to be remembered.
func remembered(hq *seal.Box, name, card string) edge.CustomerState {
	return edge.CustomerState{ID: newID(), Identifiers: []edge.IdentifierHash{hashOf(hq, edge.KindCard, card)},
		Fields: toldAt(1, edge.FieldName, name, edge.FieldConsent, "remember")}
}

// sailing is a fact of hers.
func sailing(customer string, seconds int) edge.FactState {
	return edge.FactState{ID: newID(), Customer: customer, Kind: edge.FactInterest,
		Fields: toldAt(seconds, edge.FieldText, "sailing", edge.FieldHeld, momentText(at(seconds).Wall), edge.FieldPlace, "quay")}
}

// page is a page of changes of customers, facts, erasures, and so on.
func page(cursor string, what ...any) edge.Page {
	p := edge.Page{Cursor: cursor}
	for _, each := range what {
		var c edge.Change
		switch v := each.(type) {
		case edge.CustomerState:
			c = edge.Change{Kind: edge.ChangeCustomer, Customer: &v}
		case edge.FactState:
			c = edge.Change{Kind: edge.ChangeFact, Fact: &v}
		case edge.Erasure:
			c = edge.Change{Kind: edge.ChangeErasure, Erasure: &v}
		case edge.Published:
			c = edge.Change{Kind: edge.ChangePlaybook, Playbook: &v}
		case edge.Settings:
			c = edge.Change{Kind: edge.ChangeSettings, Settings: &v}
		case edge.ChainKeys:
			c = edge.Change{Kind: edge.ChangeKeys, Keys: &v}
		default:
			panic(fmt.Sprintf("%T is no change", each))
		}
		p.Changes = append(p.Changes, c)
	}
	return p
}

func apply(t testing.TB, s *Store, what ...any) edge.Applied {
	t.Helper()
	out, err := s.Apply(t.Context(), page("next", what...))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// stateOf is a customer's state as the box would tell it.
func stateOf(t testing.TB, s *Store, ref edge.CustomerRef) (c edge.CustomerState) {
	t.Helper()
	err := s.working(t.Context(), func(w *work) (err error) {
		c, err = w.customerState(ref)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dump is all that is at rest, but for when it was asked last.
func dump(t testing.TB, s *Store) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, table := range texts(t, s, `SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`) {
		columns := texts(t, s, `SELECT 'quote("' || name || '")' FROM pragma_table_info(?)`, table)
		query := `SELECT ` + strings.Join(columns, ` || ',' || `) + ` FROM ` + table
		if table == "meta" {
			query += ` WHERE name NOT IN ('asked', 'stamp', 'wall')`
		}
		out[table] = texts(t, s, query)
		slices.Sort(out[table])
	}
	return out
}

func texts(t testing.TB, s *Store, query string, args ...any) (out []string) {
	t.Helper()
	rows, err := s.read.Query(query, args...)
	if err != nil {
		t.Fatal(query, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(query, err)
		}
		out = append(out, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(query, err)
	}
	return out
}

func count(t testing.TB, s *Store, query string, args ...any) (n int) {
	t.Helper()
	if err := s.read.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatal(query, err)
	}
	return n
}

// TestAPageTellsOfSomebodyNew: she is known by her card, with what she told, and the same page again changes nothing.
func TestAPageTellsOfSomebodyNew(t *testing.T) {
	s, hq := enrolled(t)
	ada := remembered(hq, "Ada", "6001")
	told := sailing(ada.ID, 2)
	// The fact stands before her: head office tells in the order of the last change.
	first, err := s.Apply(t.Context(), page("c1", told, ada))
	if err != nil {
		t.Fatal(err)
	}
	p := profile(t, s, "6001")
	if p.Customer.Name != "Ada" || p.Customer.ID != ada.ID || len(p.Facts) != 1 || p.Facts[0].Text != "sailing" || p.Facts[0].Place != "quay" {
		t.Errorf("%+v", p)
	}
	if want := []edge.CustomerRef{p.Customer.Ref}; !slices.Equal(first.Changed, want) {
		t.Errorf("changed %v, want %v", first.Changed, want)
	}
	if got := stateOf(t, s, p.Customer.Ref); !sameState(got, ada) || got.ID != ada.ID {
		t.Errorf("kept as %+v, want %+v", got, ada)
	}
	cursor, asked, err := s.Cursor(t.Context())
	if err != nil || cursor != "c1" || !asked.Equal(s.opt.Now()) {
		t.Errorf("cursor %q, asked %v, %v", cursor, asked, err)
	}
	if c, err := s.Counts(t.Context(), s.opt.Now()); err != nil || c.Customers != 1 {
		t.Errorf("%d customers, %v", c.Customers, err)
	}
	before := dump(t, s)
	again, err := s.Apply(t.Context(), page("c1", told, ada))
	if err != nil || len(again.Changed) != 0 {
		t.Errorf("again: %+v %v", again, err)
	}
	if d := cmp.Diff(before, dump(t, s)); d != "" {
		t.Errorf("the same page again changes (-before +after):\n%s", d)
	}
	if n := count(t, s, `SELECT count(*) FROM outbox`); n != 0 {
		t.Errorf("%d records go back to head office", n)
	}
}

// TestAChangeFindsHer: by her id, by an id of another store, by the chain's id, by a card that is hers alone.
func TestAChangeFindsHer(t *testing.T) {
	s, hq := enrolled(t)
	p := maya(t, s)
	alias := newID()
	changes := []edge.CustomerState{
		{ID: p.Customer.ID, Also: []string{alias}, Fields: toldAt(1, edge.FieldSay, "one")},
		{ID: alias, Fields: toldAt(2, edge.FieldSay, "two")},
		{ID: newID(), Identifiers: []edge.IdentifierHash{hashOf(hq, edge.KindCustomer, "c1")}, Fields: toldAt(3, edge.FieldSay, "three")},
		{ID: newID(), Identifiers: []edge.IdentifierHash{hashOf(hq, edge.KindCard, "6001")}, Fields: toldAt(4, edge.FieldSay, "four")},
	}
	for i, c := range changes {
		apply(t, s, c)
		got := profile(t, s, "6001")
		if got.Customer.Say != c.Fields[edge.FieldSay].Value || got.Customer.Name != "Maya" || got.Customer.Ref != p.Customer.Ref || len(got.Facts) != 1 {
			t.Errorf("change %d: %+v", i, got)
		}
		// From now on that id is hers, too.
		if got := stateOf(t, s, p.Customer.Ref); got.ID != p.Customer.ID || i > 0 && !slices.Contains(got.Also, c.ID) {
			t.Errorf("change %d: ids %s %v", i, got.ID, got.Also)
		}
	}
	if n := count(t, s, `SELECT count(*) FROM customers`); n != 1 {
		t.Errorf("%d customers", n)
	}
	// A household: both have an id of the chain, and the card.
	apply(t, s, edge.CustomerState{ID: newID(), Fields: toldAt(5, edge.FieldName, "Bo", edge.FieldConsent, "remember"), Identifiers: []edge.IdentifierHash{
		hashOf(hq, edge.KindCustomer, "c2"), hashOf(hq, edge.KindCard, "6001")}})
	if _, err := s.Profile(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "6001"}); !errors.Is(err, edge.ErrAmbiguous) {
		t.Errorf("a shared card names somebody: %v", err)
	}
}

// TestFieldsMergeEachForItself: the later one wins, and an edit that is made after hearing of another wins over it,
// whatever the clocks say.
func TestFieldsMergeEachForItself(t *testing.T) {
	s, _ := enrolled(t)
	p := maya(t, s)
	fact := p.Facts[0].ID
	apply(t, s, edge.CustomerState{ID: p.Customer.ID, Fields: toldAt(-3600, edge.FieldAddress, "Captain")}, // told, over nothing
		edge.FactState{ID: fact, Customer: p.Customer.ID, Kind: edge.FactInterest, Fields: toldAt(7200, edge.FieldDate, "2026-12-01")})
	got := profile(t, s, "6001")
	if got.Customer.Name != "Maya" || got.Customer.Address != "Captain" || got.Facts[0].Text != "sailing" || got.Facts[0].Date != "2026-12-01" {
		t.Errorf("%+v", got)
	}
	// Two hours behind the one who told the date, this box closes the fact: knowing it, it is later.
	commit(t, s, edge.Entry{Word: "w", Close: &edge.CloseFact{ID: fact, At: s.opt.Now()}})
	var state edge.FactState
	if err := s.working(t.Context(), func(w *work) (err error) { state, err = w.factState(fact); return err }); err != nil {
		t.Fatal(err)
	}
	if !state.Fields[edge.FieldClosed].At.After(at(7200)) {
		t.Errorf("closed at %v, which is not after what it knew of", state.Fields[edge.FieldClosed].At)
	}
}

// TestFactsThatLeaveNothing are those of nobody, of one who does not want them kept, taken back since, or deleted.
func TestFactsThatLeaveNothing(t *testing.T) {
	s, hq := enrolled(t)
	ada := remembered(hq, "Ada", "6001")
	ada.Unlearnt = at(10)
	bo := remembered(hq, "Bo", "6002")
	bo.Fields.Tell(edge.FieldConsent, "recognise", at(1), edge.RankTold)
	deleted := sailing(ada.ID, 20)
	gone := edge.FactState{ID: deleted.ID, Customer: ada.ID, Kind: deleted.Kind, Gone: true}
	early := edge.FactState{ID: newID(), Customer: ada.ID, Kind: edge.FactPraise, Gone: true}
	late := sailing(ada.ID, 20)
	late.ID = early.ID
	kept := sailing(ada.ID, 11)
	apply(t, s, ada, bo, sailing(newID(), 20), sailing(bo.ID, 20), sailing(ada.ID, 10), deleted, early, kept)
	apply(t, s, gone)
	apply(t, s, deleted, late)
	if got := texts(t, s, `SELECT lower(hex(id)) FROM facts`); len(got) != 1 || got[0] != strings.ReplaceAll(kept.ID, "-", "") {
		t.Errorf("kept %v, want %s alone", got, kept.ID)
	}
	if p := profile(t, s, "6001"); len(p.Facts) != 1 || p.Facts[0].ID != kept.ID {
		t.Errorf("shown: %+v", p.Facts)
	}
}

// TestAChangeThatCannotBeUsedHoldsNobodyUp: the others of its page are applied, and the cursor moves.
func TestAChangeThatCannotBeUsedHoldsNobodyUp(t *testing.T) {
	s, hq := enrolled(t)
	p := maya(t, s)
	if _, err := s.write.Exec(`UPDATE customers SET sealed = x'00' WHERE ref = ?`, int64(p.Customer.Ref)); err != nil {
		t.Fatal(err)
	}
	ada := remembered(hq, "Ada", "6002")
	_, err := s.Apply(t.Context(), page("c1", edge.CustomerState{ID: "nobody"}, edge.CustomerState{ID: p.Customer.ID, Fields: toldAt(1, edge.FieldSay, "x")},
		ada, edge.FactState{ID: "none"}, sailing(ada.ID, 2)))
	if err != nil {
		t.Fatal(err)
	}
	if got := profile(t, s, "6002"); got.Customer.Name != "Ada" || len(got.Facts) != 1 {
		t.Errorf("%+v", got)
	}
	// A damaged record can be forgotten all the same.
	out := apply(t, s, edge.Erasure{ID: newID(), Stamp: at(5), Customers: []string{p.Customer.ID}})
	if !slices.Equal(out.Forgotten, []edge.CustomerRef{p.Customer.Ref}) {
		t.Errorf("forgotten: %v", out.Forgotten)
	}
}

// TestACrashBetweenPagesLosesNothing: what is applied is where the cursor says.
func TestACrashBetweenPagesLosesNothing(t *testing.T) {
	dir := t.TempDir()
	hq := office(t)
	s := enrol(t, openStore(t, dir), hq)
	ada, bo := remembered(hq, "Ada", "6001"), remembered(hq, "Bo", "6002")
	pages := map[string]edge.Page{"": page("1", ada), "1": page("2", bo, sailing(ada.ID, 2)), "2": page("2")}
	if _, err := s.Apply(t.Context(), pages[""]); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, copyOf(t, dir))
	for range 3 {
		cursor, _, err := s.Cursor(t.Context())
		if err != nil || cursor == "" {
			t.Fatal(cursor, err)
		}
		if _, err := s.Apply(t.Context(), pages[cursor]); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := profile(t, s, "6001"), profile(t, s, "6002"); len(a.Facts) != 1 || b.Customer.Name != "Bo" {
		t.Errorf("%+v %+v", a, b)
	}
	// A page that fails leaves the cursor where it was, and nothing of itself.
	before := dump(t, s)
	if _, err := s.Apply(t.Context(), page("3", remembered(hq, "Cy", "6003"), edge.Erasure{ID: newID(), Tombstones: [][]byte{{1}}})); err == nil {
		t.Error("a broken erasure was taken for applied")
	}
	if d := cmp.Diff(before, dump(t, s)); d != "" {
		t.Errorf("a page that failed changed (-before +after):\n%s", d)
	}
}
