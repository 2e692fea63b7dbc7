// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"
	"hash/fnv"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/lane"
	"redbench/edge/playbook"
)

// Receive takes one message of a till. It shows what there is to show before it returns; done is called once the
// message is durable (nil), or with the reason why it is not: then the till must keep it and send it again.
func (s *Service) Receive(msg edge.Message, done func(error)) {
	if msg.Topic == s.probes.topic && s.receiveProbe(msg, done) {
		return
	}
	s.heard.Add(1)
	events, err := s.Decoder.DecodeAll(msg)
	if err != nil {
		s.refuse(msg, err, done)
		return
	}
	if len(events) > 1 {
		done = joinDone(len(events), done)
	}
	if len(events) == 0 { // an adapter that maps a message to nothing says that it does not concern us
		done(nil)
	}
	for _, ev := range events {
		s.receiveEvent(msg, ev, done)
	}
}

// joinDone calls done once, after n calls, with the first error if any.
func joinDone(n int, done func(error)) func(error) {
	var left atomic.Int64
	left.Store(int64(n))
	var once sync.Mutex
	var first error
	return func(err error) {
		once.Lock()
		if first == nil {
			first = err
		}
		once.Unlock()
		if left.Add(-1) == 0 {
			done(first)
		}
	}
}

func (s *Service) receiveEvent(msg edge.Message, ev edge.Event, done func(error)) {
	key := edge.EventKey(s.Digester.Digest([]byte(ev.Store), []byte(ev.Source), []byte(ev.ID)))
	body := s.Digester.Digest(adapt.Canonical(ev))
	l, err := s.lane(ev.Lane)
	if err != nil {
		s.refuse(msg, err, done)
		return
	}
	entry := edge.Entry{Event: &edge.SeenEvent{Key: key, Body: body, Type: ev.Type, Lane: ev.Lane, At: ev.Arrived}}

	tap, err := s.look(key, body, ev)
	switch {
	case err != nil:
		done(err)
		return
	case tap.Seen && tap.Body != body:
		s.metrics.events.WithLabelValues(string(ev.Type), "conflict").Inc()
		s.refuse(msg, conflict(ev), done)
		return
	case tap.Seen:
		s.metrics.events.WithLabelValues(string(ev.Type), "duplicate").Inc()
		s.again(key, done)
		return
	}

	s.metrics.events.WithLabelValues(string(ev.Type), "new").Inc()
	late, clock := s.lateness(msg, ev)
	entry.Clock = clock
	stale := late > lateAfter || ev.Retained || ev.Undated && msg.Queued
	s.till(l, ev, tap, stale, late, entry, func(result edge.Result, err error) {
		s.flight.leave(key)
		// This runs on the writer's goroutine, which must never wait for its own queue: hence the two go.
		switch {
		case err == nil && result == edge.Conflict:
			go s.refuse(msg, conflict(ev), done)
		case err == nil && result == edge.Failed:
			// It would fail again at every redelivery, and block the till behind it.
			go s.refuse(msg, &adapt.Rejection{Code: "unwritable", Detail: "the store could not keep this event; the log says why", ID: ev.ID, Lane: ev.Lane}, done)
		default:
			done(err)
		}
	})
}

// lateness tells how late an event is, and its source's clock when that is worth writing down. What is known to have waited
// for long is late by that alone, and teaches nothing of the clock: the length was told by another's.
func (s *Service) lateness(msg edge.Message, ev edge.Event) (late time.Duration, clock *edge.SourceClock) {
	if msg.Waited > lateAfter {
		return msg.Waited, nil
	}
	late, clock = s.clocks.observe(ev.Source, ev.Time, s.Now().Add(-msg.Waited))
	return late + msg.Waited, clock
}

var errNotYet = errors.New("the first copy of this event is not durable yet")

// again answers a redelivery: only once the first copy, which may still be on its way to the disk, rests there. The
// empty entry queues up behind it; it must not remember the event itself, for if the first copy fails, the next
// redelivery has to happen in full.
func (s *Service) again(key edge.EventKey, done func(error)) {
	s.writer.put(edge.Entry{}, func(_ edge.Result, err error) {
		if err == nil {
			var found bool
			if _, found, err = s.Store.Seen(context.Background(), key); err == nil && !found {
				err = errNotYet
			}
		}
		done(err)
	})
}

// look looks an event up among those under way and those at rest; and in the same glance, for each costs, whose card
// it is.
func (s *Service) look(key edge.EventKey, body [16]byte, ev edge.Event) (tap edge.Tap, err error) {
	if under, known := s.flight.enter(key, body); known {
		return edge.Tap{Seen: true, Body: under}, nil
	}
	if ev.Type == edge.LoyaltyPresented {
		tap, err = s.Store.Tap(context.Background(), key, ev.Identifier)
	} else {
		tap.Body, tap.Seen, err = s.Store.Seen(context.Background(), key)
	}
	if tap.Seen || err != nil {
		s.flight.leave(key)
	}
	return tap, err
}

