// SPDX-License-Identifier: Apache-2.0

package downlink_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
	"redbench/sync/downlink"
	"redbench/sync/hqtest"
	"redbench/sync/link"
	"redbench/sync/wire"
)

type rig struct {
	*testing.T
	line *hqtest.Line
	box  *hqtest.Box
	gate *link.Gate
	down *downlink.Downlink
	told []edge.Change
	seen int // pages that OnApplied was told of
	stop func()
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, line: hqtest.NewLine(), box: hqtest.NewBox(), gate: link.NewGate()}
	var err error
	r.down, err = downlink.New(downlink.Options{Store: r.box, Link: r.line.Client(t), Gate: r.gate, OnApplied: func(edge.Applied) { r.seen++ }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) start() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { _ = r.down.Run(ctx); close(done) }()
	r.stop = func() { cancel(); <-done }
}

// tell tells n changes.
func (r *rig) tell(n int) {
	for range n {
		c := edge.Change{Kind: edge.ChangeSettings, Settings: &edge.Settings{Version: len(r.told) + 1}}
		r.told = append(r.told, c)
		r.line.Office().Tell(c)
	}
}

func (r *rig) onceEachInOrder() {
	r.Helper()
	if diff := cmp.Diff(r.told, r.box.Applied()); diff != "" {
		r.Fatalf("what was told is not what was applied: %s", diff)
	}
}

func TestARoundBringsAllPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.line.Office().PageSize(10)
		r.tell(35)
		if err := r.down.Round(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		r.onceEachInOrder()
		if r.seen != 4 {
			t.Errorf("the daemon was told of %d pages", r.seen)
		}
		if open, _ := r.gate.Look(); !open {
			t.Error("the gate is shut after a question that was answered completely")
		}
	})
}

// slowBox takes a second of a core for each page.
type slowBox struct{ *hqtest.Box }

func (b slowBox) Apply(ctx context.Context, page edge.Page) (edge.Applied, error) {
	time.Sleep(time.Second)
	return b.Box.Apply(ctx, page)
}

// Between pages the box has its core for itself, for as long as it was kept from it.
func TestPagesLeaveTheCoreToOthers(t *testing.T) {
	for share, want := range map[float64]time.Duration{0: 7 * time.Second, .25: 13 * time.Second, 1: 4 * time.Second, .01: 19 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			down, err := downlink.New(downlink.Options{Store: slowBox{r.box}, Link: r.line.Client(t), Gate: r.gate, Pace: link.Pace{Share: share}})
			if err != nil {
				t.Fatal(err)
			}
			r.line.Office().PageSize(10)
			r.tell(35)
			began := time.Now()
			if err := down.Round(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took != want {
				t.Errorf("with a share of %v four pages took %v, want %v", share, took, want)
			}
			r.onceEachInOrder()
		})
	}
}

func TestOnceEachThroughAllFaults(t *testing.T) {
	for seed := range uint64(25) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.line.Office().PageSize(3)
			r.line.Seed(seed, .4)
			n, mended := 0, atomic.Bool{}
			r.box.Broken = func(string) error { // and one in seven transactions
				if n++; n%7 == 0 && !mended.Load() {
					return errors.New("the disk is full")
				}
				return nil
			}
			r.start()
			defer func() { r.stop() }()
			for range 30 {
				r.tell(10)
				time.Sleep(20 * time.Second)
			}
			r.line.Heal()
			time.Sleep(time.Hour)
			mended.Store(true)
			time.Sleep(10 * time.Minute)
			r.onceEachInOrder()
		})
	}
}

// hastyBox moves its cursor before it applies a page.
type hastyBox struct {
	*hqtest.Box
	crash bool
}

func (b *hastyBox) Apply(ctx context.Context, page edge.Page) (edge.Applied, error) {
	if b.crash = !b.crash; b.crash {
		return edge.Applied{}, errors.Join(errors.New("the power failed"), moved(b.Box.Apply(ctx, edge.Page{Cursor: page.Cursor})))
	}
	return b.Box.Apply(ctx, page)
}

func moved(_ edge.Applied, err error) error { return err }

