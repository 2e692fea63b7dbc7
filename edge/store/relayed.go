// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"redbench/edge"
)

// A vendor's event comes in the transaction of its page and leaves when its lane has made it durable: between the two it
// must outlive a power cut, since head office deletes what the cursor has passed.

func relayedLabel(id string) string { return "relayed " + id }

// keepRelayed keeps an event until RelayedDone.
func (w *work) keepRelayed(e edge.Relayed) error {
	plain, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("keeping a relayed event: %w", err)
	}
	since := w.opt.Now().Add(-time.Duration(e.Waited) * time.Millisecond)
	err = w.exec(`INSERT INTO relayed (id, body, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
		e.ID, w.opt.Seal.SealOwn(relayedLabel(e.ID), plain), since.UnixMicro())
	if err != nil {
		return fmt.Errorf("keeping a relayed event: %w", err)
	}
	return nil
}

// Relayed gives events that wait to be taken to their lanes, in the order that they came, with how long they have waited
// until now. One that is damaged is logged and dropped: nobody will ever read it.
func (s *Store) Relayed(ctx context.Context, limit int) ([]edge.Relayed, error) {
	events, damaged, err := s.readRelayed(ctx, limit)
	if err == nil && len(damaged) > 0 {
		s.opt.Log.Error("relayed events are damaged, and are dropped", "events", len(damaged))
		err = s.RelayedDone(ctx, damaged)
	}
	if err != nil {
		return nil, fmt.Errorf("reading relayed events: %w", err)
	}
	return events, nil
}

func (s *Store) readRelayed(ctx context.Context, limit int) (events []edge.Relayed, damaged []string, err error) {
	rows, err := s.read.QueryContext(context.WithoutCancel(ctx), `SELECT id, body, at FROM relayed ORDER BY number LIMIT ?`, limit)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var body []byte
		var at int64
		if err := rows.Scan(&id, &body, &at); err != nil {
			return nil, nil, err
		}
		var e edge.Relayed
		plain, err := s.opt.Seal.OpenOwn(relayedLabel(id), body)
		if errors.Join(err, json.Unmarshal(plain, &e)) != nil {
			damaged = append(damaged, id)
			continue
		}
		// A clock that was set back in between must not make it younger than it was.
		e.Waited = max(e.Waited, s.opt.Now().Sub(moment(at)).Milliseconds())
		events = append(events, e)
	}
	return events, damaged, rows.Err()
}

// RelayedDone drops events that their lanes have made durable.
func (s *Store) RelayedDone(ctx context.Context, ids []string) error {
	err := s.working(ctx, func(w *work) error {
		for _, id := range ids {
			if err := w.exec(`DELETE FROM relayed WHERE id = ?`, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("dropping relayed events: %w", err)
	}
	return nil
}
