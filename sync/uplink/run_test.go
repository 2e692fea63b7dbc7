// SPDX-License-Identifier: Apache-2.0

package uplink_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"redbench/edge"
	"redbench/sync/hqtest"
	"redbench/sync/link"
	"redbench/sync/uplink"
	"redbench/sync/wire"
)

// when notes at which time which call came.
type when struct {
	mu    sync.Mutex
	calls map[string][]time.Time
}

// watch makes a line note its calls.
func watch(line *hqtest.Line) *when {
	w := &when{calls: map[string][]time.Time{}}
	office := line.Handler
	line.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		w.mu.Lock()
		w.calls[name] = append(w.calls[name], time.Now())
		w.mu.Unlock()
		office.ServeHTTP(rw, r)
	})
	return w
}

func (w *when) of(name string) []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls[name])
}

func anErasure(id string) edge.Order {
	return edge.Order{Erasure: &edge.Erasure{ID: id, At: time.Now().UTC(), Stamp: edge.Stamp{Wall: 1, Origin: "b"}, Customers: []string{"c"}}}
}

func TestRecordsWaitForTheHoursAndOrdersDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is midnight UTC, which is 19:00 in New York
		zone, err := time.LoadLocation("America/New_York")
		if err != nil {
			t.Fatal(err)
		}
		hours, err := link.ParseHours("22:00-06:00", zone)
		if err != nil {
			t.Fatal(err)
		}
		line := hqtest.NewLine()
		calls := watch(line)
		r := newRig(t, hqtest.NewBox(), line, func(o *uplink.Options) { o.Hours = hours })
		r.start()
		defer func() { r.stop() }()
		r.visits(120, time.Second)
		r.box.Order(anErasure("e1"))
		time.Sleep(2 * time.Second)
		if got := line.Office().Orders(); !slices.Equal(got, []string{"erasure e1"}) {
			t.Fatalf("an order waited: %v", got)
		}
		if state := r.up.State(); state.Waiting != "hours" || state.Backlog.Records == 0 {
			t.Errorf("%+v", state)
		}
		time.Sleep(4 * time.Hour)
		sent := calls.of("records")
		if len(sent) == 0 || sent[0].In(zone).Format("15:04:05") != "22:00:00" {
			t.Fatalf("the first records went at %v", sent)
		}
		r.onceEach()
	})
}

func TestHoursOfAMeteredLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hours, err := link.ParseHours("22:00-06:00", time.FixedZone("noon", 12*3600))
		if err != nil {
			t.Fatal(err)
		}
		metered := true
		r := newRig(t, hqtest.NewBox(), hqtest.NewLine(), func(o *uplink.Options) {
			o.Hours, o.Metered = hours, func() bool { return metered }
		})
		r.gate.Open()
		r.visits(3, 0)
		mustRound(t, r)
		if lost, _, _ := r.line.Office().Count(r.made); lost != 3 {
			t.Error("records went over a metered link outside of the hours")
		}
		metered = false
		mustRound(t, r)
		r.onceEach()
	})
}

func TestErasuresAreAskedForBeforeTheFirstRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		r := newRig(t, hqtest.NewBox(), line, nil)
		r.visits(3, 0)
		r.box.Order(anErasure("e1"))
		mustRound(t, r)
		if calls := line.Office().Calls(); slices.Contains(calls, "records") || !slices.Contains(calls, "orders") {
			t.Fatalf("before any question for changes: %v", calls)
		}
		r.start()
		defer func() { r.stop() }()
		r.drained()
		calls := line.Office().Calls()
		if slices.Index(calls, "changes") > slices.Index(calls, "records") {
			t.Fatalf("%v", calls)
		}

		// The link breaks under a batch: the question that waits is asked anew before the batch is.
		before := len(calls)
		line.Only = func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "records") }
		line.Script(hqtest.Drop)
		r.visits(1, 10*time.Second)
		r.drained()
		calls = line.Office().Calls()[before:]
		if at := slices.Index(calls, "records"); at < 0 || !slices.Contains(calls[:at], "changes") {
			t.Fatalf("after a broken link: %v", calls)
		}
	})
}

