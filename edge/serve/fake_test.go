// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/guard"
	"redbench/edge/lane"
	"redbench/edge/playbook"
)

// fakeStore is a record in memory whose commits can be held back and made to fail. The real one is used by the daemon's
// tests; here it is for faults.
type fakeStore struct {
	mu       sync.Mutex
	profiles map[edge.Identifier]edge.Profile
	events   map[edge.EventKey][16]byte
	words    map[string]bool
	entries  []edge.Entry
	lanes    map[string]edge.LaneRecord
	clocks   map[string]edge.SourceClock
	tallies  []edge.Tally
	batches  int
	fail     error
	poison   bool          // entries with a visit are Failed
	gate     chan struct{} // when set, a commit waits for one receive
}

func newFakeStore() *fakeStore {
	return &fakeStore{profiles: map[edge.Identifier]edge.Profile{}, events: map[edge.EventKey][16]byte{}, words: map[string]bool{},
		lanes: map[string]edge.LaneRecord{}, clocks: map[string]edge.SourceClock{}}
}

func (f *fakeStore) add(card, name string, consent edge.Consent, facts ...edge.Fact) edge.CustomerRef {
	ref := edge.CustomerRef(len(f.profiles) + 1)
	f.profiles[edge.Identifier{Kind: edge.KindCard, Value: card}] = edge.Profile{
		Customer: edge.Customer{Ref: ref, ID: fmt.Sprint("id-", ref), Name: name, Consent: consent}, Facts: facts}
	return ref
}

func (f *fakeStore) Seen(_ context.Context, key edge.EventKey) ([16]byte, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, ok := f.events[key]
	return body, ok, nil
}

func (f *fakeStore) Tap(ctx context.Context, key edge.EventKey, id edge.Identifier) (tap edge.Tap, err error) {
	if tap.Body, tap.Seen, err = f.Seen(ctx, key); tap.Seen || err != nil {
		return tap, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.profiles[id]
	if !ok {
		return edge.Tap{Unknown: edge.ErrNotFound}, nil
	}
	return edge.Tap{Profile: p}, nil
}

func (f *fakeStore) ProfileOf(_ context.Context, ref edge.CustomerRef) (edge.Profile, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.profiles {
		if p.Customer.Ref == ref {
			return p, nil
		}
	}
	return edge.Profile{}, edge.ErrNotFound
}

func (f *fakeStore) PromptOf(context.Context, string) (edge.CustomerRef, map[string]edge.Line, error) {
	return 0, nil, edge.ErrNotFound
}

func (f *fakeStore) WordKnown(_ context.Context, id string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.words[id], nil
}

func (f *fakeStore) RuleTallies() []edge.Tally { return f.tallies }

func (f *fakeStore) Lanes(context.Context) (all []edge.LaneRecord, err error) {
	for _, l := range f.lanes {
		all = append(all, l)
	}
	return all, nil
}

func (f *fakeStore) Clocks(context.Context) (all []edge.SourceClock, err error) {
	for _, c := range f.clocks {
		all = append(all, c)
	}
	return all, nil
}

func (f *fakeStore) Commit(_ context.Context, entries []edge.Entry) ([]edge.Result, error) {
	if f.gate != nil {
		<-f.gate
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches++
	if f.fail != nil {
		return nil, f.fail
	}
	results := make([]edge.Result, len(entries))
	for i, e := range entries {
		results[i] = f.commit(e)
	}
	return results, nil
}

func (f *fakeStore) commit(e edge.Entry) edge.Result {
	if f.poison && e.Visit != nil {
		return edge.Failed
	}
	if e.Event != nil {
		if body, ok := f.events[e.Event.Key]; ok && body == e.Event.Body {
			return edge.Duplicate
		} else if ok {
			return edge.Conflict
		}
		f.events[e.Event.Key] = e.Event.Body
	}
	if e.Word != "" {
		f.words[e.Word] = true
	}
	if e.Lane != nil {
		f.lanes[e.Lane.Lane] = *e.Lane
	}
	if e.Clock != nil {
		f.clocks[e.Clock.Source] = *e.Clock
	}
	f.entries = append(f.entries, e)
	return edge.Written
}

func (f *fakeStore) setFail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

func (f *fakeStore) visits() (all []edge.Visit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.entries {
		if e.Visit != nil {
			all = append(all, *e.Visit)
		}
	}
	return all
}

func (f *fakeStore) refused() (all []edge.Refused) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.entries {
		if e.Refused != nil {
			all = append(all, *e.Refused)
		}
	}
	return all
}

// fakeScreens records what was shown.
type fakeScreens struct {
	mu    sync.Mutex
	shown []edge.Shown
}

func (f *fakeScreens) Show(_ string, what edge.Shown) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shown = append(f.shown, what)
}