func conflict(ev edge.Event) error {
	return &adapt.Rejection{Code: "conflict", Detail: "this event id was used before, with another content", ID: ev.ID, Lane: ev.Lane}
}

// till steps a lane by a till's event. A stale one is not shown: it is late, it was retained, or it may have waited at the
// broker and does not tell for how long.
func (s *Service) till(l *laneState, ev edge.Event, tap edge.Tap, stale bool, late time.Duration, entry edge.Entry, done func(edge.Result, error)) {
	in := lane.Till{Event: ev, Prompt: newID(), Late: stale, Delay: late, At: s.Now()}
	if in.Late && ev.Type == edge.LoyaltyPresented {
		s.metrics.notShown.WithLabelValues(lateReason(ev)).Inc()
	}
	l.hear(ev, stale)
	var profile *edge.Profile
	if ev.Type == edge.LoyaltyPresented {
		s.card.Store(new(in.At))
		profile = s.known(tap)
		in.Customer = profile.Customer.Ref
		if in.Customer != edge.Stranger {
			entry.Card = &edge.Card{Customer: in.Customer, Identifier: ev.Identifier, Lane: l.name}
		}
	}
	s.step(l, in, entry, profile, done)
	if ev.Type == edge.LoyaltyPresented && !stale && errors.Is(tap.Unknown, edge.ErrNotFound) {
		s.ask(l, ev.Identifier, in.Prompt)
	}
}

func lateReason(ev edge.Event) string {
	if ev.Retained {
		return "retained"
	}
	return "late"
}

// known gives the profile of whoever presented a card. Whoever is not known, does not wish to be, or shares the
// identifier with others, is a stranger: no name is claimed.
func (s *Service) known(tap edge.Tap) *edge.Profile {
	switch {
	case tap.Unknown == nil && tap.Profile.Customer.Consent != edge.ConsentNone:
		return &tap.Profile
	case tap.Unknown != nil && !expected(tap.Unknown):
		s.Log.Error("reading a profile; greeting a stranger instead", "error", tap.Unknown)
	}
	return &edge.Profile{}
}

// expected reports whether a card names nobody for a reason that is no fault.
func expected(err error) bool {
	return errors.Is(err, edge.ErrNotFound) || errors.Is(err, edge.ErrAmbiguous) || errors.Is(err, edge.ErrLocked)
}

// profileOf reads a profile anew, for a card that comes back to the screen; a stranger's when that does not work.
func (s *Service) profileOf(ref edge.CustomerRef) *edge.Profile {
	profile, err := s.profile(context.Background(), ref)
	if err != nil {
		s.Log.Error("reading a profile; greeting a stranger instead", "error", err)
	}
	return &profile
}

// profile reads a profile; a stranger's for who is not known any more.
func (s *Service) profile(ctx context.Context, ref edge.CustomerRef) (edge.Profile, error) {
	if ref == edge.Stranger {
		return edge.Profile{}, nil
	}
	profile, err := s.Store.ProfileOf(ctx, ref)
	if errors.Is(err, edge.ErrNotFound) || errors.Is(err, edge.ErrLocked) {
		return edge.Profile{}, nil
	}
	return profile, err
}