// After an outage the downlink does not wait out its back-off when the uplink reached head office: prompts are silenced and
// people forgotten by what it is told.
func TestAfterAnOutageTheUplinkWakesTheDownlink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		r := newRig(t, hqtest.NewBox(), line, func(o *uplink.Options) { o.Random = func() float64 { return .1 } }) // 30 s at most
		r.down.Random = func() float64 { return .9999 }
		line.Seed(1, 1, hqtest.Drop)
		r.start()
		defer func() { r.stop() }()
		time.Sleep(time.Hour)
		for time.Until(r.down.State().Retry) < 4*time.Minute {
			time.Sleep(time.Second)
		}
		line.Heal()
		line.Office().Tell(edge.Change{Kind: edge.ChangeSettings, Settings: &edge.Settings{Version: 1}})
		time.Sleep(31 * time.Second)
		if n := len(r.box.Applied()); n != 1 {
			t.Errorf("head office was reached at %v, and changes are asked for only at %v", r.up.State().Reached, r.down.State().Retry)
		}
	})
}

func TestNewsWaitForCompanyAndStatusIsToldEachMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		calls := watch(line)
		var heard []wire.StatusAnswer
		r := newRig(t, hqtest.NewBox(), line, func(o *uplink.Options) {
			o.Status = func() wire.BoxStatus { return wire.BoxStatus{Version: "1.2", Lanes: 4} }
			o.OnStatus = func(a wire.StatusAnswer) { heard = append(heard, a) }
		})
		r.start()
		time.Sleep(10*time.Minute + time.Second)
		before := len(calls.of("records"))
		r.visits(100, 100*time.Millisecond)
		if got := len(calls.of("records")) - before; got > 11 {
			t.Errorf("a hundred visits in ten seconds took %d calls", got)
		}
		r.drained()
		r.stop()
		statuses := line.Office().Statuses()
		if n := len(statuses); n < 11 || n > 13 || n != len(heard) {
			t.Errorf("in eleven minutes it told its status %d times and heard %d answers", n, len(heard))
		}
		if s := statuses[0]; s.Version != "1.2" || s.Lanes != 4 || s.Box == "" || s.Clock.IsZero() {
			t.Errorf("%+v", s)
		}
	})
}

// busyBox takes ten milliseconds of a core for each batch.
type busyBox struct{ *hqtest.Box }

func (b busyBox) Pending(ctx context.Context, after uint64, limit, bytes int) ([]edge.Record, error) {
	time.Sleep(10 * time.Millisecond)
	return b.Box.Pending(ctx, after, limit, bytes)
}

func TestItRestsAfterEachBatch(t *testing.T) {
	for share, want := range map[float64]time.Duration{1: 200 * time.Millisecond, .5: 400 * time.Millisecond, .1: 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			line := hqtest.NewLine()
			calls := watch(line)
			r := newRig(t, hqtest.NewBox(), line, func(o *uplink.Options) {
				o.Store, o.Pace.Share, o.Records = busyBox{r0(o)}, share, 5
			})
			r.visits(100, 0)
			r.start()
			r.drained()
			r.stop()
			sent := calls.of("records")
			if took := sent[len(sent)-1].Sub(sent[0]) + 10*time.Millisecond; len(sent) != 20 || took < want*9/10 || took > want {
				t.Errorf("with a share of %v twenty batches took %v in %d calls, not %v", share, took, len(sent), want)
			}
		})
	}
}

// While cards come, a fortieth of the share is taken; half a minute after the last one, all of it.
func TestCardsComeBeforeRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		calls := watch(line)
		var card time.Time
		r := newRig(t, hqtest.NewBox(), line, func(o *uplink.Options) {
			o.Store, o.Records = busyBox{r0(o)}, 5
			o.Pace = link.Pace{Share: .5, Card: func() time.Time { return card }}
		})
		r.visits(1600, 0)
		card = time.Now().Add(30 * time.Second) // the last of many
		r.start()
		r.drained()
		r.stop()
		gaps := map[bool][]time.Duration{}
		sent := calls.of("records")
		for i, at := range sent[1:] {
			quiet := sent[i].Sub(card) >= 30*time.Second // when the rest between the two began
			gaps[quiet] = append(gaps[quiet], at.Sub(sent[i]))
		}
		for quiet, want := range map[bool]time.Duration{false: 800 * time.Millisecond, true: 20 * time.Millisecond} {
			if slices.Sort(gaps[quiet]); len(gaps[quiet]) < 50 || slices.Min(gaps[quiet]) != want || slices.Max(gaps[quiet]) != want {
				t.Errorf("quiet %t: %d batches follow upon each other after %v, not all after %v", quiet, len(gaps[quiet]), slices.Compact(gaps[quiet]), want)
			}
		}
	})
}

