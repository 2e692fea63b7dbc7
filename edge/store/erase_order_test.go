// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// orderOf is an order to forget whoever has some identifiers, by their values as head office makes it.
func orderOf(hq *seal.Box, seconds int, ids ...edge.Identifier) edge.Erasure {
	e := edge.Erasure{ID: newID(), At: newClock().now, Stamp: at(seconds)}
	for _, id := range ids {
		t := hq.Tombstone(id)
		e.Tombstones = append(e.Tombstones, t[:])
		for _, hash := range hq.HashesEverywhere(id) {
			t := hq.TombstoneOf(hash)
			e.Tombstones = append(e.Tombstones, t[:])
		}
	}
	return e
}

func cardOf(value string) edge.Identifier { return edge.Identifier{Kind: edge.KindCard, Value: value} }

// known reports who a card names, or why nobody.
func known(t testing.TB, s *Store, card string) (name string, err error) {
	t.Helper()
	p, err := s.Profile(t.Context(), cardOf(card))
	return p.Customer.Name, err
}

func wantStranger(t testing.TB, s *Store, card, why string) {
	t.Helper()
	if name, err := known(t, s, card); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("%s: the card names %q, %v", why, name, err)
	}
}

func orders(t testing.TB, s *Store) []edge.Order {
	t.Helper()
	out, err := s.Orders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAnOrderFindsHer by her id here, by another's id of her, and by an identifier's tombstone.
func TestAnOrderFindsHer(t *testing.T) {
	for _, by := range []string{"id", "alias", "card", "both"} {
		s, hq := enrolled(t)
		ada := remembered(hq, "Ada", "6001")
		alias := newID()
		apply(t, s, edge.CustomerState{ID: ada.ID, Also: []string{alias}, Identifiers: ada.Identifiers, Fields: ada.Fields}, sailing(ada.ID, 2), remembered(hq, "Bo", "6002"))
		ref := profile(t, s, "6001").Customer.Ref
		e := orderOf(hq, 9)
		switch by {
		case "id":
			e.Customers = []string{ada.ID}
		case "alias":
			e.Customers = []string{newID(), alias}
		case "card":
			e = orderOf(hq, 9, cardOf("6001"))
		case "both":
			e = orderOf(hq, 9, cardOf("6001"))
			e.Customers = []string{ada.ID}
		}
		out := apply(t, s, e)
		if !slices.Equal(out.Forgotten, []edge.CustomerRef{ref}) || len(out.Changed) != 0 {
			t.Errorf("%s: %+v", by, out)
		}
		wantStranger(t, s, "6001", by)
		if name, err := known(t, s, "6002"); name != "Bo" {
			t.Errorf("%s: the other is %q, %v", by, name, err)
		}
		receipts := orders(t, s)
		if len(receipts) != 1 || receipts[0].Receipt == nil || receipts[0].Receipt.Erasure != e.ID || !receipts[0].Receipt.Found {
			t.Errorf("%s: receipts %+v", by, receipts)
		}
		if c, err := s.Counts(t.Context(), s.opt.Now()); err != nil || c.Customers != 1 {
			t.Errorf("%s: %d customers, %v", by, c.Customers, err)
		}
		before := dump(t, s)
		apply(t, s, e)
		if d := cmp.Diff(before, dump(t, s)); d != "" {
			t.Errorf("%s: the same order again changes (-before +after):\n%s", by, d)
		}
		// What comes late does not bring her back, by either id, nor does a file.
		late := ada
		late.ID, late.Identifiers = alias, nil
		apply(t, s, ada, late, sailing(ada.ID, 20))
		if n := count(t, s, `SELECT count(*) FROM customers`) + count(t, s, `SELECT count(*) FROM facts`); n != 1 {
			t.Errorf("%s: %d customers and facts, want Bo alone", by, n)
		}
		if got := refused(t, s, ",6001,card,Ada,"); !got[0] {
			t.Errorf("%s: a file brings her back", by)
		}
	}
}

// TestAnOrderForNobodyHere is answered, too.
func TestAnOrderForNobodyHere(t *testing.T) {
	s, hq := enrolled(t)
	apply(t, s, orderOf(hq, 9, cardOf("6001")))
	if got := orders(t, s); len(got) != 1 || got[0].Receipt == nil || got[0].Receipt.Found {
		t.Errorf("%+v", got)
	}
	if got := refused(t, s, ",6001,card,Ada,"); !got[0] {
		t.Error("a file brings her in")
	}
}

// TestASharedCardMeansNobody: who is ordered to be forgotten is found otherwise, and the others of the household stay,
// also when the page comes again and the card is one person's alone by then.
func TestASharedCardMeansNobody(t *testing.T) {
	for forgotten, stays := range map[string]string{"c1": "Bo", "c2": "Ada"} {
		s, hq := enrolled(t)
		importCustomers(t, s, "customer,identifier,name\nc1,6001,Ada\nc2,6001,Bo\n")
		order := orderOf(hq, 9, cardOf("6001"), edge.Identifier{Kind: edge.KindCustomer, Value: forgotten})
		for range 2 {
			apply(t, s, order, order)
			if name, err := known(t, s, "6001"); name != stays {
				t.Errorf("the card is %q's, want %s, %v", name, stays, err)
			}
		}
	}
}

// TestNewConsentLiftsAnOrder when it was told after it, by a person, under another id; in any order of arrival.
func TestNewConsentLiftsAnOrder(t *testing.T) {
	type consent struct {
		seconds int
		rank    edge.Rank
		what    string
		back    bool
	}
	for _, c := range []consent{{20, edge.RankTold, "remember", true}, {20, edge.RankTold, "recognise", true}, {20, edge.RankCorrected, "remember", true},
		{20, edge.RankTold, "none", false}, {20, edge.RankGuess, "remember", false}, {5, edge.RankTold, "remember", false}} {
		for _, first := range []string{"order", "consent"} {
			s, hq := enrolled(t)
			ada := remembered(hq, "Ada", "6001")
			ada.Fields[edge.FieldConsent] = edge.Register{Value: c.what, At: at(c.seconds), Rank: c.rank}
			order := orderOf(hq, 9, cardOf("6001"))
			if first == "order" {
				apply(t, s, order)
				apply(t, s, ada)
			} else {
				apply(t, s, ada)
				apply(t, s, order)
			}
			_, err := known(t, s, "6001")
			if back := err == nil; back != c.back {
				t.Errorf("%+v, %s first: she is known: %v", c, first, back)
			}
			if !c.back {
				continue
			}
			// And the tombstone is lifted for good: a file may speak of her.
			if got := refused(t, s, ",6001,card,Ada,"); got[0] {
				t.Errorf("%+v, %s first: a file is refused", c, first)
			}
			hash := hq.Hashes(cardOf("6001"))[0]
			if grave := hq.TombstoneOf(hash); count(t, s, `SELECT count(*) FROM tombstones WHERE hash = ?`, grave[:]) != 0 {
				t.Errorf("%+v, %s first: the tombstone of her card stands", c, first)
			}
			apply(t, s, order)
			if _, err := known(t, s, "6001"); err != nil {
				t.Errorf("%+v, %s first: the order came again: %v", c, first, err)
			}
		}
	}
}

// TestAnOrderIsInNoFile is the promise of a chain-wide order: she is as gone as if she had been forgotten here.
func TestAnOrderIsInNoFile(t *testing.T) {
	dir := t.TempDir()
	hq := office(t)
	s := enrol(t, openStore(t, dir), hq)
	const n = 2000
	town(t, s, n, 5)
	all := map[string][]byte{}
	var what []any
	for i := range 40 {
		live(t, s, profile(t, s, card(i*37).Value))
		for name, trace := range traces(t, s, card(i*37)) {
			if name != "id" { // it is kept, so that nothing brings her back by it
				all[fmt.Sprintf("%s of %d", name, i)] = trace
			}
		}
		what = append(what, orderOf(hq, 9, card(i*37)))
	}
	if err := s.checkpoint(t.Context(), "TRUNCATE"); err != nil {
		t.Fatal(err)
	}
	if got := found(t, dir, all); len(got) != 40*6 {
		t.Fatalf("the control finds %d traces, want %d: %v", len(got), 40*6, got)
	}
	if out := apply(t, s, what...); len(out.Forgotten) != 40 {
		t.Fatalf("%d were forgotten", len(out.Forgotten))
	}
	if got := found(t, dir, all); got != nil {
		t.Fatalf("%d of %d traces are left: %v", len(got), len(all), got)
	}
	if n := count(t, s, `SELECT count(*) FROM outbox WHERE customer IS NOT NULL AND customer NOT IN (SELECT ref FROM customers)`); n != 0 {
		t.Errorf("%d records are still hers", n)
	}
}

// TestWhoRestsUnderAKeyOfOurOwn is missed by an order of somebody who does not have that key, and found out at the till.
func TestWhoRestsUnderAKeyOfOurOwn(t *testing.T) {
	for _, again := range []bool{false, true} {
		s := openStore(t, t.TempDir())
		p := maya(t, s) // under this box's own key
		hq := office(t)
		enrol(t, s, hq)
		order := orderOf(hq, 9, cardOf("6001"))
		if out := apply(t, s, order); len(out.Forgotten) != 0 {
			t.Fatalf("the control: forgotten at once: %v", out.Forgotten)
		}
		if again { // since then she said, here, that she wants to be known
			importCustomers(t, s, "customer,consent\nc1,recognise\n")
		}
		for range 2 {
			tap, err := s.Tap(t.Context(), edge.EventKey{1}, cardOf("6001"))
			if err != nil || !errors.Is(tap.Unknown, edge.ErrNotFound) {
				t.Errorf("the tap names %+v, %v", tap, err)
			}
		}
		wantStranger(t, s, "6001", "under the old key")
		if err := s.Upkeep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, `SELECT count(*) FROM customers`); (n == 1) != again {
			t.Errorf("again %v: %d customers", again, n)
		}
		if again {
			if name, err := known(t, s, "6001"); name != "Maya" {
				t.Errorf("she is %q, %v", name, err)
			}
			continue
		}
		var told *edge.Erasure
		for _, o := range orders(t, s) {
			if o.Erasure != nil {
				told = o.Erasure
			}
		}
		if told == nil || !slices.Contains(told.Customers, p.Customer.ID) || told.Stamp != order.Stamp || len(told.Tombstones) < 3 {
			t.Errorf("head office is told %+v", told)
		}
	}
}