// step moves a lane, shows what follows, and hands the entry to the writer: in this order, so that the screen does not
// wait for the disk. profile is that of the customer who presented herself, or nil.
func (s *Service) step(l *laneState, in lane.Input, entry edge.Entry, profile *edge.Profile, done func(edge.Result, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next, effects := l.state.Step(in, s.Timing)
	changed := len(effects) > 0 || entry.Event != nil || entry.Word != "" || movesUnseen(in)
	l.state = next
	for _, effect := range effects {
		s.apply(l, effect, profile, &entry)
	}
	s.arm(l)
	if l.probe != nil {
		s.writer.put(edge.Entry{Probe: time.Now()}, done)
		return
	}
	if !changed {
		return
	}
	state, err := next.Encode()
	if err != nil {
		s.Log.Error("keeping a lane's state", "lane", l.name, "error", err)
	} else {
		entry.Lane = &edge.LaneRecord{Lane: l.name, State: state}
	}
	s.writer.put(entry, done)
}

// movesUnseen reports whether an input may change who holds the lane without an effect.
func movesUnseen(in lane.Input) bool {
	switch in.(type) {
	case lane.Joined, lane.Recognised, lane.Anew:
		return true
	}
	return false
}

// apply carries one effect out. The caller holds l.mu.
func (s *Service) apply(l *laneState, effect lane.Effect, profile *edge.Profile, entry *edge.Entry) {
	switch e := effect.(type) {
	case lane.Greet:
		s.greet(l, e, profile, entry)
	case lane.Farewell:
		s.part(l, e)
	case lane.Clear:
		s.Screens.Show(l.name, edge.Clear{Reason: e.Reason})
	case lane.Idle:
		s.Screens.Show(l.name, s.Idle())
	case lane.Visit:
		visit := e.Visit
		visit.Store, visit.Lane = s.StoreID, l.name
		entry.Visit = &visit
	case lane.Attach:
		attach := e.Attach
		attach.Lane = l.name
		entry.Attach = &attach
	}
}

func (s *Service) greet(l *laneState, e lane.Greet, profile *edge.Profile, entry *edge.Entry) {
	if kept, ok := l.atHand(e.Prompt); ok { // a pause is over: what it hid comes back, less what was called wrong
		kept.Checkout = e.Checkout
		s.show(l.name, kept)
		return
	}
	if s.silent.Load() && l.probe == nil {
		return
	}
	if profile == nil || profile.Customer.Ref != e.Customer {
		profile = s.profileOf(e.Customer)
	}
	choice := s.Rules().Choose(s.input(l, e.Event, e.Checkout, e.Prompt, *profile))
	prompt := choice.Prompt
	prompt.Customer = profile.Customer.Ref
	if l.probe != nil { // on its own screen, be all others silenced; nothing is counted
		s.Screens.Show(l.name, prompt)
		l.probe.reach(edge.StepChoose)
		return
	}
	s.divide(&prompt, profile.Customer, entry)
	s.show(l.name, prompt)
	runtime.Gosched() // the screens' writers go first; what follows here is for the disk
	if arrived := entry.Event; arrived != nil {
		s.metrics.tap.Observe(s.Now().Sub(arrived.At).Seconds())
	}
	if !prompt.Held {
		s.metrics.prompts.WithLabelValues(string(prompt.Who.Stage)).Inc()
	}
	l.keep(prompt)
	entry.Prompt = &prompt
}

// part takes leave; of a customer whose prompt was held back the screen says nothing at all.
func (s *Service) part(l *laneState, e lane.Farewell) {
	if prompt, ok := l.atHand(e.Prompt); ok && prompt.Held {
		s.Screens.Show(l.name, s.Idle())
		return
	}
	s.show(l.name, s.farewell(l, e))
}

func (s *Service) farewell(l *laneState, e lane.Farewell) edge.Farewell {
	profile := edge.Profile{}
	if e.Customer != edge.Stranger {
		profile = *s.profileOf(e.Customer)
	}
	farewell := s.Rules().Farewell(s.input(l, "", e.Checkout, e.Prompt, profile))
	farewell.ID = newID()
	farewell.Prompt = e.Prompt
	farewell.ShownFor = s.Timing.Farewell
	return farewell
}

// input gathers what the playbook may know. The seed is the event's, so that the same tap gives the same prompt.
func (s *Service) input(l *laneState, event, checkout, prompt string, profile edge.Profile) playbook.Input {
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(l.name + "\x00" + event))
	return playbook.Input{
		Profile: profile, Known: profile.Customer.Ref != edge.Stranger,
		Event: event, Checkout: checkout, PromptID: prompt,
		Now: s.Now().In(s.Zone), Language: s.Language, ShownFor: s.Timing.Prompt, Seed: seed.Sum64(),
		Lane: l.name, Load: playbook.LoadAfter(l.row), Tallies: s.Store.RuleTallies(),
	}
}

// refuse keeps a message that cannot be accepted, so that it neither blocks the queue nor disappears.
func (s *Service) refuse(msg edge.Message, cause error, done func(error)) {
	refused := edge.Refused{Topic: msg.Topic, Reason: "unreadable", Payload: msg.Payload, Size: len(msg.Payload), At: msg.Arrived}
	var rejection *adapt.Rejection
	var refusal *edge.Refusal
	switch {
	case errors.As(cause, &rejection):
		refused.ID, refused.Lane, refused.Reason, refused.Detail = rejection.ID, rejection.Lane, rejection.Code, rejection.Detail
	case errors.As(cause, &refusal):
		refused.Reason, refused.Detail = refusal.Code, refusal.Text
	}
	if refused.ID == "" {
		refused.ID = newID()
	}
	if rejection != nil && rejection.Withhold {
		refused.Payload = nil
	}
	if s.withholds(refused) {
		refused.Payload, refused.Topic = nil, withheld // not even sealed; and it may be in the topic itself
	}
	s.metrics.refused.WithLabelValues(refused.Reason).Inc()
	s.Log.Warn("event refused", "topic", refused.Topic, "reason", refused.Reason, "detail", refused.Detail)
	s.writer.put(edge.Entry{Refused: &refused}, func(_ edge.Result, err error) { done(err) })
	if s.Refused != nil {
		s.Refused(refused)
	}
}

// withholds reports whether a message may hold payment card data. An adapter may let such a message in, and drop the card
// from it, so the reason alone does not tell.
func (s *Service) withholds(r edge.Refused) bool {
	if r.Reason == adapt.CodeCardNumber || r.Reason == adapt.CodeTrackData {
		return true
	}
	_, payload := s.Guard.Find(r.Payload)
	_, topic := s.Guard.Find([]byte(r.Topic))
	return payload || topic
}

// withheld stands for a topic that may hold a card number.
const withheld = "(withheld)"

// newID makes a UUIDv7. Its only error is a machine without randomness, on which nothing here could be kept safe.
func newID() string { return uuid.Must(uuid.NewV7()).String() }