// names lists the names of the prompts in the order shown, "-" for a stranger.
func (f *fakeScreens) names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := []string{}
	for _, s := range f.shown {
		if p, ok := s.(edge.Prompt); ok {
			name := p.Who.Name
			if name == "" {
				name = "-"
			}
			names = append(names, name)
		}
	}
	return names
}

func (f *fakeScreens) last() edge.Shown {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.shown) == 0 {
		return nil
	}
	return f.shown[len(f.shown)-1]
}

// plainDigest stands in for the keyed one.
type plainDigest struct{}

func (plainDigest) Digest(parts ...[]byte) (d [16]byte) {
	for i, p := range parts {
		for j, b := range p {
			d[(i*7+j)%16] = d[(i*7+j)%16]*31 + b + byte(i)
		}
	}
	return d
}

// bench is a Service with fakes around it, to be used inside a synctest bubble.
type bench struct {
	t       *testing.T
	store   *fakeStore
	screens *fakeScreens
	service *Service
	next    int
}

func newBench(t *testing.T, store *fakeStore) *bench {
	t.Helper()
	g := guard.New([]string{"6001"})
	decoder, err := adapt.New(adapt.Options{Store: "store-1", Guard: g})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, store: store, screens: &fakeScreens{}}
	b.service, err = New(t.Context(), Options{StoreID: "store-1", Language: "en", Zone: time.UTC,
		Timing: lane.Timing{Prompt: time.Minute, Farewell: 8 * time.Second, Card: 3 * time.Minute, Checkout: 15 * time.Minute},
		Store:  store, Decoder: decoder, Screens: b.screens, Digester: plainDigest{}, Guard: g, Playbook: playbook.Default(),
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// event is a till's event as it travels.
type event struct {
	id, source, kind string
	time             time.Time
	data             map[string]any
	retained         bool
}

func card(number string) event {
	return event{kind: "redbench.loyalty.presented", data: map[string]any{"identifier": number, "kind": "card"}}
}

func checkout(what, id string) event {
	return event{kind: "redbench.checkout." + what, data: map[string]any{"checkout": id}}
}

func completed(id string) event {
	e := checkout("completed", id)
	e.data["items"] = []map[string]any{{"sku": "1", "name": "Tea", "quantity": 1, "amount_minor": 250}}
	e.data["total_minor"], e.data["currency"] = 250, "EUR"
	return e
}

var errWaiting = errors.New("not answered yet")

// send gives a message to the service and returns where its answer will be.
func (b *bench) send(e event) func() error {
	b.t.Helper()
	return b.receive(b.message(e))
}

// message is an event as it comes from the broker.
func (b *bench) message(e event) edge.Message {
	b.t.Helper()
	b.next++
	if e.id == "" {
		e.id = fmt.Sprint("event-", b.next)
	}
	if e.source == "" {
		e.source = "/till/1"
	}
	if e.time.IsZero() {
		e.time = time.Now()
	}
	payload, err := json.Marshal(map[string]any{"specversion": "1.0", "id": e.id, "source": e.source, "type": e.kind,
		"time": e.time.Format(time.RFC3339Nano), "data": e.data})
	if err != nil {
		b.t.Fatal(err)
	}
	topic := "redbench/v1/store-1/1/checkout"
	if e.kind == "redbench.loyalty.presented" || e.kind == "redbench.loyalty.removed" {
		topic = "redbench/v1/store-1/1/loyalty"
	}
	return edge.Message{Topic: topic, Payload: payload, Retained: e.retained, Arrived: time.Now()}
}

func (b *bench) receive(msg edge.Message) func() error {
	var mu sync.Mutex
	answer := errWaiting
	b.service.Receive(msg, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if !errors.Is(answer, errWaiting) {
			b.t.Errorf("answered twice: %v, then %v", answer, err)
		}
		answer = err
	})
	return func() error {
		mu.Lock()
		defer mu.Unlock()
		return answer
	}
}
