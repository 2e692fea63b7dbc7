// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"context"
	"errors"
	"slices"

	"redbench/sync/hq"
)

// reader is the chain's warehouse: it follows the feed and keeps what that says.
type reader struct {
	cursor string
	items  map[itemKey]hq.FeedItem
	ids    map[string]string // of customers: every id to the one that she is kept under
}

type itemKey struct{ kind, id string }

func newReader() *reader { return &reader{items: map[itemKey]hq.FeedItem{}, ids: map[string]string{}} }

// read takes in what is new, a few items at a time.
func (r *reader) read(w *world) {
	for {
		limit := 1 + w.rng.IntN(50)
		var items []hq.FeedItem
		var cursor string
		err := w.office.ask("reading the feed on", func(ctx context.Context) (err error) {
			items, cursor, err = w.office.hq.Feed(ctx, r.cursor, limit)
			return err
		})
		if errors.Is(err, hq.ErrCursor) {
			w.say("the reader of the feed begins anew")
			*r = *newReader()
			continue
		}
		if err != nil {
			w.fail("the feed cannot be read on: %v", err)
			return
		}
		for _, item := range items {
			r.take(item)
		}
		r.cursor = cursor
		if len(items) < limit {
			return
		}
	}
}

func (r *reader) take(item hq.FeedItem) {
	switch {
	case item.Customer != nil:
		for _, id := range append(slices.Clone(item.Customer.Also), item.Customer.ID) {
			delete(r.items, itemKey{"customer", r.ids[id]})
			r.ids[id] = item.Customer.ID
		}
	case item.Erasure != nil:
		for _, id := range item.Erasure.Customers {
			r.forget(id)
		}
	}
	r.items[keyOf(item)] = item
}

// forget drops whoever has an id, and what is known of her.
func (r *reader) forget(id string) {
	her := r.canonical(id)
	delete(r.items, itemKey{"customer", her})
	for key, item := range r.items {
		switch {
		case item.Fact != nil && r.canonical(item.Fact.Customer) == her, item.Outcome != nil && r.canonical(item.Outcome.Customer) == her:
			delete(r.items, key)
		case item.Visit != nil && r.canonical(item.Visit.Customer) == her:
			visit := *item.Visit
			visit.Customer = ""
			item.Visit = &visit
			r.items[key] = item
		}
	}
}

// canonical gives the id that a customer is kept under: what was told before she was found to be another keeps her old one.
func (r *reader) canonical(id string) string {
	if now, is := r.ids[id]; is {
		return now
	}
	return id
}

// item gives what the feed said of something, under the customer's present id.
func (r *reader) item(key itemKey) (item hq.FeedItem, is bool) {
	item, is = r.items[key]
	item.Cursor = ""
	switch {
	case item.Fact != nil:
		fact := *item.Fact
		fact.Customer = r.canonical(fact.Customer)
		item.Fact = &fact
	case item.Visit != nil:
		visit := *item.Visit
		visit.Customer = r.canonical(visit.Customer)
		item.Visit = &visit
	case item.Outcome != nil:
		outcome := *item.Outcome
		outcome.Customer = r.canonical(outcome.Customer)
		item.Outcome = &outcome
	}
	return item, is
}

// takenBack reports whether an item is of somebody who has taken her consent back at some time: what was hers until then
// is a stranger's, which her own state tells.
func (r *reader) takenBack(item hq.FeedItem) bool {
	id := ""
	switch {
	case item.Visit != nil:
		id = item.Visit.Customer
	case item.Outcome != nil:
		id = item.Outcome.Customer
	}
	her := r.items[itemKey{"customer", id}].Customer
	return her != nil && !her.Unlearnt.IsZero()
}

// estrange takes an item's customer off.
func estrange(item *hq.FeedItem) {
	if item.Visit != nil {
		visit := *item.Visit
		visit.Customer = ""
		item.Visit = &visit
	}
	if item.Outcome != nil {
		outcome := *item.Outcome
		outcome.Customer = ""
		item.Outcome = &outcome
	}
}

func keyOf(item hq.FeedItem) itemKey {
	id := ""
	switch {
	case item.Customer != nil:
		id = item.Customer.ID
	case item.Fact != nil:
		id = item.Fact.ID
	case item.Visit != nil:
		id = item.Visit.ID
	case item.Outcome != nil:
		id = item.Outcome.ID
	case item.Summary != nil:
		id = item.Summary.ID
	case item.Erasure != nil:
		id = item.Erasure.ID
	}
	return itemKey{item.Kind, id}
}
