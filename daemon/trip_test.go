// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/guard"
	"redbench/edge/lane"
	"redbench/edge/playbook"
	"redbench/edge/serve"
)

// way is all that a test event passes, as fakes that can break around the real service. Its fields are set before use.
type way struct {
	t       *testing.T
	serve   *serve.Service
	prober  *prober
	store   wayStore
	decoder func(edge.Message) (edge.Event, error) // nil: the real one

	connect  func(context.Context) error // a screen's connection
	show     func(lane string)           // a screen's Show
	publish  func(ctx context.Context, payload []byte) error
	away     bool
	foreign  bool      // the broker is an outside one
	crowded  bool      // no place is free at it
	since    time.Time // when the transaction under way began
	lostAddr string

	shown chan string // events of prompts on the box's lane
}

func newWay(t *testing.T, foreign bool) *way {
	t.Helper()
	w := &way{t: t, foreign: foreign, shown: make(chan string, 9), connect: func(context.Context) error { return nil }, show: func(string) {}}
	w.publish = w.deliver
	g := guard.New(nil)
	decoder, err := adapt.New(adapt.Options{Store: "s1", Guard: g})
	if err != nil {
		t.Fatal(err)
	}
	w.serve, err = serve.New(t.Context(), serve.Options{StoreID: "s1", Language: "en", Zone: time.UTC, Timing: lane.Timing{Prompt: time.Minute},
		Store: &w.store, Decoder: wayDecoder{decoder, w}, Screens: w, Digester: wayDigest{}, Guard: g, Playbook: playbook.Default(),
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w.prober = &prober{serve: w.serve, tills: w, writing: func() time.Time { return w.since }, gone: func() string { return w.lostAddr },
		turn: make(chan struct{}, 1), screen: func(ctx context.Context) (probeScreen, error) {
			if err := w.connect(ctx); err != nil {
				return nil, err
			}
			return w, nil
		}}
	return w
}

// deliver is a broker that works.
func (w *way) deliver(_ context.Context, payload []byte) error {
	done := make(chan error, 1)
	w.serve.Receive(edge.Message{Topic: w.serve.ProbeTopic(), Payload: payload, Arrived: time.Now()}, func(err error) { done <- err })
	if w.foreign {
		return nil
	}
	return <-done
}

func (w *way) Probe(ctx context.Context, _ string, payload []byte) error {
	return w.publish(ctx, payload)
}
func (w *way) Connected() bool { return !w.away }
func (w *way) outside() bool   { return w.foreign }
func (w *way) full() bool      { return w.crowded }
func (w *way) Close()          {}

func (w *way) Show(lane string, what edge.Shown) {
	w.show(lane)
	if p, ok := what.(edge.Prompt); ok && lane == edge.ProbeLane {
		w.shown <- p.Event
	}
}

func (w *way) Prompt(ctx context.Context, event string) error {
	for {
		select {
		case got := <-w.shown:
			if got == event {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

type wayDecoder struct {
	*adapt.Decoder
	way *way
}

func (d wayDecoder) DecodeProbe(msg edge.Message) (edge.Event, error) {
	if d.way.decoder != nil {
		return d.way.decoder(msg)
	}
	return d.Decoder.DecodeProbe(msg)
}

type wayDigest struct{}

func (wayDigest) Digest(parts ...[]byte) (sum [16]byte) {
	for _, p := range parts {
		for i, b := range p {
			sum[i%16] = sum[i%16]*31 + b
		}
	}
	return sum
}

// wayStore is a record of nobody.
type wayStore struct {
	serve.Store
	commit func() error // nil: it works

	mu      sync.Mutex
	entries []edge.Entry
}

func (*wayStore) Lanes(context.Context) ([]edge.LaneRecord, error)   { return nil, nil }
func (*wayStore) Clocks(context.Context) ([]edge.SourceClock, error) { return nil, nil }
func (*wayStore) RuleTallies() []edge.Tally                          { return nil }
func (*wayStore) Tap(context.Context, edge.EventKey, edge.Identifier) (edge.Tap, error) {
	return edge.Tap{Unknown: edge.ErrNotFound}, nil
}

func (s *wayStore) Commit(_ context.Context, entries []edge.Entry) ([]edge.Result, error) {
	if s.commit != nil {
		if err := s.commit(); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = append(s.entries, entries...)
	return make([]edge.Result, len(entries)), nil
}

// tap is a till's card on a lane.
func (w *way) tap(lane string) {
	payload := fmt.Sprintf(`{"specversion":"1.0","id":"e","source":"/till","type":"redbench.loyalty.presented","time":%q,"data":{"identifier":"1","kind":"card"}}`,
		time.Now().Format(time.RFC3339Nano))
	w.serve.Receive(edge.Message{Topic: "redbench/v1/s1/" + lane + "/loyalty", Payload: []byte(payload), Arrived: time.Now()}, func(error) {})
}

var errBroken = errors.New("broken on purpose")

// TestWhatBreaksIsFound breaks one part at a time: the test event says which, in its time, and whether the box is to be
// started anew for it.
func TestWhatBreaksIsFound(t *testing.T) {
	hang := make(map[*way]chan struct{})
	stuck := func(w *way) { <-hang[w] }
	lost := func(ctx context.Context, _ []byte) error { return nil }
	cases := map[string]struct {
		foreign bool
		breaks  func(w *way)
		step    string // that fails; empty: none
		sound   bool
	}{
		"nothing":                           {breaks: func(*way) {}, sound: true},
		"nothing, with a broker outside":    {foreign: true, breaks: func(*way) {}, sound: true},
		"the screens' listener":             {breaks: func(w *way) { w.connect = func(context.Context) error { return errBroken } }, step: edge.StepScreen},
		"a hub that is stuck for good":      {breaks: func(w *way) { w.connect = func(context.Context) error { stuck(w); return nil } }, step: edge.StepScreen},
		"the hub, once a screen is there":   {breaks: func(w *way) { w.show = func(string) { stuck(w) } }, step: edge.StepChoose},
		"the embedded broker":               {breaks: func(w *way) { w.publish = func(context.Context, []byte) error { return errBroken } }, step: edge.StepMQTT},
		"the embedded broker, which is mum": {breaks: func(w *way) { w.publish = lost }, step: edge.StepMQTT},
		"the embedded broker, which is full": {breaks: func(w *way) {
			w.crowded, w.publish = true, func(context.Context, []byte) error { return errBroken }
		}, step: edge.StepMQTT, sound: true},
		"the decoder":                  {breaks: func(w *way) { w.decoder = func(edge.Message) (edge.Event, error) { return edge.Event{}, errBroken } }, step: edge.StepDecode},
		"the decoder, with a panic":    {breaks: func(w *way) { w.decoder = func(edge.Message) (edge.Event, error) { panic("on purpose") } }, step: edge.StepDecode},
		"the lane's way, with a panic": {breaks: func(w *way) { w.show = func(string) { panic("on purpose") } }, step: edge.StepChoose},
		"a writer that is stuck":       {breaks: func(w *way) { w.store.commit = func() error { stuck(w); return nil } }, step: edge.StepStore},
		"a disk that is full":          {breaks: func(w *way) { w.store.commit = func() error { return errBroken } }, step: edge.StepStore, sound: true},
		"nothing, but a long import": {breaks: func(w *way) {
			w.since, w.store.commit = time.Now().Add(-5*time.Minute), func() error { stuck(w); return nil }
		}, step: edge.StepStore, sound: true},
		"a transaction that never ends": {breaks: func(w *way) {
			w.since, w.store.commit = time.Now().Add(-time.Hour), func() error { stuck(w); return nil }
		}, step: edge.StepStore},
		"a broker outside that is away": {foreign: true, breaks: func(w *way) {
			w.away, w.publish = true, func(context.Context, []byte) error { return errBroken }
		}, step: edge.StepMQTT, sound: true},
		"a broker outside that forbids it": {foreign: true, breaks: func(w *way) { w.publish = lost }, step: edge.StepMQTT, sound: true},
		"the ear at a broker outside": {foreign: true, breaks: func(w *way) {
			w.prober.send(w.t.Context())
			w.publish = lost
		}, step: edge.StepMQTT},
		"nothing, but a broker outside that is behind": {foreign: true, breaks: func(w *way) {
			w.prober.send(w.t.Context())
			w.publish = func(context.Context, []byte) error { w.tap("3"); return nil }
		}, step: edge.StepMQTT, sound: true},
		"the writer, behind a broker that is away": {foreign: true, breaks: func(w *way) {
			w.away, w.publish = true, func(context.Context, []byte) error { return errBroken }
			w.store.commit = func() error { stuck(w); return nil }
		}, step: edge.StepMQTT},
		"the network that is listened on": {breaks: func(w *way) {
			w.lostAddr, w.publish = "192.0.2.1", func(context.Context, []byte) error { return errBroken }
			w.connect = func(context.Context) error { return errBroken }
		}, step: edge.StepScreen, sound: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWay(t, c.foreign)
				hang[w] = make(chan struct{})
				defer func() { close(hang[w]); w.serve.Stop() }()
				c.breaks(w)
				synctest.Wait()
				for range 2 { // what is stuck is found again, too
					began := time.Now()
					f := w.prober.send(t.Context())
					if f.Failed().Name != c.step || f.OK != (c.step == "") || f.sound() != c.sound {
						t.Errorf("it found %+v, excused %v", f.Steps, f.excused)
					}
					if took := time.Since(began); took > probeWithin {
						t.Errorf("it took %s", took)
					}
				}
			})
		})
	}
}

// TestATestEventIsOneRow: nothing else is written for it.
func TestATestEventIsOneRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWay(t, false)
		defer w.serve.Stop()
		p := w.serve.NewProbe()
		for range 3 { // and a broker may bring it again
			if err := w.deliver(t.Context(), p.Payload()); err != nil {
				t.Error(err)
			}
		}
		if len(w.store.entries) != 1 || w.store.entries[0].Probe.IsZero() {
			t.Errorf("entries: %+v", w.store.entries)
		}
		e := w.store.entries[0]
		if e.Probe = (time.Time{}); e != (edge.Entry{}) {
			t.Errorf("more than the moment: %+v", e)
		}
		if lanes := w.serve.Lanes(); len(lanes) != 0 {
			t.Errorf("lanes: %v", lanes)
		}
	})
}

// TestOneWhoFindsATestEventCanDoNothingWithIt: it counts once, and what is made up is refused.
func TestOneWhoFindsATestEventCanDoNothingWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWay(t, true)
		defer w.serve.Stop()
		old := w.serve.NewProbe().Payload()
		w.serve.NewProbe()
		forged := slices.Clone(old)
		at := slices.Index(forged, 'i') + len(`id":"`) // the id's first letter
		forged[at] ^= 1
		for _, payload := range [][]byte{old, forged} {
			if err := w.deliver(t.Context(), payload); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		time.Sleep(time.Second) // longer than the writer lingers
		synctest.Wait()
		if len(w.shown) != 0 {
			t.Error("one was shown")
		}
		if len(w.store.entries) != 1 || w.store.entries[0].Refused == nil || w.store.entries[0].Refused.Reason != adapt.CodeLane {
			t.Errorf("entries: %+v", w.store.entries)
		}
	})
}

// TestALaneThatIsStuckIsFound: its till waits for ever, and so would everybody at that till. (Not in a bubble of synctest,
// whose clock stands still while somebody waits for a lock.)
func TestALaneThatIsStuckIsFound(t *testing.T) {
	w := newWay(t, false)
	hang, inside := make(chan struct{}), make(chan struct{})
	w.show = func(lane string) {
		if lane == "3" {
			close(inside)
			<-hang
		}
	}
	go w.tap("3")
	<-inside
	defer func() { close(hang); w.serve.Stop() }()
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if f := w.prober.send(ctx); f.Failed().Name != edge.StepLanes || f.sound() {
			t.Errorf("it found %+v", f.Steps)
		}
		cancel()
	}
}
