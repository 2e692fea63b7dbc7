// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

// FeedItem is one thing of everything that is known, in the order of last changes. Exactly one of the pointers is set.
type FeedItem struct {
	Cursor   string              `json:"cursor,omitempty"` // from it the feed goes on after this item
	Kind     string              `json:"kind"`             // customer, fact, visit, outcome, summary, erasure
	Store    string              `json:"store,omitempty"`  // who told it; absent: head office
	At       time.Time           `json:"at,omitzero"`
	Customer *edge.CustomerState `json:"customer,omitempty"` // with the chain's own id, where it has one
	Fact     *edge.FactState     `json:"fact,omitempty"`
	Visit    *edge.VisitState    `json:"visit,omitempty"`
	Outcome  *edge.OutcomeState  `json:"outcome,omitempty"`
	Summary  *edge.Summary       `json:"summary,omitempty"`
	Erasure  *edge.Erasure       `json:"erasure,omitempty"` // without tombstones
}

// Feed gives what changed after a cursor, in order, and the cursor after the last item; fewer items than limit: there is no
// more now. An empty cursor begins at the beginning. One of another history (a backup was restored here) fails with
// ErrCursor: its reader has to begin anew.
func (h *HQ) Feed(ctx context.Context, after string, limit int) (items []FeedItem, next string, err error) {
	items, next, _, err = h.FeedWithin(ctx, after, limit, math.MaxInt)
	return items, next, err
}

// feedStep is how many rows of the feed are read at a time: their bodies may be large.
const feedStep = 100

// FeedWithin is Feed with items of about so many bytes together at the most, one at least; more: there is more to be had. What
// cannot be told is left out, and said in the log.
func (h *HQ) FeedWithin(ctx context.Context, after string, limit, bytes int) (items []FeedItem, next string, more bool, err error) {
	err = h.view(ctx, "", func(w *work) error {
		epoch, err := w.epoch()
		if err != nil {
			return err
		}
		c, err := w.feedPlace(after, epoch)
		if err != nil {
			return err
		}
		pos := c.changes
		for more = true; more && len(items) < limit && bytes > 0; {
			asked := min(limit-len(items), feedStep)
			clear(w.people) // ten thousand need not be held at once
			rows, err := w.tx.EntitiesAfter(pos, asked)
			if err != nil {
				return err
			}
			more = len(rows) == asked
			for _, e := range rows {
				if bytes <= 0 {
					more = true
					break
				}
				pos = e.Pos
				item, err := w.item(e)
				if w.leaveOut("an item of the feed", err) {
					continue
				}
				if err != nil {
					return err
				}
				item.Cursor = w.feedCursor(c, pos)
				line, err := wire.Marshal(&item)
				if !w.travels("an item of the feed", err) {
					continue
				}
				bytes -= len(line)
				items = append(items, item)
			}
		}
		next = w.feedCursor(c, pos)
		return nil
	})
	if err = h.noticed(ctx, err); err != nil {
		return nil, "", false, fmt.Errorf("reading the feed: %w", err)
	}
	return items, next, more, nil
}

// feedCursor is signed, as a store's is.
func (h *HQ) feedCursor(c cursor, pos int64) string {
	text := fmt.Sprintf("f.%s.%d.%d.%x", c.epoch, pos, c.life.n, c.life.token)
	return text + "." + h.signed("", text)
}

// feedPlace reads what feedCursor wrote; its changes are the feed's position. The life that it gives is the current one.
func (w *work) feedPlace(text, epoch string) (c cursor, err error) {
	if text != "" {
		var numbers []int64
		if c, numbers, err = w.parts("", text, "f", 5); err != nil {
			return c, err
		}
		c.changes = numbers[0]
		if err := w.ours(c, epoch); err != nil {
			return c, err
		}
	}
	c.epoch = epoch
	c.life, err = w.life(valueLife)
	return c, err
}

// item opens an entity.
func (w *work) item(e Entity) (item FeedItem, err error) {
	item = FeedItem{Store: e.Store, At: time.UnixMicro(e.At).UTC()}
	switch e.Kind {
	case EntityCustomer:
		item.Kind = "customer"
		p, err := w.person(e.Number)
		if err != nil {
			return item, err
		}
		item.Customer = &p.state
	case EntityFact, EntityVoid:
		item.Kind = "fact"
		state, err := w.factState(e)
		if err != nil {
			return item, err
		}
		item.Fact = &state
	case EntityVisit:
		item.Kind = "visit"
		v, err := visitOf(e)
		if err != nil {
			return item, err
		}
		v.Customer, err = w.idOf(e.Number)
		item.Visit = &v
		return item, err
	case EntityOutcome:
		item.Kind, item.Outcome = "outcome", &edge.OutcomeState{}
		if err := json.Unmarshal(e.Body, item.Outcome); err != nil {
			return item, damaged(err)
		}
		item.Outcome.ID = e.ID
		item.Outcome.Customer, err = w.idOf(e.Number)
	case EntitySummary:
		item.Kind, item.Summary = "summary", &edge.Summary{}
		if err = json.Unmarshal(e.Body, item.Summary); err != nil {
			err = damaged(err)
		}
		item.Summary.ID = e.ID
	case EntityErasure:
		item.Kind = "erasure"
		row, err := w.tx.Erasure(e.ID)
		if err != nil {
			return item, err
		}
		row.Order.Tombstones = nil
		item.Erasure = &row.Order
	default:
		err = errors.New("the database holds something that this program does not know")
	}
	return item, err
}

// idOf is what names a customer everywhere; empty for a stranger, and for one who cannot be read any more.
func (w *work) idOf(number int64) (string, error) {
	if number == 0 {
		return "", nil
	}
	p, err := w.person(number)
	if w.leaveOut("a customer", err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return p.state.ID, nil
}
