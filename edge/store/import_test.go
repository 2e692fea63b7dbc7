// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
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

// madeUp gives a file of n made-up customers as the chain would export it.
func madeUp(n int, facts bool) io.Reader {
	r, w := io.Pipe()
	go func() {
		buf := make([]byte, 0, 64<<10)
		header, tail := "customer,identifier,kind,name,say,language,consent,since", "\n"
		if facts {
			header, tail = header+",fact.interest,fact.person", ",she sails on the lake,a daughter called Ada\n"
		}
		buf = append(buf, header+"\n"...)
		for i := range n {
			buf = fmt.Appendf(buf, "c%07d,6001%09d,card,Maya Nr%d,MY-uh,it,remember,2020-01-02", i, i, i)
			buf = append(buf, tail...)
			if len(buf) > 60<<10 {
				if _, err := w.Write(buf); err != nil {
					return
				}
				buf = buf[:0]
			}
		}
		_, _ = w.Write(buf)
		_ = w.Close()
	}()
	return r
}

func customerRows(n int) iter.Seq2[edge.CustomerRow, error] {
	return exchange.Customers(madeUp(n, false), exchange.Options{})
}

func importCustomers(t testing.TB, s *Store, csv string) edge.ImportReport {
	t.Helper()
	report, err := s.ImportCustomers(t.Context(), exchange.Customers(strings.NewReader(csv), exchange.Options{}), edge.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestImportCustomersIsMeasured(t *testing.T) { measureImport(t, false) }

// TestImportCustomersWithFactsIsMeasured gives each customer two facts.
func TestImportCustomersWithFactsIsMeasured(t *testing.T) { measureImport(t, true) }

func measureImport(t *testing.T, facts bool) {
	n, err := strconv.Atoi(os.Getenv("REDBENCH_IMPORT"))
	if err != nil {
		t.Skip("set REDBENCH_IMPORT to a number of customers to measure an import")
	}
	dir := os.Getenv("REDBENCH_IMPORT_DIR")
	if dir == "" {
		dir = t.TempDir()
	}
	s := openStore(t, dir, func(o *Options) { o.Upkeep = 2 * time.Second })
	for _, run := range []string{"first", "repeated"} {
		stopTill := tillBeside(t, s)
		began := time.Now()
		var mark time.Time
		next := 100_000
		o := edge.ImportOptions{Progress: func(p edge.ImportProgress) {
			if p.Rows >= next {
				t.Logf("  %d rows after %v (%v)", p.Rows, time.Since(began).Round(time.Millisecond), time.Since(mark).Round(time.Millisecond))
				mark = time.Now()
				next += 100_000
			}
		}}
		report, err := s.ImportCustomers(t.Context(), exchange.Customers(madeUp(n, facts), exchange.Options{}), o)
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		t.Logf("  a till beside it waited for its commits: %s", stopTill())
		t.Logf("%s: %d customers in %v: %.0f/s; %+v; %+v", run, n, took.Round(time.Millisecond), float64(n)/took.Seconds(), report, s.Stats())
	}
}

// TestImportVisitsIsMeasured reads a CSV of the contract's columns.
func TestImportVisitsIsMeasured(t *testing.T) {
	path := os.Getenv("REDBENCH_VISITS")
	if path == "" {
		t.Skip("set REDBENCH_VISITS to a file of visits to measure its import")
	}
	s := openStore(t, t.TempDir(), func(o *Options) { o.Upkeep = 2 * time.Second })
	seen := map[string]bool{}
	var people strings.Builder
	people.WriteString("customer\n")
	for row, err := range openVisits(t, path) {
		if err == nil && !seen[row.Identifier.Value] {
			seen[row.Identifier.Value] = true
			people.WriteString(row.Identifier.Value + "\n")
		}
	}
	importCustomers(t, s, people.String())
	for _, run := range []string{"first", "repeated"} {
		began := time.Now()
		report, err := s.ImportVisits(t.Context(), openVisits(t, path), edge.ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		report.Problems = report.Problems[:min(len(report.Problems), 3)]
		t.Logf("%s: %v for %d customers: %+v, %+v", run, time.Since(began).Round(time.Millisecond), len(seen), report, s.Stats())
	}
}

// tillBeside commits fifty events a second, as a busy store does, and gives how long they took when it is stopped.
func tillBeside(t *testing.T, s *Store) (stop func() string) {
	done, ended := make(chan struct{}), make(chan struct{})
	var took []time.Duration
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				ev := edge.SeenEvent{At: time.Now()}
				binary.BigEndian.PutUint64(ev.Key[:], rand.Uint64())
				began := time.Now()
				if _, err := s.Commit(context.Background(), []edge.Entry{{Event: &ev}}); err != nil {
					t.Error(err)
				}
				took = append(took, time.Since(began))
			}
		}
	}()
	return func() string {
		close(done)
		<-ended
		slices.Sort(took)
		at := func(q float64) time.Duration { return took[int(q*float64(len(took)-1))].Round(10 * time.Microsecond) }
		return fmt.Sprintf("%d commits, p50 %v, p99 %v, longest %v", len(took), at(.5), at(.99), at(1))
	}
}