// TestNothingMovesWhileIdentifiersAreLookedThrough: what a tap found under an old key is not written where the look has
// passed already.
func TestNothingMovesWhileIdentifiersAreLookedThrough(t *testing.T) {
	s := openStore(t, t.TempDir())
	maya(t, s)
	enrol(t, s, office(t))
	profile(t, s, "6001")
	release := s.holdRehash()
	profile(t, s, "6001")
	commit(t, s, edge.Entry{Word: "a"})
	if n := count(t, s, `SELECT count(DISTINCT key) FROM identifiers`); n != 1 {
		t.Errorf("identifiers under %d keys: one was moved", n)
	}
	release()
	profile(t, s, "6001")
	commit(t, s, edge.Entry{Word: "b"})
	if n := count(t, s, `SELECT count(DISTINCT key) FROM identifiers`); n != 2 {
		t.Errorf("identifiers under %d keys: none was moved", n)
	}
}

// TestTheLookThroughSeesEachIdentifierOnce, also those that stand at the ends of its batches and are shared.
func TestTheLookThroughSeesEachIdentifierOnce(t *testing.T) {
	s, hq := enrolled(t)
	const n = 2*passBatch + 3
	hash := hashOf(hq, edge.KindCard, "6001")
	p := maya(t, s)
	for i := range n {
		c := edge.CustomerState{ID: uuid.Must(uuid.NewV7()).String(), Identifiers: []edge.IdentifierHash{hash}}
		if i == 0 {
			continue
		}
		if _, err := s.write.Exec(`INSERT INTO customers (ref, id, wrapped, sealed, consent, consent_at, since) VALUES (?, ?, '', '', 'none', 0, 0)`, i+100, idKey(c.ID)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.write.Exec(`INSERT INTO identifiers (hash, customer, key) VALUES (?, ?, ?)`, hash.Sum, i+100, hash.Key); err != nil {
			t.Fatal(err)
		}
	}
	o := orderOf(hq, 1, cardOf("6001"))
	s.admin.Lock()
	defer s.admin.Unlock()
	planned, release, err := s.plan(t.Context(), page("", o).Changes)
	if err != nil {
		t.Fatal(err)
	}
	release()
	seen := map[edge.CustomerRef]int{}
	for _, m := range planned[0].met {
		seen[m.ref]++
	}
	if len(seen) != n || seen[p.Customer.Ref] != 1 || slices.Max(slices.Collect(maps.Values(seen))) != 1 {
		t.Errorf("%d of %d were seen", len(seen), n)
	}
}

// TestTheLookThroughIsMeasured looks through REDBENCH_PASS identifiers.
func TestTheLookThroughIsMeasured(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("REDBENCH_PASS"))
	if err != nil {
		t.Skip("REDBENCH_PASS says how many identifiers to look through")
	}
	s, hq := enrolled(t)
	p := maya(t, s)
	_, err = s.write.Exec(`WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?)
		INSERT INTO identifiers (hash, customer, key) SELECT hash, ?, 1 FROM (SELECT randomblob(32) AS hash FROM i ORDER BY 1)`, n, int64(p.Customer.Ref))
	if err != nil {
		t.Fatal(err)
	}
	rest := count(t, s, `SELECT count(*) FROM identifiers`)
	for _, many := range []int{1, 200} {
		var what []any
		for i := range many {
			what = append(what, orderOf(hq, 1, cardOf(fmt.Sprint("nobody", i))))
		}
		began := time.Now()
		apply(t, s, what...)
		took := time.Since(began)
		t.Logf("%d orders, %d identifiers: %v, %.0f identifiers a second", many, rest, took.Round(time.Millisecond), float64(rest)/took.Seconds())
	}
}
