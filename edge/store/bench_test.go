// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"redbench/edge"
)

// benchTown is a store with regulars: customers with facts, habits and a last visit. With REDBENCH_IMPORT_DIR it is the
// record that TestImportCustomersIsMeasured left there.
func benchTown(b *testing.B) (s *Store, cards []edge.Identifier) {
	dir := os.Getenv("REDBENCH_IMPORT_DIR")
	n := 1_000_000
	if dir == "" {
		dir, n = b.TempDir(), 20_000
	}
	s = openStore(b, dir)
	if _, err := s.Profile(b.Context(), card(0)); err != nil {
		if _, err := s.ImportCustomers(b.Context(), customerRows(n), edge.ImportOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	var entries []edge.Entry
	for i := range 2000 {
		id := card(rand.IntN(n))
		cards = append(cards, id)
		ref, err := s.find(b.Context(), id)
		if err != nil {
			b.Fatal(err)
		}
		for v := range 4 {
			visit := edge.Visit{Customer: ref, At: time.Now().Add(time.Duration(v) * time.Hour), Store: "harbour", Lane: "1", Checkout: newID()}
			for k := range 10 {
				sku := fmt.Sprint((i*7 + k*(v+1)) % 3000)
				visit.Items = append(visit.Items, edge.Item{SKU: sku, Name: "Article " + sku, Quantity: 1, AmountMinor: 199})
			}
			entries = append(entries, edge.Entry{Visit: &visit})
		}
		for range 2 {
			entries = append(entries, edge.Entry{Fact: &edge.Fact{ID: newID(), Customer: ref, Kind: edge.FactInterest, Text: "she sails on the lake", At: time.Now()}})
		}
	}
	for part := range slices.Chunk(entries, 500) {
		commit(b, s, part...)
	}
	return s, cards
}

// BenchmarkProfile is one tap's reading, beside one bare SELECT by the same hash on the same database.
func BenchmarkProfile(b *testing.B) {
	s, cards := benchTown(b)
	bare, err := s.read.Prepare(`SELECT customer FROM identifiers WHERE hash = ?`)
	if err != nil {
		b.Fatal(err)
	}
	for _, id := range cards { // warm
		if _, err := s.Profile(b.Context(), id); err != nil {
			b.Fatal(err)
		}
	}
	var tap, select1 []time.Duration
	for i := 0; b.Loop(); i++ {
		id := cards[i%len(cards)]
		began := time.Now()
		p, err := s.Profile(b.Context(), id)
		tap = append(tap, time.Since(began))
		if err != nil || p.Visits < 4 || len(p.Usual) != 8 || len(p.Facts) < 2 {
			b.Fatalf("%+v %v", p, err)
		}
		hash := s.opt.Seal.Hashes(id)[0].Sum
		began = time.Now()
		var ref int64
		if err := bare.QueryRow(hash[:]).Scan(&ref); err != nil {
			b.Fatal(err)
		}
		select1 = append(select1, time.Since(began))
	}
	slices.Sort(tap)
	slices.Sort(select1)
	at := func(d []time.Duration, q float64) float64 {
		return float64(d[int(q*float64(len(d)-1))].Nanoseconds()) / 1000
	}
	b.ReportMetric(at(tap, .5), "µs-p50")
	b.ReportMetric(at(tap, .99), "µs-p99")
	b.ReportMetric(at(select1, .5), "µs-bare-p50")
	b.ReportMetric(at(tap, .5)/at(select1, .5), "×bare")
}

// BenchmarkTap is what a tap reads in a live store, where a commit went before it: SQLite then drops what a reading
// connection had cached, so nothing is warm but the system's own cache.
func BenchmarkTap(b *testing.B) {
	s, cards := benchTown(b)
	var taps []time.Duration
	for i := 0; b.Loop(); i++ {
		e := filler(int(time.Now().UnixNano()))
		e.Refused = nil
		e.Lane = &edge.LaneRecord{Lane: "1", State: make([]byte, 500)}
		commit(b, s, e)
		began := time.Now()
		tap, err := s.Tap(b.Context(), edge.EventKey{byte(i), byte(i >> 8)}, cards[i*7919%len(cards)])
		if err != nil || tap.Unknown != nil {
			b.Fatal(err, tap.Unknown)
		}
		taps = append(taps, time.Since(began))
	}
	slices.Sort(taps)
	b.ReportMetric(float64(taps[len(taps)/2].Nanoseconds())/1000, "µs-p50")
}

// BenchmarkCommit is a batch of 16 entries, each an event, a lane and a visit of ten lines.
func BenchmarkCommit(b *testing.B) {
	s, cards := benchTown(b)
	benchCommit(b, s, cards)
}

// BenchmarkCommitEnrolled is the same with each visit's row in the outbox.
func BenchmarkCommitEnrolled(b *testing.B) {
	s, cards := benchTown(b)
	if err := s.StartOutbox(b.Context()); err != nil {
		b.Fatal(err)
	}
	benchCommit(b, s, cards)
}

func benchCommit(b *testing.B, s *Store, cards []edge.Identifier) {
	n := 0
	var refs []edge.CustomerRef
	for _, id := range cards {
		ref, err := s.find(b.Context(), id)
		if err != nil {
			b.Fatal(err)
		}
		refs = append(refs, ref)
	}
	for b.Loop() {
		var entries []edge.Entry
		for range 16 {
			n++
			e := filler(int(time.Now().UnixNano()))
			e.Refused = nil
			e.Lane = &edge.LaneRecord{Lane: fmt.Sprint(n % 8), State: make([]byte, 500)}
			visit := edge.Visit{Customer: refs[n%len(refs)], At: time.Now().Add(24 * time.Hour), Lane: "1", Checkout: newID()}
			for k := range 10 {
				visit.Items = append(visit.Items, edge.Item{SKU: fmt.Sprint((n + k) % 3000), Quantity: 1})
			}
			e.Visit = &visit
			entries = append(entries, e)
		}
		commit(b, s, entries...)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/entry")
}
