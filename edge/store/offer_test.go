// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
	"redbench/edge/exchange"
)

// months makes a box that has worked alone: n customers with a fact, visits of theirs and of strangers, imported and
// not, and what came of prompts.
func months(t testing.TB, s *Store, n int) {
	t.Helper()
	var people, visits strings.Builder
	people.WriteString("customer,identifier,name,fact.interest\n")
	visits.WriteString("customer,at,checkout,sku\n")
	for i := range n {
		fmt.Fprintf(&people, "c%d,%s,Maya Nr%d,sails %d\n", i, card(i).Value, i, i)
		fmt.Fprintf(&visits, "c%d,2026-01-01,1,7\n", i)
	}
	importCustomers(t, s, people.String())
	if _, err := s.ImportVisits(t.Context(), exchange.Visits(strings.NewReader(visits.String()), exchange.Options{}), edge.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	var entries []edge.Entry
	for i := range n {
		prompt := &edge.Prompt{ID: newID(), Customer: edge.CustomerRef(i + 1)}
		entries = append(entries, edge.Entry{Prompt: prompt},
			edge.Entry{Outcome: &edge.Outcome{Word: newID(), Prompt: prompt.ID, Kind: "seen", At: s.opt.Now()}},
			edge.Entry{Visit: &edge.Visit{Customer: edge.CustomerRef(i % 3), At: s.opt.Now().Add(time.Duration(i) * time.Minute), Lane: "1", Checkout: fmt.Sprint(i),
				Items: []edge.Item{{SKU: "7", Quantity: 1}}}})
	}
	for part := range slices.Chunk(entries, 500) {
		commit(t, s, part...)
	}
}

// held is what a store holds, by the ids under which head office is to be told of it.
func held(t testing.TB, s *Store) map[string]int {
	t.Helper()
	out := map[string]int{}
	for kind, query := range map[string]string{
		"customer": `SELECT lower(hex(id)) FROM customers`, "fact": `SELECT lower(hex(id)) FROM facts`,
		"visit": `SELECT visit FROM visits`, "outcome": `SELECT lower(hex(prompt)) || word FROM outcomes`,
	} {
		rows, err := s.read.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			out[kind]++
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// toldOf counts the different things that records tell of.
func toldOf(records []edge.Record) map[string]int {
	ids := map[string]bool{}
	for _, r := range records {
		switch {
		case r.Customer != nil:
			ids["customer "+r.Customer.ID] = true
		case r.Fact != nil:
			ids["fact "+r.Fact.ID] = true
		case r.Visit != nil:
			ids["visit "+r.Visit.ID] = true
		case r.Outcome != nil:
			ids["outcome "+r.Outcome.ID] = true
		default:
			ids["void "+r.ID] = true
		}
	}
	out := map[string]int{}
	for id := range maps.Keys(ids) {
		kind, _, _ := strings.Cut(id, " ")
		out[kind]++
	}
	return out
}

// TestABoxThatEnrolsOffersAllThatItHolds, also when it is stopped in the middle again and again.
func TestABoxThatEnrolsOffersAllThatItHolds(t *testing.T) {
	s := newScene(t)
	months(t, s.Store, 1000)
	if err := s.Offer(t.Context(), nil); err == nil {
		t.Error("a box that is not enrolled offers what it holds")
	}
	if err := errors.Join(s.opt.Seal.Adopt(office(t).ChainKeys()), s.StartOutbox(t.Context()), s.StartOutbox(t.Context())); err != nil {
		t.Fatal(err)
	}
	stops, rows := 0, 0
	for offering := true; offering; stops++ {
		s.Store = reopen(t, s.Store)
		ctx, stop := context.WithCancel(t.Context())
		err := s.Offer(ctx, func(p edge.ImportProgress) {
			if p.Rows < rows {
				t.Errorf("%d rows, after %d", p.Rows, rows)
			}
			rows = p.Rows
			stop()
		})
		stop()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		backlog, berr := s.Backlog(t.Context())
		if offering = backlog.Offering; berr != nil || offering != (err != nil) {
			t.Fatalf("offering %v, %v %v", offering, err, berr)
		}
	}
	if stops < 2 {
		t.Errorf("it was not stopped in the middle")
	}
	records := drain(t, s.Store)
	if diff := cmp.Diff(held(t, s.Store), toldOf(records)); diff != "" || len(records) != rows {
		t.Errorf("%d records, %d told: %s", len(records), rows, diff)
	}
	// A head office that was restored is offered everything again, under the same ids.
	if err := s.Offer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	again := drain(t, s.Store)
	if diff := cmp.Diff(toldOf(records), toldOf(append(again, records...))); diff != "" {
		t.Error(diff)
	}
}

// TestWhatHappensWhileABoxEnrolsIsNotMissed: it is offered, or told as it happens.
func TestWhatHappensWhileABoxEnrolsIsNotMissed(t *testing.T) {
	s := newScene(t)
	months(t, s.Store, 600)
	if err := s.opt.Seal.Adopt(office(t).ChainKeys()); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	begun := make(chan struct{})
	go func() {
		for i := range 200 {
			if i == 50 {
				close(begun)
			}
			_, err := s.Commit(context.Background(), []edge.Entry{
				{Visit: &edge.Visit{At: time.UnixMicro(int64(1e15) + int64(i)), Lane: "2", Checkout: fmt.Sprint("x", i)}},
				{Fact: &edge.Fact{ID: newID(), Customer: edge.CustomerRef(1 + i%100), Kind: edge.FactPraise, Text: "x"}}})
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	<-begun
	if err := errors.Join(s.StartOutbox(t.Context()), s.Offer(t.Context(), nil), <-done); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(held(t, s.Store), toldOf(drain(t, s.Store))); diff != "" {
		t.Error(diff)
	}
}

// TestWhomTheChainNamesIsFoundAtOnce: the chain's id goes under the chain's key without a tap, and a card with its first.
func TestWhomTheChainNamesIsFoundAtOnce(t *testing.T) {
	s := newScene(t)
	s.imports("identifier,name\n6005,Bo\n")
	joinChain(t, s.Store)
	current := s.opt.Seal.Hashes(card(0))[0].Key
	if n := count(t, s.Store, `SELECT count(*) FROM identifiers i JOIN held h USING (hash, customer) WHERE i.key = ? AND h.kind = 'customer'`, current); n != 1 {
		t.Errorf("%d of one customer's chain id is under the chain's key", n)
	}
	if n := count(t, s.Store, `SELECT count(*) FROM identifiers WHERE key <> ?`, current); n != 2 {
		t.Errorf("%d cards are under the former key", n)
	}
	for _, number := range []string{"6001", "6005"} {
		profile(t, s.Store, number)
	}
	commit(t, s.Store, edge.Entry{Word: "any"})
	if n := count(t, s.Store, `SELECT count(*) FROM identifiers WHERE key <> ?`, current); n != 0 {
		t.Errorf("%d cards are under the former key after their taps", n)
	}
	if got := pending(t, s.Store); len(got) != 2 || len(got[0].Customer.Identifiers)+len(got[1].Customer.Identifiers) != 3 {
		t.Errorf("%+v", got)
	}
}

// TestWhoWasForgottenElsewhereIsNotOffered, nor told of in any other way: a tombstone of the chain's id says so.
func TestWhoWasForgottenElsewhereIsNotOffered(t *testing.T) {
	s := newScene(t)
	s.visit("k", s.maya.Customer.Ref)
	hq := office(t)
	if err := errors.Join(s.opt.Seal.Adopt(hq.ChainKeys()), s.StartOutbox(t.Context())); err != nil {
		t.Fatal(err)
	}
	grave := hq.Tombstone(edge.Identifier{Kind: edge.KindCustomer, Value: "c1"})
	order := &edge.Erasure{ID: newID(), At: s.clock.Now(), Stamp: edge.Stamp{Wall: s.clock.Now().UnixMicro(), Origin: "hq"}, Tombstones: [][]byte{grave[:]}}
	if _, err := s.Apply(t.Context(), edge.Page{Changes: []edge.Change{{Kind: edge.ChangeErasure, Erasure: order}}, Cursor: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Offer(t.Context(), nil), s.Upkeep(t.Context())); err != nil {
		t.Fatal(err)
	}
	for _, r := range pending(t, s.Store) {
		if r.Customer != nil || r.Fact != nil || r.Visit != nil && r.Visit.Customer != "" {
			t.Errorf("told %+v", r)
		}
	}
	if _, err := s.ProfileOf(t.Context(), s.maya.Customer.Ref); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("she is still there: %v", err)
	}
}

// TestAFullOutboxIsToldAsASum: honestly counted, the least telling first, and what may have been sent stays.
func TestAFullOutboxIsToldAsASum(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	s.visit("tried", edge.Stranger)
	if err := s.Trying(t.Context(), s.pending(0, 0, 0)[0].Seq); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		s.clock.add(time.Minute)
		s.visit(fmt.Sprint(i), edge.CustomerRef(i%2)) // half of them strangers'
		commit(t, s.Store, edge.Entry{Outcome: &edge.Outcome{Word: newID(), Prompt: s.prompt.ID, Kind: "seen", At: s.clock.Now()}})
	}
	s.note("w", "a call")
	s.imports("customer,name\nc1,Maja\n")
	summed := map[string]int{}
	for _, rows := range []int64{30, 20, 15, 5} {
		s.opt.OutboxBytes = rows * rowBytes
		if err := s.Upkeep(t.Context()); err != nil {
			t.Fatal(err)
		}
		b, err := s.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := s.pending(0, 0, 0)
		sums := len(slices.DeleteFunc(slices.Clone(got), func(r edge.Record) bool { return r.Summary == nil }))
		if b.Records-sums > int(rows) || sums > 4 || len(got) != b.Records || !chained(got, s.place().Acked) || got[0].Visit.Checkout != "tried" {
			t.Errorf("room for %d: %+v, %d records", rows, b, len(got))
		}
		have := map[edge.RecordKind]int{}
		clear(summed)
		for _, r := range got {
			have[r.Kind]++
			if r.Summary != nil {
				for kind, n := range r.Summary.Counts {
					summed[kind] += n
				}
				if r.Summary.Totals["EUR"] != int64(398*r.Summary.Counts["visit"]) || r.Summary.To.Before(r.Summary.From) || r.Summary.ID != r.ID {
					t.Errorf("%+v", r.Summary)
				}
			}
		}
		if have[edge.RecordVisit]+summed["visit"] != 21 || have[edge.RecordOutcome]+summed["outcome"] != 20 || have[edge.RecordCustomer] != 1 ||
			have[edge.RecordFact] != 1 || b.Summarised != summed["visit"]+summed["outcome"] {
			t.Errorf("room for %d: %v and %v, %+v", rows, have, summed, b)
		}
		if summed["visit"] > 0 && have[edge.RecordOutcome] > 0 {
			t.Errorf("a visit went before an outcome: %v", have)
		}
		s.Store = reopen(t, s.Store) // what was read is not on its way any more
	}
	if summed["visit"] != 20 || summed["outcome"] != 20 {
		t.Errorf("in the end %v", summed)
	}
	drain(t, s.Store)
	if b, err := s.Backlog(t.Context()); err != nil || b.Records != 0 || b.Summarised != 40 {
		t.Errorf("%+v %v", b, err)
	}
}

// TestAnOfferWaitsForRoom: what can as well be told later does not make what happens now a sum.
func TestAnOfferWaitsForRoom(t *testing.T) {
	s := newScene(t)
	months(t, s.Store, 800)
	s.opt.OutboxBytes = 1000 * rowBytes
	if err := errors.Join(s.opt.Seal.Adopt(office(t).ChainKeys()), s.StartOutbox(t.Context())); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Offer(t.Context(), nil) }()
	var all []edge.Record
	for ended := false; !ended; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			ended = true
		case <-s.Changed():
		}
		all = append(all, drain(t, s.Store)...)
	}
	if diff := cmp.Diff(held(t, s.Store), toldOf(all)); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkPending reads what a box has to tell after months, from the first record to the last: customers with two
// identifiers, facts, visits of one line and of ten, outcomes. REDBENCH_PENDING says how many customers.
func BenchmarkPending(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("REDBENCH_PENDING"))
	if err != nil {
		n = 10_000
	}
	s := openStore(b, b.TempDir(), func(o *Options) { o.OutboxBytes = 1 << 40 })
	months(b, s, n)
	began := time.Now()
	if err := errors.Join(s.opt.Seal.Adopt(office(b).ChainKeys()), s.StartOutbox(b.Context()), s.Offer(b.Context(), nil)); err != nil {
		b.Fatal(err)
	}
	backlog, err := s.Backlog(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d records offered in %v", backlog.Records, time.Since(began).Round(time.Millisecond))
	read := 0
	for b.Loop() {
		for after := uint64(0); ; {
			records, err := s.Pending(b.Context(), after, 4000, 4<<20)
			if err != nil {
				b.Fatal(err)
			}
			if len(records) == 0 {
				break
			}
			read += len(records)
			after = records[len(records)-1].Seq
		}
	}
	b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkBacklog asks for what waits.
func BenchmarkBacklog(b *testing.B) {
	s := openStore(b, b.TempDir())
	months(b, s, 5000)
	if err := errors.Join(s.StartOutbox(b.Context()), s.Offer(b.Context(), nil)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Backlog(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
