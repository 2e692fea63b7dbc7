// SPDX-License-Identifier: Apache-2.0

package hqtest

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// Fault is what happens to one call.
type Fault string

// The faults.
const (
	Fine     Fault = "fine"
	Slow     Fault = "slow"      // the answer takes Delay
	Drop     Fault = "drop"      // the line breaks before head office has the call
	Lose     Fault = "lose"      // head office does what was asked, and its answer is lost
	Twice    Fault = "twice"     // a proxy sends the call twice
	Cut      Fault = "cut"       // half of the answer comes
	Flip     Fault = "flip"      // one bit of the answer is another
	FlipIn   Fault = "flip-in"   // one bit of the question is another
	Busy     Fault = "busy"      // 503 before anything is done, come again in a second
	Fail     Fault = "fail"      // 500 before anything is done
	FailLate Fault = "fail-late" // 502 after it was done
	Page     Fault = "page"      // a proxy answers with a page of its own, as a success
	Hang     Fault = "hang"      // nothing ever comes: a half-open link
)

// Faults lists all but Fine.
func Faults() []Fault {
	return []Fault{Slow, Drop, Lose, Twice, Cut, Flip, FlipIn, Busy, Fail, FailLate, Page, Hang}
}

// Faulty is a handler behind a line on which things go wrong. It is safe for concurrent use.
type Faulty struct {
	Handler http.Handler
	Delay   time.Duration            // of Slow
	Only    func(*http.Request) bool // which calls may fail; nil: all

	mu     sync.Mutex
	script []Fault
	rate   float64
	random *rand.Rand
	faults []Fault
	seen   map[Fault]int
}

// New wraps a handler. Nothing goes wrong before Script or Seed.
func New(handler http.Handler) *Faulty {
	return &Faulty{Handler: handler, Delay: time.Second, seen: map[Fault]int{}}
}

// Script says what happens to the next calls, one after the other; then what Seed said.
func (f *Faulty) Script(faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script = append(f.script, faults...)
}

// Seed makes that share of the calls fail, 0 to 1, by one of the faults (none named: all of them).
func (f *Faulty) Seed(seed uint64, rate float64, faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(faults) == 0 {
		faults = Faults()
	}
	f.random, f.rate, f.faults = rand.New(rand.NewPCG(seed, seed)), rate, faults
}

// Heal lets nothing go wrong any more.
func (f *Faulty) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script, f.rate = nil, 0
}

// Seen is how often each fault happened.
func (f *Faulty) Seen() map[Fault]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := make(map[Fault]int, len(f.seen))
	for fault, n := range f.seen {
		seen[fault] = n
	}
	return seen
}

// next draws a fault, and a number to apply it with.
func (f *Faulty) next(r *http.Request) (fault Fault, where int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault = Fine
	switch {
	case f.Only != nil && !f.Only(r):
	case len(f.script) > 0:
		fault, f.script = f.script[0], f.script[1:]
	case f.rate > 0 && f.random.Float64() < f.rate:
		fault = f.faults[f.random.IntN(len(f.faults))]
	}
	if f.random != nil {
		where = f.random.IntN(1 << 20)
	}
	f.seen[fault]++
	return fault, where
}

// ServeHTTP serves a call, and what happens to it.
func (f *Faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault, where := f.next(r)
	switch fault {
	case Drop:
		panic(http.ErrAbortHandler)
	case Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case Busy:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	case Fail:
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	case Page:
		_, _ = io.WriteString(w, "<html>Please accept our terms to go on.</html>")
		return
	}
	f.serve(w, r, fault, where)
}

// serve has the call done, and spoils what comes of it.
func (f *Faulty) serve(w http.ResponseWriter, r *http.Request, fault Fault, where int) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if fault == FlipIn {
		flip(body, where)
	}
	done := f.ask(r, body)
	switch fault {
	case Slow:
		pause(r, f.Delay)
	case Twice:
		done = f.ask(r, body)
	case Lose:
		panic(http.ErrAbortHandler)
	case FailLate:
		http.Error(w, "bad gateway", http.StatusBadGateway)
		return
	}
	answer := done.Body.Bytes()
	for name, values := range done.Header() {
		w.Header()[name] = values
	}
	if fault == Flip {
		flip(answer, where)
	}
	w.WriteHeader(done.Code)
	if fault == Cut {
		_, _ = w.Write(answer[:len(answer)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(answer)
}

func (f *Faulty) ask(r *http.Request, body []byte) *httptest.ResponseRecorder {
	in := r.Clone(r.Context())
	in.Body = io.NopCloser(bytes.NewReader(body))
	recorder := httptest.NewRecorder()
	f.Handler.ServeHTTP(recorder, in)
	return recorder
}

func flip(data []byte, where int) {
	if len(data) > 0 {
		data[where/8%len(data)] ^= 1 << (where % 8)
	}
}

func pause(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