// The check of these tests would see a change that is lost.
func TestABrokenStoreIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		down, err := downlink.New(downlink.Options{Store: &hastyBox{Box: r.box}, Link: r.line.Client(t), Gate: r.gate})
		if err != nil {
			t.Fatal(err)
		}
		r.tell(5)
		_ = down.Round(t.Context(), 0)
		_ = down.Round(t.Context(), 0)
		if cmp.Equal(r.told, r.box.Applied()) {
			t.Error("a store that loses a page was not seen")
		}
	})
}

func TestNewsComeAtOnceAndQuietCostsLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.start()
		defer func() { r.stop() }()
		time.Sleep(time.Hour)
		if n := len(r.line.Office().Calls()); n > 75 {
			t.Errorf("%d questions in an hour in which nothing happened", n)
		}
		r.tell(1)
		time.Sleep(time.Millisecond)
		r.onceEachInOrder()
		if _, asked, _ := r.box.Cursor(context.Background()); time.Since(asked) > time.Minute {
			t.Errorf("it is not known that head office was asked: %v", asked)
		}
	})
}

// A link that is paid for by what it carries is asked now and then, and brings news all the same.
func TestAMeteredLinkIsAskedNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.down.Every = 15 * time.Minute
		r.start()
		defer func() { r.stop() }()
		time.Sleep(24 * time.Hour)
		if n := len(r.line.Office().Calls()); n > 100 {
			t.Errorf("%d questions in a day in which nothing happened", n)
		}
		r.tell(1)
		time.Sleep(16 * time.Minute)
		r.onceEachInOrder()
	})
}

// What failed because head office was away is asked at once when the uplink reached it again; but nobody asks sooner than
// head office itself said, or where it refuses this box.
func TestTheUplinksSuccessEndsABackOff(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		least  time.Duration // between two questions
	}{
		"nobody answers":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0},
		"a proxy refuses": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no line", http.StatusBadGateway) }, 0},
		"busy": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "200")
			http.Error(w, "busy", http.StatusServiceUnavailable)
		}, 200 * time.Second},
		"revoked": {func(w http.ResponseWriter, _ *http.Request) {
			wire.Refuse(w, wire.Problem{Type: wire.ProblemRevoked, Status: http.StatusForbidden})
		}, link.LongestRetry},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.down.Random = func() float64 { return .9999 }
				office, back, asked := r.line.Handler, atomic.Bool{}, atomic.Int64{}
				r.line.Handler = http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
					asked.Store(time.Now().UnixNano())
					if back.Load() {
						office.ServeHTTP(w, q)
						return
					}
					c.answer(w, q)
				})
				r.start()
				defer func() { r.stop() }()
				time.Sleep(time.Hour)
				for former := asked.Load(); asked.Load() == former; { // until the next one failed
					time.Sleep(time.Second)
				}
				reached := time.Now()
				want := max(asked.Load()+int64(c.least), reached.UnixNano())
				back.Store(true)
				r.tell(1)
				r.gate.Reached()
				for synctest.Wait(); len(r.box.Applied()) == 0; synctest.Wait() {
					time.Sleep(time.Second)
				}
				if got := asked.Load(); got != want {
					t.Errorf("head office was asked %v after the uplink reached it, want %v", time.Unix(0, got).Sub(reached), time.Unix(0, want).Sub(reached))
				}
				before := len(r.line.Office().Calls())
				r.gate.Reached()
				if synctest.Wait(); len(r.line.Office().Calls()) != before {
					t.Error("a question that waits at head office was asked anew")
				}
			})
		})
	}
}

// Head office came back while a question was failing.
func TestTheUplinksSuccessCountsWhileAQuestionFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.down.Random = func() float64 { return .9999 }
		r.line.Script(slices.Repeat([]hqtest.Fault{hqtest.Drop}, 20)...)
		r.line.Script(hqtest.Hang)
		r.start()
		defer func() { r.stop() }()
		for r.line.Seen()[hqtest.Hang] == 0 {
			time.Sleep(time.Second)
		}
		r.tell(1)
		r.gate.Reached()
		for r.down.State().Error != "" && len(r.box.Applied()) == 0 && !strings.Contains(r.down.State().Error, link.ErrSilent.Error()) {
			time.Sleep(time.Second)
		}
		if synctest.Wait(); len(r.box.Applied()) != 1 {
			t.Errorf("head office is asked again only at %v, it is %v", r.down.State().Retry, time.Now())
		}
	})
}