func openVisits(t *testing.T, path string) iter.Seq2[edge.VisitRow, error] {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return exchange.Visits(f, exchange.Options{})
}

// TestANewcomersTapIsAsIfReadBack: her blob is made beside the tables, and must say what they say.
func TestANewcomersTapIsAsIfReadBack(t *testing.T) {
	s := openStore(t, t.TempDir())
	var csv strings.Builder
	csv.WriteString("identifier,name,fact.interest,fact.person\n6000,Bo,,\n")
	for i := range 70 { // more facts than a blob holds, over several rows of one customer
		fmt.Fprintf(&csv, "6001,Maya,sails %d,sister %d\n", i, i)
	}
	importCustomers(t, s, csv.String())
	made := profile(t, s, "6001")
	if len(made.Facts) != shownFacts || made.Facts[0].At.IsZero() || made.Facts[0].Place != edge.PlaceImport {
		t.Fatalf("%d facts, %+v", len(made.Facts), made.Facts)
	}
	err := s.transact(t.Context(), func(tx *sql.Tx) error {
		w := s.newWork(t.Context(), tx)
		w.touch(made.Customer.Ref)
		return w.finish()
	})
	if diff := cmp.Diff(profile(t, s, "6001"), made); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if bo := profile(t, s, "6000"); len(bo.Facts) != 0 {
		t.Errorf("%+v", bo)
	}
}

// TestAnImportedDateHasItsDay: at a first look, in the record, and for the file that comes again.
func TestAnImportedDateHasItsDay(t *testing.T) {
	s := openStore(t, t.TempDir())
	const first, later = "identifier,fact.date\n6001,2026-12-24 her wedding\n", "identifier,fact.date\n6001,2026-12-24: her wedding\n6001,2027-01-02 Ada's birthday\n"
	importCustomers(t, s, first)
	if f := profile(t, s, "6001").Facts; len(f) != 1 || f[0].Date != "2026-12-24" || f[0].Text != "her wedding" {
		t.Errorf("at a first look %+v", f)
	}
	if again := importCustomers(t, s, first); again.Unchanged != 1 {
		t.Errorf("%+v", again)
	}
	importCustomers(t, s, later)
	got := map[string]string{}
	for _, f := range profile(t, s, "6001").Facts {
		got[f.Date] = f.Text
	}
	if diff := cmp.Diff(map[string]string{"2026-12-24": "her wedding", "2027-01-02": "Ada's birthday"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestAVisitOfTheFutureIsABadRow: what is learnt of her must not wait for it.
func TestAVisitOfTheFutureIsABadRow(t *testing.T) {
	s := openStore(t, t.TempDir())
	maya(t, s)
	rows := func(yield func(edge.VisitRow, error) bool) {
		for i, at := range []time.Time{s.opt.Now().AddDate(0, 0, -7), s.opt.Now().Add(time.Hour), s.opt.Now().AddDate(1, 0, 0)} {
			if !yield(edge.VisitRow{Line: i + 2, Identifier: cardOf("6001"), At: at, Checkout: fmt.Sprint(i), Item: edge.Item{SKU: "oat", Name: "Oat", Quantity: 1}}, nil) {
				return
			}
		}
	}
	report, err := s.ImportVisits(t.Context(), rows, edge.ImportOptions{})
	if err != nil || report.New != 2 || report.Bad != 1 || report.Problems[0].Line != 4 || !strings.Contains(report.Problems[0].Reason, "future") {
		t.Errorf("%+v, %v", report, err)
	}
}
