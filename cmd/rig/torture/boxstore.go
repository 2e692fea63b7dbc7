// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"context"
	"time"

	"redbench/edge"
	"redbench/edge/store"
)

// boxStore lets the power fail around the transactions of one machine.
type boxStore struct {
	*store.Store
	m *machine
}

// around does one transaction, unless the power goes out before it, or after.
func (s *boxStore) around(what string, f func() error) error {
	if s.m.dead {
		return errCut
	}
	if s.m.w.cut() {
		s.m.w.say("%s: the power goes out before %s", s.m.name, what)
		s.m.dead = true
		return errCut
	}
	if err := f(); err != nil {
		return err
	}
	if s.m.w.cut() {
		s.m.w.say("%s: the power goes out after %s", s.m.name, what)
		s.m.dead = true
		return errCut
	}
	return nil
}

func (s *boxStore) Commit(ctx context.Context, entries []edge.Entry) (results []edge.Result, err error) {
	err = s.around("an entry", func() error {
		results, err = s.Store.Commit(ctx, entries)
		return err
	})
	return results, err
}

func (s *boxStore) Forget(ctx context.Context, id edge.Identifier) (gone store.Forgotten, err error) {
	err = s.around("forgetting", func() error {
		gone, err = s.Store.Forget(ctx, id)
		return err
	})
	return gone, err
}

func (s *boxStore) StartOutbox(ctx context.Context) error {
	return s.around("starting the outbox", func() error { return s.Store.StartOutbox(ctx) })
}

func (s *boxStore) Offer(ctx context.Context, progress func(edge.ImportProgress)) error {
	return s.around("an offer", func() error {
		// The daemon sends beside an offer, which waits while the outbox is full. Here one thing happens at a time: an offer
		// that would wait is taken up at the next round.
		until := &untilItWaits{Context: ctx}
		err := s.Store.Offer(until, progress)
		if until.waits && ctx.Err() == nil {
			return nil
		}
		return err
	})
}

// untilItWaits is a context that ends as soon as somebody waits for its end.
type untilItWaits struct {
	context.Context
	waits bool
}

func (u *untilItWaits) Done() <-chan struct{} {
	u.waits = true
	ended := make(chan struct{})
	close(ended)
	return ended
}

func (u *untilItWaits) Err() error {
	if u.waits {
		return context.Canceled
	}
	return u.Context.Err()
}

func (s *boxStore) Pending(ctx context.Context, after uint64, limit, bytes int) (records []edge.Record, err error) {
	err = s.around("reading the outbox", func() error {
		records, err = s.Store.Pending(ctx, after, limit, bytes)
		return err
	})
	records = s.m.plantInRecords(records)
	s.m.sayRecords(records)
	return records, err
}

func (s *boxStore) Trying(ctx context.Context, upto uint64) error {
	return s.around("an attempt", func() error { return s.Store.Trying(ctx, upto) })
}

func (s *boxStore) Acknowledged(ctx context.Context, box string, upto uint64) error {
	s.m.w.say("%s: acknowledged up to %d of box %s", s.m.name, upto, box)
	return s.around("an acknowledgement", func() error { return s.Store.Acknowledged(ctx, box, upto) })
}

func (s *boxStore) NewBox(ctx context.Context) (place edge.Place, err error) {
	if s.m.w.plants(bugKeepBox) {
		s.m.w.say("PLANTED: %s keeps its box id", s.m.name)
		return s.Store.Place(ctx)
	}
	err = s.around("a new box id", func() error {
		place, err = s.Store.NewBox(ctx)
		return err
	})
	s.m.w.say("%s: new box id %s", s.m.name, place.Box)
	for _, former := range place.Former { // what was sent under it and comes late is refused
		s.m.w.ledger.mayConflict[former] = true
	}
	return place, err
}

func (s *boxStore) Orders(ctx context.Context) ([]edge.Order, error) {
	if s.m.dead {
		return nil, errCut
	}
	return s.Store.Orders(ctx)
}

func (s *boxStore) Ordered(ctx context.Context, ids []string) error {
	return s.around("noting orders", func() error { return s.Store.Ordered(ctx, ids) })
}

func (s *boxStore) Apply(ctx context.Context, page edge.Page) (applied edge.Applied, err error) {
	if s.m.w.plants(bugCursorFirst) {
		if _, err := s.Store.Apply(ctx, edge.Page{Cursor: page.Cursor, More: page.More}); err != nil {
			return applied, err
		}
		if !s.m.w.calm && s.m.w.chance(0.5) {
			s.m.w.say("PLANTED: %s loses its power between the cursor and the page", s.m.name)
			s.m.dead = true
			return applied, errCut
		}
	}
	s.m.furthest = page.Cursor
	page = s.m.plantInPage(page)
	s.m.sayPage(page)
	err = s.around("a page", func() error {
		applied, err = s.Store.Apply(ctx, page)
		return err
	})
	return applied, err
}

func (s *boxStore) TakeFound(ctx context.Context, found edge.Found) (ref edge.CustomerRef, err error) {
	err = s.around("whom head office found", func() error {
		ref, err = s.Store.TakeFound(ctx, found)
		return err
	})
	return ref, err
}

func (s *boxStore) Cursor(ctx context.Context) (cursor string, asked time.Time, err error) {
	cursor, asked, err = s.Store.Cursor(ctx)
	if s.m.w.plants(bugTombstoneLost) && s.m.furthest != "" {
		cursor = s.m.furthest
	}
	return cursor, asked, err
}

func (s *boxStore) StartOver(ctx context.Context) error {
	s.m.w.say("%s: starts over with head office", s.m.name)
	return s.around("starting over", func() error { return s.Store.StartOver(ctx) })
}
