// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"fmt"
	"time"
)

// An order to forget cannot be undone, and every box carries it out. A store that was taken over shall not empty the chain
// in a night: what it orders beyond a day's number waits in its box, and people are told.

const (
	ordersADay = 200 // new orders to forget of one store, in a day of UTC
	holdFor    = 15 * time.Minute
	dayFactor  = 1_000_000 // a day and a count are kept as one number
)

// Held says that orders to forget were not taken, since a store has given too many today. The box keeps them, and sends
// them again.
type Held struct {
	Orders int
	Retry  time.Duration
}

func (h *Held) Error() string {
	return fmt.Sprintf("this store has ordered %d customers to be forgotten today; %d orders wait for tomorrow", ordersADay, h.Orders)
}

func valueOrders(store string) string { return "orders " + store }

// ordersToday is how many orders were taken of a store today; one more than ordersADay when some are held back.
func (w *work) ordersToday(store string) (int64, error) {
	last, err := w.number(valueOrders(store))
	if err != nil || last/dayFactor != w.today() {
		return 0, err
	}
	return last % dayFactor, nil
}

func (w *work) today() int64 { return w.now.Unix() / 86_400 }

// mayOrder counts a new order of the store, and reports whether it is taken today.
func (w *work) mayOrder() (bool, error) {
	if w.store == "" {
		return true, nil
	}
	count, err := w.ordersToday(w.store)
	if err != nil {
		return false, err
	}
	if count >= ordersADay {
		w.held++
	}
	if count > ordersADay {
		return false, nil
	}
	return count < ordersADay, w.putNumber(valueOrders(w.store), w.today()*dayFactor+count+1)
}

// hold says what was held back of a call's orders.
func (h *HQ) hold(ctx context.Context, store string, held int) error {
	if held == 0 {
		return nil
	}
	h.opt.Log.ErrorContext(ctx, "a store orders more customers to be forgotten in a day than is believed; the rest is held back: was it taken over?",
		"store", store, "taken", ordersADay, "held", held)
	return &Held{Orders: held, Retry: holdFor}
}
