// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"fmt"
	"math/rand/v2"
	"time"

	"redbench/edge"
)

// lane is one till through the day.
type lane struct {
	day    DayOptions
	index  int
	name   string
	run    string // letters that are new for each day, so that its ids are too
	crowd  *crowd
	random *rand.Rand

	clock   time.Time
	closes  time.Time
	cashier string
	open    bool
	events  int
	baskets int
	said    []Timed
}

var cashiers = []string{"jo", "amira", "ben", "lotte", "femi", "paula", "kit", "danuta"}

// halfTime is when the second shift takes over, as a share of the day.
const halfTime = .5

func newLane(o DayOptions, index int, name, run string, c *crowd) *lane {
	random := stream(o.Seed, "lane", name)
	l := &lane{day: o, index: index, name: name, run: run, crowd: c, random: random,
		clock: o.Open.Add(settle(random)), closes: o.Open.Add(o.Length)}
	return l
}

// settle spreads the first customers, so that the lanes do not begin in step.
func settle(random *rand.Rand) time.Duration { return time.Duration(2+random.IntN(20)) * time.Second }

// serve takes the lane through its next customer, or through a pause while it is quiet; false once the lane is closed.
func (l *lane) serve() bool {
	if !l.clock.Before(l.closes) {
		l.endShift()
		return false
	}
	if !l.wanted() {
		l.endShift()
		l.pass(10 * time.Minute)
		return true
	}
	l.shift()
	l.visit()
	l.pass(l.day.gap(l.random, l.clock))
	return true
}

// pass lets a quiet time go by, which ends at closing time at the latest: the till is not left signed in.
func (l *lane) pass(quiet time.Duration) {
	if !l.clock.Before(l.closes) {
		return
	}
	l.clock = l.clock.Add(quiet)
	if l.clock.After(l.closes) {
		l.clock = l.closes
	}
}

// wanted tells whether this lane is open at this hour: the third and later ones only when it is busy.
func (l *lane) wanted() bool {
	return l.index < 2 || l.day.busy(l.clock) >= .6
}

// shift lets a cashier sit down, and the next one at half-time.
func (l *lane) shift() {
	second := 0
	if float64(l.clock.Sub(l.day.Open)) > halfTime*float64(l.day.Length) {
		second = 1
	}
	who := cashiers[(2*l.index+second)%len(cashiers)]
	if l.open && who == l.cashier {
		return
	}
	l.endShift()
	l.cashier, l.open = who, true
	l.say(edge.ShiftStarted, Checkout{Cashier: who})
	l.wait(2, 4)
}

func (l *lane) endShift() {
	if l.open {
		l.say(edge.ShiftEnded, Checkout{Cashier: l.cashier})
		l.open = false
	}
}

// say adds an event to the day; once in a hundred times the till did not hear the broker and sends it again.
func (l *lane) say(kind edge.EventType, data any) {
	l.events++
	event := Event{
		ID:     fmt.Sprintf("%s-%s-%05d", l.run, l.name, l.events),
		Source: "/till/" + l.name,
		Type:   kind,
		Data:   data,
	}
	said := Timed{At: l.clock, Store: l.day.Store, Lane: l.name, Event: event}
	l.said = append(l.said, said)
	if l.random.IntN(100) == 0 {
		l.wait(1, 2)
		said.At, said.Repeat = l.clock, true
		l.said = append(l.said, said)
	}
}

// wait lets between low and high seconds pass.
func (l *lane) wait(low, high float64) {
	seconds := low + (high-low)*l.random.Float64()
	l.clock = l.clock.Add(time.Duration(seconds * float64(time.Second)).Round(time.Millisecond))
}

// newCheckout names the next checkout.
func (l *lane) newCheckout() string {
	l.baskets++
	return fmt.Sprintf("%s-%s-%d", l.run[:4], l.name, l.baskets)
}
