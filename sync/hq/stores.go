// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"redbench/edge"
	"redbench/sync/link"
	"redbench/sync/wire"
)

// StoreView is a store as people see it.
type StoreView struct {
	ID            string          `json:"store"`
	Added         time.Time       `json:"added"`
	Enrolled      time.Time       `json:"enrolled,omitzero"`
	Revoked       time.Time       `json:"revoked,omitzero"`
	Seen          time.Time       `json:"seen,omitzero"`         // last status
	ClockOff      time.Duration   `json:"clock_off_ns"`          // how far the box's clock is ahead of ours
	PlaybookGiven int             `json:"playbook_given"`        // 0: none from here
	OwedErasures  int             `json:"owed_erasures"`         // receipts that it has not given
	OwedSince     time.Time       `json:"owed_since,omitzero"`   // the oldest of them
	Status        *wire.BoxStatus `json:"status,omitempty"`      // nil: none yet
	CodeExpires   time.Time       `json:"code_expires,omitzero"` // of a code that was not used yet
	OrdersHeld    bool            `json:"orders_held,omitempty"` // it orders too many to be forgotten today; the rest waits in its box
	Boxes         int             `json:"boxes"`                 // how many are alive under its name; more than 1: a copied box
}

// Stores lists all stores by id: when each was last heard of, what waits in it, what it owes.
func (h *HQ) Stores(ctx context.Context) (out []StoreView, err error) {
	err = h.view(ctx, "", func(w *work) error {
		owed, err := w.tx.Owing("")
		if err != nil {
			return err
		}
		rows, err := w.tx.Stores()
		if err != nil {
			return err
		}
		of := map[string][]Owed{} // the oldest first
		for _, o := range owed {
			of[o.Store] = append(of[o.Store], o)
		}
		for _, r := range rows {
			view, err := viewOf(r, of[r.ID], w.now)
			if err != nil {
				return err
			}
			count, err := w.ordersToday(r.ID)
			if err != nil {
				return err
			}
			view.OrdersHeld = count > ordersADay
			out = append(out, view)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing stores: %w", err)
	}
	return out, nil
}

func viewOf(r StoreRow, owed []Owed, now time.Time) (StoreView, error) {
	v := StoreView{ID: r.ID, Added: r.Added, Enrolled: r.Enrolled, Revoked: r.Revoked, Seen: r.Seen, ClockOff: r.Offset,
		PlaybookGiven: r.Playbook, CodeExpires: r.Code, Boxes: alive(r.Boxes, now)}
	if v.OwedErasures = len(owed); len(owed) > 0 {
		v.OwedSince = time.UnixMicro(owed[0].Since).UTC()
	}
	if r.Status == nil {
		return v, nil
	}
	v.Status = &wire.BoxStatus{}
	if err := json.Unmarshal(r.Status, v.Status); err != nil {
		return v, fmt.Errorf("reading a store's status: %w", err)
	}
	return v, nil
}

// CodeLife is how long a one-time code is good for.
const CodeLife = 7 * 24 * time.Hour

var storeName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// AddStore makes a store known and gives the one-time code that its box enrols with, good for CodeLife. Of a store that
// is known, enrolled or revoked it makes a new code in place of an unused one; the credentials in use hold until that is
// used. Pin goes into the code: 10 bytes of the digest of the authority to trust, or nil.
func (h *HQ) AddStore(ctx context.Context, store string, pin []byte) (code string, err error) {
	if !storeName.MatchString(store) {
		return "", fmt.Errorf("adding a store: %q is not 1 to 64 letters, digits, _ or -", store)
	}
	made, err := link.NewCode(pin)
	if err != nil {
		return "", fmt.Errorf("adding store %q: %w", store, err)
	}
	err = h.update(ctx, "", func(w *work) error {
		row, err := w.tx.StoreRow(store)
		if errors.Is(err, edge.ErrNotFound) {
			row, err = StoreRow{ID: store, Added: w.now.UTC()}, nil
		}
		if err != nil {
			return err
		}
		row.Code = w.now.UTC().Add(CodeLife)
		return errors.Join(w.needEpoch(), w.tx.DeleteCodes(store, w.now), w.tx.PutStore(row),
			w.tx.PutCode(CodeRow{Hash: made.Sum(), Store: store, Expires: row.Code}))
	})
	if err != nil {
		return "", fmt.Errorf("adding store %q: %w", store, err)
	}
	return made.String(), nil
}

// RevokeStore voids a store's credentials and codes. It owes nothing from then on, and nothing is kept for it to be told: a
// box that enrols under its name later begins anew. An unknown one is edge.ErrNotFound.
func (h *HQ) RevokeStore(ctx context.Context, store string) error {
	err := h.update(ctx, "", func(w *work) error {
		row, err := w.tx.StoreRow(store)
		if err != nil {
			return err
		}
		row.Revoked, row.Serial, row.Next, row.Code = w.now.UTC(), 0, 0, time.Time{}
		if row.Dropped, err = w.next(); err != nil {
			return err
		}
		return errors.Join(w.tx.PutStore(row), w.tx.DeleteCodes(store, w.now), w.tx.OweNothing(store), w.tx.DeleteRelays(store, allPlaces),
			w.tx.DropFeed(store))
	})
	if err != nil {
		return fmt.Errorf("revoking store %q: %w", store, err)
	}
	return nil
}

// Status takes how a box is, and tells it what time it is and how far its outbox is known here.
func (h *HQ) Status(ctx context.Context, store string, s wire.BoxStatus) (wire.StatusAnswer, error) {
	answer := wire.StatusAnswer{}
	err := h.update(ctx, store, func(w *work) error {
		row, err := w.tx.StoreRow(store)
		if err != nil {
			return err
		}
		if row.Status, err = json.Marshal(s); err != nil {
			return err
		}
		row.Seen, row.Offset = w.now.UTC(), s.Clock.Sub(w.now)
		row.Boxes = heard(row.Boxes, s, row.Seen)
		if err := w.tx.PutStore(row); err != nil {
			return err
		}
		upto, err := w.tx.Upto(store, s.Box)
		if err != nil {
			return err
		}
		answer = wire.StatusAnswer{Now: w.now.UTC(), Upto: &upto}
		if answer.GivenUp, err = w.tx.GivenUp(store, s.Box); err != nil {
			return err
		}
		if s.PlaybookRefused == nil || s.PlaybookRefused.Version != row.Playbook {
			return nil
		}
		return w.withdraw(*s.PlaybookRefused)
	})
	if err != nil {
		return wire.StatusAnswer{}, fmt.Errorf("taking the status of store %q: %w", store, err)
	}
	return answer, nil
}
