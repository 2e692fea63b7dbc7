// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"redbench/edge"
	"redbench/edge/adapt"
)

const (
	// hookedKept is how long a vendor's event is known again, as long as a till's is on a box.
	hookedKept = 400 * 24 * time.Hour
	// relayKept is how long an event waits for a box that does not come. It may hold an identifier in clear.
	relayKept = 7 * 24 * time.Hour
	// mostRelays is how many events may wait for one store; its vendors are then asked to come again.
	mostRelays = 10_000
	// relayBytes is what a box takes of one event where nobody has set it otherwise.
	relayBytes = adapt.DefaultMaxSize
)

var (
	// ErrOtherEvent says that a vendor used an event's id before, with another content.
	ErrOtherEvent = errors.New("an event with this id was told before, with another content")
	// ErrNoBox says that an event is for a store that has no box.
	ErrNoBox = errors.New("no box of that store is enrolled here")
	// ErrManyRelays says that too many events wait for a store.
	ErrManyRelays = errors.New("as many events as can wait for that store do")
	// ErrRelaySize says that an event is longer than a box takes.
	ErrRelaySize = fmt.Errorf("an event is longer than %d bytes", relayBytes)
)

// RelayRow is an event on its way to a store, at its place in what that is to be told.
type RelayRow struct {
	Store string
	Pos   int64
	ID    string
	Lane  string
	Body  []byte // sealed
	At    int64  // when head office took it, microseconds
}

// Webhooks are what vendors told: what was told, by digests, and events that wait for their stores.
type Webhooks interface {
	Hooked(event [16]byte) (body [16]byte, err error)
	PutHooked(event, body [16]byte, at int64) error
	PutRelay(RelayRow) error
	Relay(store string, pos int64) (RelayRow, error)
	CountRelays(store string) (int, error)
	FirstRelay(store string) (pos int64, err error) // 0: none waits
	// DeleteRelays takes out a store's events up to and including a position, with their change rows.
	DeleteRelays(store string, upto int64) error
	// ForgetHooks does so with all events, and with digests, from before a moment each; it tells whether there were any.
	ForgetHooks(relays, hooked int64) (bool, error)
}

// Relay takes the events of one body of a vendor's, all or none, and has each told to its store. An event that was told
// before is not told again; taken counts the others. It fails with ErrOtherEvent, ErrNoBox, ErrManyRelays or ErrRelaySize.
func (h *HQ) Relay(ctx context.Context, vendor string, events []edge.Event) (taken int, err error) {
	err = h.update(ctx, "", func(w *work) error {
		taken = 0
		for _, e := range events {
			isNew, err := w.relay(vendor, e)
			if err != nil {
				return err
			}
			if isNew {
				taken++
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("taking a webhook of %q: %w", vendor, err)
	}
	return taken, nil
}

func (w *work) relay(vendor string, e edge.Event) (isNew bool, err error) {
	digest := w.opt.Keys.Digest
	event, body := digest([]byte("hooked"), []byte(vendor), []byte(e.Source), []byte(e.ID)), digest(adapt.Canonical(e))
	known, err := w.tx.Hooked(event)
	switch {
	case err == nil && known == body:
		return false, nil
	case err == nil:
		return false, ErrOtherEvent
	case !errors.Is(err, edge.ErrNotFound):
		return false, fmt.Errorf("looking a vendor's event up: %w", err)
	}
	if err := w.mayRelay(e.Store); err != nil {
		return false, err
	}
	text := adapt.Write(e)
	if len(text) > relayBytes {
		return false, ErrRelaySize
	}
	if err := w.tx.PutHooked(event, body, w.now.UnixMicro()); err != nil {
		return false, fmt.Errorf("remembering a vendor's event: %w", err)
	}
	return true, w.putRelay(e, text)
}

// mayRelay refuses to keep what nobody would come for.
func (w *work) mayRelay(store string) error {
	row, err := w.tx.StoreRow(store)
	if errors.Is(err, edge.ErrNotFound) {
		return ErrNoBox
	}
	if err != nil {
		return err
	}
	if row.Enrolled.IsZero() || !row.Revoked.IsZero() {
		return ErrNoBox
	}
	waiting, err := w.tx.CountRelays(store)
	if err == nil && waiting >= mostRelays {
		err = ErrManyRelays
	}
	return err
}

func (w *work) putRelay(e edge.Event, text []byte) error {
	row := RelayRow{Store: e.Store, ID: newID(), Lane: e.Lane, At: w.now.UnixMicro()}
	if err := w.announce(ChangeRow{Store: e.Store, Kind: edge.ChangeEvent, ID: row.ID}); err != nil {
		return err
	}
	row.Pos = w.changes[len(w.changes)-1].Pos
	row.Body = w.opt.Keys.SealOwn(relayLabel(row.ID), text)
	if err := w.tx.PutRelay(row); err != nil {
		return fmt.Errorf("keeping a vendor's event: %w", err)
	}
	return nil
}

func relayLabel(id string) string { return "relay " + id }

// relayed opens an event for the store that asks; nil for one that is gone, or has waited for too long.
func (w *work) relayed(row ChangeRow) (*edge.Relayed, error) {
	r, err := w.tx.Relay(row.Store, row.Pos)
	if errors.Is(err, edge.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	waited := max(0, w.now.Sub(time.UnixMicro(r.At)))
	if waited > relayKept {
		return nil, nil
	}
	text, err := w.opt.Keys.OpenOwn(relayLabel(r.ID), r.Body)
	if err != nil { // it is lost; what comes after it must not be
		w.opt.Log.Error("an event of a vendor's is damaged, and is left out", "store", row.Store, "error", err)
		return nil, nil
	}
	return &edge.Relayed{ID: r.ID, Lane: r.Lane, Payload: text, Waited: waited.Milliseconds()}, nil
}

// delivered deletes the events that a store's cursor has passed: its box has them.
func (h *HQ) delivered(ctx context.Context, store string, at cursor) error {
	return h.update(ctx, "", func(w *work) error {
		if epoch, err := w.epoch(); err != nil || epoch != at.epoch {
			return err
		}
		return w.tx.DeleteRelays(store, at.changes)
	})
}

// Tidy deletes events that no box came for within a week, and what makes a vendor's event known again after 400 days, and
// goes on with searches that were broken off. It is called at the start and now and then.
func (h *HQ) Tidy(ctx context.Context) error {
	return errors.Join(h.tidyHooks(ctx), h.searchAll(ctx))
}

func (h *HQ) tidyHooks(ctx context.Context) error {
	err := h.update(ctx, "", func(w *work) error {
		_, err := w.tx.ForgetHooks(w.now.Add(-relayKept).UnixMicro(), w.now.Add(-hookedKept).UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting old events of vendors: %w", err)
	}
	return nil
}

// allPlaces is after every position.
const allPlaces = math.MaxInt64
