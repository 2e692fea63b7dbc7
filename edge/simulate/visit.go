// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"fmt"

	"redbench/edge"
)

// visit is one customer at the till, in one of the ways in which it goes.
func (l *lane) visit() {
	who := -1
	if l.random.Float64() < l.day.Members {
		who = l.crowd.next(l.clock, l.day.Steady)
	}
	if who < 0 {
		l.strangerVisit()
		return
	}
	person := l.day.Chain.Customers[who]
	switch dice := l.random.IntN(100); {
	case dice < 5:
		l.secondCard(person)
	case dice < 7:
		l.removedCard(person)
	case dice < 10:
		l.suspended(person)
	case dice < 12:
		l.cancelled(person)
	case dice < 14:
		l.leftStanding(person)
	case dice < 15:
		l.onlyCard(person)
	case dice < 17:
		l.tooLate(person)
	default:
		l.usualVisit(person)
	}
}

// usualVisit has the card before the first thing is scanned, right after, or somewhere on the way.
func (l *lane) usualVisit(person Person) {
	items := l.day.Chain.basket(l.random, person, l.clock)
	checkout := l.newCheckout()
	switch dice := l.random.IntN(100); {
	case dice < 45:
		l.card(person, "")
		l.wait(2, 6)
		l.start(checkout)
		l.scan(checkout, items)
	case dice < 88:
		l.start(checkout)
		l.wait(1, 4)
		l.card(person, checkout)
		l.scan(checkout, items)
	default:
		l.start(checkout)
		l.scan(checkout, items)
		l.card(person, checkout)
		l.wait(4, 9)
	}
	l.complete(checkout, l.withReturn(items))
}

// strangerVisit is somebody without a card, or with one that nobody here knows.
func (l *lane) strangerVisit() {
	checkout := l.newCheckout()
	l.start(checkout)
	if l.random.IntN(12) == 0 {
		l.wait(2, 4)
		unknown := fmt.Sprintf("29999%08d", l.random.IntN(1e8))
		l.say(edge.LoyaltyPresented, Presented{Identifier: unknown, Kind: edge.KindCard, Method: "scan", Checkout: checkout})
	}
	items := l.day.Chain.extras(l.random, nil, 1+l.random.IntN(3), l.clock)
	l.scan(checkout, items)
	l.complete(checkout, items)
}

// secondCard is the wrong card first: somebody else's from the same purse.
func (l *lane) secondCard(person Person) {
	other := pick(l.random, l.day.Chain.Customers)
	checkout := l.newCheckout()
	items := l.day.Chain.basket(l.random, person, l.clock)
	l.start(checkout)
	l.wait(1, 3)
	l.card(other, checkout)
	l.wait(5, 9)
	l.card(person, checkout)
	l.scan(checkout, items)
	l.complete(checkout, items)
}

// removedCard is taken back again: she does not want to collect today.
func (l *lane) removedCard(person Person) {
	checkout := l.newCheckout()
	items := l.day.Chain.basket(l.random, person, l.clock)
	l.start(checkout)
	l.wait(1, 3)
	l.card(person, checkout)
	l.wait(6, 10)
	l.say(edge.LoyaltyRemoved, Checkout{Checkout: checkout})
	l.scan(checkout, items)
	l.complete(checkout, items)
}

// suspended goes back for something she forgot; the next in the queue is served meanwhile.
func (l *lane) suspended(person Person) {
	checkout := l.newCheckout()
	items := l.day.Chain.basket(l.random, person, l.clock)
	l.start(checkout)
	l.wait(1, 3)
	l.card(person, checkout)
	l.scan(checkout, items)
	l.say(edge.CheckoutSuspended, Checkout{Checkout: checkout})
	l.wait(4, 8)
	l.strangerVisit()
	l.wait(4, 8)
	l.say(edge.CheckoutResumed, Checkout{Checkout: checkout})
	more := l.day.Chain.extras(l.random, items, 1, l.clock)
	l.scan(checkout, more)
	l.complete(checkout, append(items, more...))
}

// cancelled is given up: the purse is at home.
func (l *lane) cancelled(person Person) {
	checkout := l.newCheckout()
	l.card(person, "")
	l.wait(2, 5)
	l.start(checkout)
	l.scan(checkout, l.day.Chain.basket(l.random, person, l.clock))
	l.say(edge.CheckoutCancelled, Checkout{Checkout: checkout, Reason: "customer left"})
}

// leftStanding is a checkout that is never completed: the till was restarted in the middle of it.
func (l *lane) leftStanding(person Person) {
	checkout := l.newCheckout()
	l.start(checkout)
	l.wait(1, 3)
	l.card(person, checkout)
	l.scan(checkout, l.day.Chain.basket(l.random, person, l.clock))
	l.wait(20, 60)
}

// onlyCard asks something and buys nothing.
func (l *lane) onlyCard(person Person) {
	l.card(person, "")
	l.wait(15, 40)
}

// tooLate finds the card when all is paid.
func (l *lane) tooLate(person Person) {
	checkout := l.newCheckout()
	items := l.day.Chain.basket(l.random, person, l.clock)
	l.start(checkout)
	l.scan(checkout, items)
	l.complete(checkout, items)
	l.wait(3, 6)
	l.card(person, checkout)
}

// card is shown; a person with two ways to be known uses the second now and then.
func (l *lane) card(person Person, checkout string) {
	id := person.Identifiers[0]
	if l.random.IntN(4) == 0 {
		id = person.Identifiers[len(person.Identifiers)-1]
	}
	method := pick(l.random, []string{"tap", "tap", "scan"})
	if id.Kind == edge.KindPhone || id.Kind == edge.KindEmail {
		method = "typed"
	}
	before := len(l.said)
	l.say(edge.LoyaltyPresented, Presented{Identifier: id.Value, Kind: id.Kind, Method: method, Checkout: checkout})
	for i := before; i < len(l.said); i++ {
		l.said[i].Person = person.ID
	}
}

func (l *lane) start(checkout string) {
	l.say(edge.CheckoutStarted, Checkout{Checkout: checkout, Cashier: l.cashier})
}

// scan puts the things into the basket one by one; once in a while one is taken off and put back.
func (l *lane) scan(checkout string, items []edge.Item) {
	for _, item := range items {
		l.wait(3, 8)
		l.say(edge.CheckoutItem, Scanned{checkout, item})
		if l.random.IntN(40) == 0 {
			l.takeOff(checkout, item)
		}
	}
	l.wait(6, 14) // paying
}

func (l *lane) takeOff(checkout string, item edge.Item) {
	l.wait(2, 4)
	off := item
	off.Quantity, off.AmountMinor = -item.Quantity, -item.AmountMinor
	l.say(edge.CheckoutItem, Scanned{checkout, off})
	l.wait(2, 4)
	l.say(edge.CheckoutItem, Scanned{checkout, item})
}

// withReturn adds, rarely, something brought back from last time.
func (l *lane) withReturn(items []edge.Item) []edge.Item {
	if l.random.IntN(33) != 0 {
		return items
	}
	back := pieces(pick(l.random, l.day.Chain.byGroup["grocery"]), 1)
	back.Quantity, back.AmountMinor = -back.Quantity, -back.AmountMinor
	return append(items[:len(items):len(items)], back)
}

func (l *lane) complete(checkout string, items []edge.Item) {
	total := int64(0)
	for _, item := range items {
		total += item.AmountMinor
	}
	l.say(edge.CheckoutCompleted, Completed{checkout, items, total, Currency})
}
