// SPDX-License-Identifier: Apache-2.0

package lane

import (
	"cmp"
	"time"

	"redbench/edge"
)

// Step moves the lane: first what is due by the input's time happens, then the input. It gives the next state and what
// is to be done, in order.
func (s State) Step(in Input, t Timing) (State, []Effect) {
	m := &move{State: s, t: t.orDefault(), at: in.when()}
	m.due()
	in.apply(m)
	return m.State, m.effects
}

// Deadline is when the lane next wants a [Tick]; zero when nothing is due by itself.
func (s State) Deadline() time.Time {
	var next time.Time
	for _, each := range []time.Time{s.Until, s.Shown, s.Paused} {
		if !each.IsZero() && (next.IsZero() || each.Before(next)) {
			next = each
		}
	}
	return next
}

// Current is what the screen shows now, so that a box that started anew can put it there again: a [Greet], a
// [Farewell], an [Idle], or a [Clear] when somebody is there but nothing is shown.
func (s State) Current() Effect {
	switch {
	case s.Phase == Parting:
		return Farewell{Prompt: s.Holder.Prompt, Customer: s.Holder.Customer, Checkout: s.Checkout}
	case !s.Shown.IsZero():
		return Greet{Customer: s.Holder.Customer, Prompt: s.Holder.Prompt, Event: s.Holder.Event, Checkout: s.Checkout}
	case s.Phase == Idling && s.Paused.IsZero():
		return Idle{}
	case !s.Paused.IsZero():
		return Clear{edge.ClearPaused}
	}
	return Clear{edge.ClearExpired}
}

// CanUndo reports whether this prompt stands for a card that replaced another.
func (s State) CanUndo(prompt string) bool {
	return prompt != "" && s.Previous != nil && s.Holder.Prompt == prompt
}

// move is one step in the making: the state as it becomes, and the effects so far.
type move struct {
	State
	t       Timing
	at      time.Time
	effects []Effect
}

func (m *move) do(e Effect) { m.effects = append(m.effects, e) }

// passed reports whether a moment that means something has come.
func (m *move) passed(t time.Time) bool { return !t.IsZero() && !t.After(m.at) }

// due lets happen what the clock brings.
func (m *move) due() {
	if m.passed(m.Paused) {
		m.resume()
	}
	if m.passed(m.Until) {
		m.over()
	}
	if m.passed(m.Shown) {
		m.Shown = time.Time{}
		m.do(Clear{edge.ClearExpired})
	}
}

// over ends a phase that nobody ended.
func (m *move) over() {
	switch m.Phase {
	case Greeted:
		m.leave(edge.ClearExpired)
	case Serving:
		m.park(Expired)
		m.leave(edge.ClearExpired)
	case Parting:
		m.idle()
	}
}

// leave blanks the screen, and nobody holds the lane.
func (m *move) leave(reason edge.ClearReason) {
	m.do(Clear{reason})
	m.idle()
}

func (m *move) idle() {
	m.vacate()
	m.do(Idle{})
}

// vacate forgets who holds the lane. Whoever comes next finds nothing of her.
func (m *move) vacate() {
	m.Phase, m.Checkout, m.Begun, m.Until, m.Late = Idling, "", time.Time{}, time.Time{}, false
	m.Holder, m.Previous, m.Shown = Holder{}, nil, time.Time{}
}

// greet shows the holder's prompt, caused by an event, unless the lane is paused.
func (m *move) greet(prompt, event string) {
	if !m.Paused.IsZero() {
		m.Shown = time.Time{}
		return
	}
	m.Holder.Prompt, m.Holder.Event = prompt, event
	m.Shown = m.at.Add(m.t.Prompt)
	m.do(Greet{Customer: m.Holder.Customer, Prompt: prompt, Event: event, Checkout: m.Checkout})
}

func (in Till) when() time.Time      { return in.At }
func (in Tick) when() time.Time      { return in.At }
func (in Undo) when() time.Time      { return in.At }
func (in Pause) when() time.Time     { return in.At }
func (in Forgotten) when() time.Time { return in.At }

func (in Tick) apply(*move) {}

func (in Undo) apply(m *move) {
	if !m.CanUndo(in.Prompt) {
		return
	}
	// The two change places, so that an undo can be undone.
	replaced := m.Holder
	m.Holder, m.Previous = *m.Previous, &replaced
	m.Shown = time.Time{}
	if m.Holder.Late {
		m.do(Clear{edge.ClearExpired})
		return
	}
	m.greet(in.NewPrompt, cmp.Or(m.Holder.Event, replaced.Event))
}

func (in Pause) apply(m *move) {
	if in.Minutes <= 0 {
		if !m.Paused.IsZero() {
			m.resume()
		}
		return
	}
	if m.Phase == Parting {
		m.vacate()
	}
	m.Paused = m.at.Add(min(time.Duration(in.Minutes)*time.Minute, maxPause))
	m.Shown = time.Time{}
	m.do(Clear{edge.ClearPaused})
}

// resume ends a pause. Whoever stands there was welcomed without the screen and is not greeted again.
func (m *move) resume() {
	m.Paused = time.Time{}
	if m.Phase == Idling {
		m.do(Idle{})
	}
}

func (in Forgotten) apply(m *move) {
	if in.Customer == edge.Stranger {
		return
	}
	m.forgetParked(in.Customer)
	if m.Previous != nil && m.Previous.Customer == in.Customer {
		m.Previous = nil
	}
	if m.Holder.Customer == in.Customer {
		m.strip(edge.ClearForgotten)
	}
}

// strip takes the customer off the lane; an open checkout goes on as a stranger's.
func (m *move) strip(reason edge.ClearReason) {
	if m.Phase != Serving {
		m.leave(reason)
		return
	}
	m.Holder, m.Previous, m.Shown = Holder{}, nil, time.Time{}
	m.do(Clear{reason})
}
