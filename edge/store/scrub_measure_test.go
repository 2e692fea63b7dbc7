// SPDX-License-Identifier: Apache-2.0

package store

import (
	"log/slog"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/exchange"
)

// TestWritingAnewIsMeasured forgets somebody beside taps and a till: once where nothing of her is left, and once where the whole
// database has to be written anew.
func TestWritingAnewIsMeasured(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("REDBENCH_SCRUB"))
	if err != nil {
		t.Skip("set REDBENCH_SCRUB to a number of customers to measure what it takes to write the database anew")
	}
	s := openStore(t, t.TempDir(), func(o *Options) { o.Upkeep, o.Log = 2*time.Second, slog.New(slog.NewTextHandler(t.Output(), nil)) })
	if _, err := s.ImportCustomers(t.Context(), exchange.Customers(madeUp(n, true), exchange.Options{}), edge.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	for i, anew := range []bool{false, true} {
		who := card(n - 1 - i)
		if anew { // as after a crash, when nobody knows what to look for
			s.scrub.OweUnknown()
		}
		stopTill, stopTaps := tillBeside(t, s), tapsBeside(t, s)
		before, began := s.Stats(), time.Now()
		if _, err := s.Forget(t.Context(), who); err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		t.Logf("written anew: %t; %d customers, database %d MB: forgotten in %v, journal %d MB; taps took %s; a till waited for its commits: %s", anew, n,
			before.DatabaseBytes>>20, took.Round(time.Millisecond), s.Stats().JournalBytes>>20, stopTaps(), stopTill())
	}
}

// tapsBeside reads a customer every few milliseconds until stop.
func tapsBeside(t *testing.T, s *Store) (stop func() string) {
	t.Helper()
	ended, done := make(chan struct{}), make(chan struct{})
	var took []time.Duration
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			began := time.Now()
			if tap, err := s.Tap(t.Context(), edge.EventKey{byte(i), byte(i >> 8), 9}, card(i%1000)); err != nil || tap.Unknown != nil {
				t.Errorf("a tap beside: %v %v", err, tap.Unknown)
				return
			}
			took = append(took, time.Since(began))
			select {
			case <-ended:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() string {
		close(ended)
		<-done
		slices.Sort(took)
		return "p50 " + took[len(took)/2].String() + ", p99 " + took[len(took)*99/100].String() + ", at most " + took[len(took)-1].String()
	}
}
