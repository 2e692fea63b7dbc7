// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
	"redbench/sync/hq"
	"redbench/sync/hq/store"
	"redbench/sync/wire"
)

// clock is a wall clock that a test turns.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// office is a head office on a database of its own.
type office struct {
	*hq.HQ
	t     testing.TB
	dir   string
	keys  *seal.Box
	db    *store.Store
	clock *clock
}

func newOffice(t testing.TB) *office {
	t.Helper()
	return openOffice(t, t.TempDir(), &clock{now: noon})
}

func openOffice(t testing.TB, dir string, c *clock) *office {
	t.Helper()
	keys, err := seal.OpenChain(dir)
	must(t, err)
	db, err := store.Open(t.Context(), store.Options{Dir: dir, Fingerprint: keys.Fingerprint(), Upkeep: -1})
	must(t, err)
	h, err := hq.New(hq.Options{Store: db, Keys: keys, Now: c.Now})
	must(t, err)
	o := &office{HQ: h, t: t, dir: dir, keys: keys, db: db, clock: c}
	t.Cleanup(func() {
		must(t, h.Close())
		must(t, db.Close())
	})
	return o
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// box is a store's box as head office sees it: an outbox, a cursor and a clock for stamps.
type box struct {
	o      *office
	store  string
	id     string
	seq    uint64
	stamps *edge.Clock
	cursor string
	sent   []edge.Record
}

// enrolled adds stores and enrols a box of each.
func (o *office) enrolled(names ...string) []*box {
	o.t.Helper()
	var all []*box
	for _, name := range names {
		code, err := o.AddStore(o.t.Context(), name, nil)
		must(o.t, err)
		_, err = o.Enrol(o.t.Context(), wire.EnrolRequest{Code: code, Store: name, Version: "1"})
		must(o.t, err)
		all = append(all, &box{o: o, store: name, id: newID(), stamps: edge.NewClock(name, edge.Stamp{})})
	}
	return all
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// tell sends records as the next ones of the outbox.
func (b *box) tell(records ...edge.Record) {
	b.o.t.Helper()
	for i := range records {
		b.next(&records[i])
	}
	ack, err := b.o.Take(b.o.t.Context(), b.store, b.id, records)
	must(b.o.t, err)
	if ack.Upto != b.seq {
		b.o.t.Fatalf("acknowledged up to %d, want %d", ack.Upto, b.seq)
	}
}

func (b *box) next(r *edge.Record) {
	r.Prev = b.seq
	b.seq++
	r.Seq, r.ID, r.At = b.seq, newID(), b.o.clock.Now()
	b.sent = append(b.sent, *r)
}

// changes asks for everything after the box's cursor.
func (b *box) changes() (all []edge.Change) {
	b.o.t.Helper()
	for more := true; more; {
		page, err := b.o.Changes(b.o.t.Context(), b.store, b.cursor, 0)
		must(b.o.t, err)
		all = append(all, page.Changes...)
		b.cursor, more = page.Cursor, page.More
	}
	return all
}

// kinds sums a list of changes up: "customer fact fact".
func kinds(all []edge.Change) string {
	var out []string
	for _, c := range all {
		out = append(out, string(c.Kind))
	}
	return strings.Join(out, " ")
}

func (b *box) stamp() edge.Stamp { return b.stamps.Next(b.o.clock.Now()) }

// hashes are an identifier's as a box of the chain tells them.
func (o *office) hashes(ids ...edge.Identifier) (out []edge.IdentifierHash) {
	for _, id := range ids {
		h := o.keys.Hashes(id)[0]
		out = append(out, edge.IdentifierHash{Key: h.Key, Sum: h.Sum[:], Kind: id.Kind})
	}
	return out
}

func card(n int) edge.Identifier {
	return edge.Identifier{Kind: edge.KindCard, Value: fmt.Sprintf("6001%09d", n)}
}

// customer makes a state: a new customer who wants to be remembered, with a name and identifiers.
func (b *box) customer(name string, ids ...edge.Identifier) edge.CustomerState {
	s := edge.CustomerState{ID: newID(), Identifiers: b.o.hashes(ids...), Fields: edge.Fields{}}
	s.Fields.Tell(edge.FieldName, name, b.stamp(), edge.RankTold)
	s.Fields.Tell(edge.FieldConsent, string(edge.ConsentRemember), b.stamp(), edge.RankTold)
	return s
}

func (b *box) chained(name, chain string, ids ...edge.Identifier) edge.CustomerState {
	s := b.customer(name, ids...)
	s.Fields.Tell(edge.FieldChain, chain, b.stamp(), edge.RankGuess)
	return s
}

func (b *box) fact(customer, text string) edge.FactState {
	f := edge.FactState{ID: newID(), Customer: customer, Kind: edge.FactInterest, Fields: edge.Fields{}}
	f.Fields.Tell(edge.FieldText, text, b.stamp(), edge.RankTold)
	return f
}

func (b *box) visit(customer string, n int) edge.VisitState {
	return edge.VisitState{ID: fmt.Sprintf("%s-%d", b.store, n), Customer: customer, At: b.o.clock.Now().Add(time.Duration(n) * time.Second),
		Lane: "1", Checkout: fmt.Sprint(n), Items: []edge.Item{{SKU: "4001", Name: "Oat milk", Quantity: 1, AmountMinor: 219}},
		Total: edge.Money{Minor: 219, Currency: "EUR"}}
}

func outcome(customer, prompt, kind string) edge.OutcomeState {
	return edge.OutcomeState{ID: prompt + " " + kind, Prompt: prompt, Customer: customer, Kind: kind, At: noon}
}

func told(states ...any) (out []edge.Record) {
	for _, s := range states {
		var r edge.Record
		switch s := s.(type) {
		case edge.CustomerState:
			r = edge.Record{Kind: edge.RecordCustomer, Customer: &s}
		case edge.FactState:
			r = edge.Record{Kind: edge.RecordFact, Fact: &s}
		case edge.VisitState:
			r = edge.Record{Kind: edge.RecordVisit, Visit: &s}
		case edge.OutcomeState:
			r = edge.Record{Kind: edge.RecordOutcome, Outcome: &s}
		case edge.Summary:
			r = edge.Record{Kind: edge.RecordSummary, Summary: &s}
		case nil:
			r = edge.Record{Kind: edge.RecordVoid}
		}
		out = append(out, r)
	}
	return out
}

// all is everything that head office knows, in the order of the feed.
func (o *office) all() []hq.FeedItem {
	o.t.Helper()
	var out []hq.FeedItem
	for after := ""; ; {
		items, next, err := o.Feed(o.t.Context(), after, 100)
		must(o.t, err)
		out = append(out, items...)
		if len(items) < 100 {
			return out
		}
		after = next
	}
}

// only gives what is known of one kind.
func (o *office) only(kind string) []hq.FeedItem {
	return slices.DeleteFunc(o.all(), func(i hq.FeedItem) bool { return i.Kind != kind })
}

type hqItem = hq.FeedItem

func (o *office) database() string { return filepath.Join(o.dir, store.File) }
