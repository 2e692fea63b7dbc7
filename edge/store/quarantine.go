// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"redbench/edge"
)

// refused keeps an event that could not be accepted. The same message refused again for the same reason is counted on its
// row, since a till that is not understood sends again and again; beyond the cap everything is counted only.
func (w *work) refused(e *edge.Entry) error {
	r := e.Refused
	if r == nil {
		return nil
	}
	// Without the payload two refusals cannot be told apart by content; then the event's own id has to serve.
	payload := r.Payload
	if len(payload) == 0 {
		payload = []byte(r.ID)
	}
	digest := w.opt.Seal.Digest([]byte("refused"), []byte(r.Topic), []byte(r.Reason), payload)
	n, err := w.changed(`UPDATE quarantine SET times = times + 1 WHERE digest = ?`, digest[:])
	if err != nil || n > 0 {
		return err
	}
	room, err := w.room(len(r.Payload))
	if err != nil {
		return fmt.Errorf("measuring quarantine: %w", err)
	}
	if !room {
		return w.tally(tallyUnkept, 1)
	}
	var sealed []byte
	if len(r.Payload) > 0 {
		sealed = w.opt.Seal.SealOwn("quarantine "+string(digest[:]), r.Payload)
	}
	err = w.exec(`INSERT INTO quarantine (id, topic, lane, reason, detail, size, digest, sealed, times, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)`,
		r.ID, r.Topic, r.Lane, r.Reason, r.Detail, r.Size, digest[:], sealed, micros(r.At))
	if err != nil {
		return fmt.Errorf("keeping a refused event: %w", err)
	}
	return nil
}

// room reports whether quarantine may take n more bytes. A count over a capped table is cheap enough for what should be
// rare, and cannot drift as a counter can.
func (w *work) room(n int) (bool, error) {
	var rows int
	var bytes int64
	err := w.tx.QueryRowContext(w.ctx, `SELECT count(*), coalesce(sum(length(sealed)), 0) FROM quarantine`).Scan(&rows, &bytes)
	return rows < w.opt.QuarantineCount && bytes+int64(n) <= w.opt.QuarantineBytes, err
}

// QuarantineBytes is what the sealed payloads of refused events take.
func (s *Store) QuarantineBytes(ctx context.Context) (n int64, err error) {
	err = s.read.QueryRowContext(context.WithoutCancel(ctx), `SELECT coalesce(sum(length(sealed)), 0) FROM quarantine`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("measuring quarantine: %w", err)
	}
	return n, nil
}

const quarantineColumns = `SELECT id, topic, reason, detail, size, at FROM quarantine`

// Quarantine lists refused events, the newest first, at most limit of them.
func (s *Store) Quarantine(ctx context.Context, limit int) ([]edge.Quarantined, error) {
	rows, err := s.read.QueryContext(ctx, quarantineColumns+` ORDER BY seq DESC LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("reading quarantine: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []edge.Quarantined
	for rows.Next() {
		var q edge.Quarantined
		var at int64
		if err := rows.Scan(&q.ID, &q.Topic, &q.Reason, &q.Detail, &q.Size, &at); err != nil {
			return nil, fmt.Errorf("reading quarantine: %w", err)
		}
		q.At = moment(at)
		list = append(list, q)
	}
	return list, rows.Err()
}

// QuarantinedByID gives a refused event, or edge.ErrNotFound. Where several have the id, it is the newest. What a till sent
// stays sealed.
func (s *Store) QuarantinedByID(ctx context.Context, id string) (edge.Quarantined, error) {
	var q edge.Quarantined
	var at int64
	err := s.read.QueryRowContext(ctx, quarantineColumns+` WHERE id = ? ORDER BY seq DESC LIMIT 1`, id).
		Scan(&q.ID, &q.Topic, &q.Reason, &q.Detail, &q.Size, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return q, edge.ErrNotFound
	}
	if err != nil {
		return q, fmt.Errorf("reading quarantine: %w", err)
	}
	q.At = moment(at)
	return q, nil
}
