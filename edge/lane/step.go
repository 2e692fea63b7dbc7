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
	case !s.Paused.IsZero():
		return Clear{edge.ClearPaused}
	case s.Phase == Parting:
		return Farewell{Prompt: s.Holder.Prompt, Customer: s.Holder.Customer, Checkout: s.Checkout}
	case !s.Shown.IsZero():
		return Greet{Customer: s.Holder.Customer, Prompt: s.Holder.Prompt, Event: s.Holder.Event, Checkout: s.Checkout}
	case s.Phase == Idling:
		return Idle{}
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

// blank empties the screen. During a pause it says just that: whatever else came last would take the pause, and the way
// out of it, off the screen while it still holds.
func (m *move) blank(reason edge.ClearReason) {
	if m.Paused.IsZero() {
		m.do(Clear{reason})
	} else if n := len(m.effects); n == 0 || m.effects[n-1] != (Clear{edge.ClearPaused}) {
		m.do(Clear{edge.ClearPaused})
	}
}

// hide forgets the prompt that is, or would be, on the screen.
func (m *move) hide() { m.Shown, m.Withheld = time.Time{}, Withheld{} }

// passed reports whether a moment that means something has come.
func (m *move) passed(t time.Time) bool { return !t.IsZero() && !t.After(m.at) }

// due lets happen what the clock brings. A pause ends last, so that it greets nobody whose time is over as well.
func (m *move) due() {
	if m.passed(m.Until) {
		m.over()
	}
	if m.passed(m.Shown) {
		m.hide()
		m.blank(edge.ClearExpired)
	}
	if m.passed(m.Paused) {
		m.resume()
	}
}

// over ends a phase that nobody ended.
func (m *move) over() {
	switch m.Phase {
	case Greeted:
		m.leave(edge.ClearExpired)
	case Serving:
		m.park(Expired, m.Heard)
		m.leave(edge.ClearExpired)
	case Parting:
		m.idle()
	}
}

// leave blanks the screen, and nobody holds the lane.
func (m *move) leave(reason edge.ClearReason) {
	m.blank(reason)
	m.idle()
}

func (m *move) idle() {
	m.vacate()
	if !m.Paused.IsZero() {
		m.blank(edge.ClearPaused)
		return
	}
	m.do(Idle{})
}

// vacate forgets who holds the lane. Whoever comes next finds nothing of her.
func (m *move) vacate() {
	m.Phase, m.Checkout, m.Late = Idling, "", false
	m.Begun, m.Heard, m.Until, m.Loose = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	m.Holder, m.Previous = Holder{}, nil
	m.hide()
}

// greet shows the holder's prompt, caused by an event; in a pause, once that ends.
func (m *move) greet(prompt, event string) {
	m.hide()
	if !m.Paused.IsZero() {
		m.Withheld = Withheld{Prompt: prompt, Event: event, Until: m.at.Add(m.t.Prompt)}
		return
	}
	m.show(prompt, event, m.at.Add(m.t.Prompt))
}

func (m *move) show(prompt, event string, until time.Time) {
	m.Holder.Prompt, m.Holder.Event, m.Shown = prompt, event, until
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
	m.Loose = time.Time{}
	// The two change places, so that an undo can be undone.
	replaced := m.Holder
	m.Holder, m.Previous = *m.Previous, &replaced
	m.hide()
	if m.Holder.Late {
		m.blank(edge.ClearExpired)
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
	if !m.Shown.IsZero() {
		m.Withheld = Withheld{Prompt: m.Holder.Prompt, Event: m.Holder.Event, Until: m.Shown}
	}
	m.Shown, m.Paused = time.Time{}, m.at.Add(min(time.Duration(in.Minutes)*time.Minute, maxPause))
	m.blank(edge.ClearPaused)
}

// resume ends a pause, and its screen in any case. Whoever stands there is greeted if her prompt would still be shown: a
// cashier who asks for prompts again looks for hers first.
func (m *move) resume() {
	withheld := m.Withheld
	m.Paused, m.Withheld = time.Time{}, Withheld{}
	switch {
	case m.Phase == Idling:
		m.do(Idle{})
	case withheld.Until.After(m.at):
		m.show(withheld.Prompt, withheld.Event, withheld.Until)
	default:
		m.blank(edge.ClearExpired)
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
	m.Holder, m.Previous, m.Loose = Holder{}, nil, time.Time{}
	m.hide()
	m.blank(reason)
}