// A proxy, or a head office, that answers at once with nothing is not asked in a circle.
func TestAnAnswerThatDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		office := r.line.Handler
		r.line.Handler = http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			q.URL.RawQuery = strings.ReplaceAll(q.URL.RawQuery, "wait=50", "wait=0")
			office.ServeHTTP(w, q)
		})
		r.start()
		defer func() { r.stop() }()
		time.Sleep(time.Hour)
		if n := len(r.line.Office().Calls()); n > 200 {
			t.Errorf("%d questions in an hour", n)
		}
	})
}

// A proxy that cuts what takes longer than twenty seconds is asked for less, and nothing is lost by it.
func TestAProxyThatCuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		office := r.line.Handler
		cut := 0
		r.line.Handler = http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			ctx, cancel := context.WithTimeout(q.Context(), 20*time.Second)
			defer cancel()
			began := time.Now()
			office.ServeHTTP(w, q.WithContext(ctx))
			if time.Since(began) >= 20*time.Second {
				cut++
				panic(http.ErrAbortHandler)
			}
		})
		r.start()
		defer func() { r.stop() }()
		time.Sleep(time.Hour)
		if cut == 0 || cut > 6 {
			t.Errorf("in an hour %d questions were cut", cut)
		}
		r.tell(1)
		time.Sleep(time.Second)
		r.onceEachInOrder()
	})
}

func TestACursorThatHeadOfficeDoesNotKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.tell(3)
		if err := r.down.Round(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		r.line.Replace(r.line.Office().Backup())
		r.line.Office().Tell(edge.Change{Kind: edge.ChangeSettings, Settings: &edge.Settings{Version: 4}})
		if err := r.down.Round(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if got := r.box.Applied(); len(got) != 7 { // the three again, which changes nothing, and the fourth
			t.Errorf("%d changes were applied", len(got))
		}
	})
}

// A proxy that says 410 does not make the box begin anew.
func TestOnlyHeadOfficeSaysThatACursorIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.tell(3)
		if err := r.down.Round(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		office := r.line.Handler
		r.line.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", http.StatusGone) })
		if err := r.down.Round(t.Context(), 0); err == nil {
			t.Error("a foreign 410 is no error")
		}
		r.line.Handler = office
		if err := r.down.Round(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		r.onceEachInOrder()
	})
}

func TestTheGateIsShutByAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.gate.Open()
		r.line.Script(hqtest.Drop)
		if err := r.down.Round(t.Context(), 0); err == nil {
			t.Fatal("no error")
		}
		if open, _ := r.gate.Look(); open {
			t.Error("the gate is open after a question that failed")
		}
		if _, err := r.down.Lookup(t.Context(), hashes(1)); !errors.Is(err, downlink.ErrOffline) {
			t.Errorf("a customer waits for a head office that is out of reach: %v", err)
		}
	})
}

func hashes(n byte) []edge.IdentifierHash {
	return []edge.IdentifierHash{{Key: 7, Kind: edge.KindCard, Sum: []byte(strings.Repeat(fmt.Sprint(n%10), 32))}}
}

func TestLookup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.gate.Open()
		want := edge.Found{Customer: edge.CustomerState{ID: "c1", Identifiers: hashes(1)}}
		r.line.Office().Find(hashes(1)[0].Sum, want)
		got, err := r.down.Lookup(t.Context(), hashes(1))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("%v %s", err, diff)
		}
		if _, err := r.down.Lookup(t.Context(), hashes(2)); !errors.Is(err, edge.ErrNotFound) {
			t.Errorf("a card that nobody knows: %v", err)
		}
		r.line.Script(hqtest.Slow)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := r.down.Lookup(ctx, hashes(1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a slow answer: %v", err)
		}
		if took := time.Since(began); took != 300*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		if !slices.Contains(r.line.Office().Calls(), "lookup") {
			t.Error("nobody was asked")
		}
	})
}