// Whatever is sold meanwhile, records wait until the rest is over. An erasure does not.
func TestNewsDoNotEndTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		calls := watch(line)
		r := newRig(t, hqtest.NewBox(), line, func(o *uplink.Options) { o.Store, o.Pace.Share, o.Records = busyBox{r0(o)}, .0025, 5 })
		r.start()
		began := time.Now()
		for i := range 60 {
			if i == 35 {
				r.box.Order(anErasure("e1"))
			}
			r.visits(1, 500*time.Millisecond)
		}
		r.stop()
		sent, ordered := calls.of("records"), calls.of("orders")
		for i, at := range sent[1:] {
			if gap := at.Sub(sent[i]); gap < 3990*time.Millisecond {
				t.Errorf("records %v after those before, where the share asks for 4 s", gap)
			}
		}
		if len(sent) < 5 || len(ordered) != 1 || ordered[0].Sub(began) > 18600*time.Millisecond {
			t.Errorf("%d batches, and orders at %v for an erasure 17.5 s after %v", len(sent), ordered, began)
		}
	})
}

// Waiting for head office leaves the core to others as well as resting does.
func TestWaitingForAnAnswerIsRest(t *testing.T) {
	for wait, want := range map[time.Duration]time.Duration{5 * time.Millisecond: 400 * time.Millisecond, 20 * time.Millisecond: 600 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			line := hqtest.NewLine()
			line.Delay = wait
			line.Only = func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/records") }
			line.Seed(1, 1, hqtest.Slow)
			calls := watch(line)
			r := newRig(t, hqtest.NewBox(), line, func(o *uplink.Options) { o.Store, o.Pace.Share, o.Records = busyBox{r0(o)}, .5, 5 })
			r.visits(100, 0)
			r.start()
			r.drained()
			r.stop()
			sent := calls.of("records")
			if took := sent[len(sent)-1].Sub(sent[0]); len(sent) != 20 || took < want*8/10 || took > want {
				t.Errorf("with answers that take %v twenty batches took %v in %d calls, not %v", wait, took, len(sent), want)
			}
		})
	}
}

func r0(o *uplink.Options) *hqtest.Box { return o.Store.(*hqtest.Box) }

// A proxy that breaks at what carries records lets questions through: these open the gate, which ends no back-off of records.
func TestALineThatBreaksAtRecordsIsTriedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		line.Only = func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/records") }
		line.Seed(1, 1, hqtest.Drop)
		r := newRig(t, hqtest.NewBox(), line, func(o *uplink.Options) { o.Store = busyBox{r0(o)} })
		r.visits(100, 0)
		r.start()
		time.Sleep(10 * time.Minute)
		if n := line.Seen()[hqtest.Drop]; n < 10 || n > 200 {
			t.Errorf("records were tried %d times in ten minutes", n)
		}
		line.Heal()
		time.Sleep(5 * time.Minute)
		r.onceEach()
		r.stop()
	})
}

func TestRevokedCredentialsAreTriedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		line.Office().Admit("another")
		r := newRig(t, hqtest.NewBox(), line, nil)
		r.visits(3, 0)
		r.start()
		time.Sleep(time.Hour)
		if n := len(line.Office().Calls()); n > 30 {
			t.Errorf("%d calls in an hour", n)
		}
		state := r.up.State()
		if !strings.Contains(state.Error, "enroll again") || state.Since.IsZero() {
			t.Errorf("%+v", state)
		}
		line.Office().Admit()
		r.drained()
		r.stop()
		r.onceEach()
	})
}

// A line that is down for a day is asked seldom, and used soon after it is back.
func TestBackOffWhileTheLineIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		line.Seed(1, 1, hqtest.Drop)
		r := newRig(t, hqtest.NewBox(), line, nil)
		r.start()
		defer func() { r.stop() }()
		r.visits(24*60, time.Minute)
		if n := line.Seen()[hqtest.Drop]; n > 2*24*60 || n < 24*12 {
			t.Errorf("%d attempts in a day", n)
		}
		line.Heal()
		time.Sleep(6 * time.Minute)
		r.onceEach()
	})
}
