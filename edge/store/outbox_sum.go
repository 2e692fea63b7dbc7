// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"redbench/edge"
)

// A sum stands in the outbox in the place of the first record that it counts. Should this box be a restored copy, whose
// original has sent any of them, then head office has another record under that number and says so: the box takes
// another id, takes the sum back, and offers what was in it (see newBox).

// sum is one that was made since the store was opened, and may grow as long as it was not read for sending.
type sum struct {
	number, seq int64
	id          uuid.UUID
}

// sumUp takes rows out and counts those that count in the sum that waits, or in a new one. It gives the sum that may grow.
func (w *work) sumUp(rows []sumRow) (sum, error) {
	grows := w.outbox.sum
	if grows.seq <= int64(w.onTheWay()) {
		grows = sum{}
	}
	counted := slices.DeleteFunc(slices.Clone(rows), func(r sumRow) bool { return !r.counts })
	out := seqs(rows)
	if len(counted) > 0 {
		var free any
		var err error
		if grows, free, err = w.keepSum(grows, counted); err != nil {
			return grows, err
		}
		out = slices.DeleteFunc(out, func(seq any) bool { return seq == grows.seq })
		if free != nil {
			out = append(out, free)
		}
	}
	if len(out) == 0 {
		return grows, nil
	}
	n, err := w.drop(`seq IN (`+marks(len(out))+`)`, out...)
	if err == nil && n != int64(len(out)) {
		err = fmt.Errorf("%d of %d rows of the outbox were there to be told as a sum", n, len(out))
	}
	return grows, err
}

// keepSum adds rows to a sum, or to a new one. free is the place that it had and does not need any more.
func (w *work) keepSum(s sum, rows []sumRow) (out sum, free any, err error) {
	told := &edge.Summary{}
	if s.number != 0 {
		var body []byte
		if err := w.tx.QueryRowContext(w.ctx, `SELECT body FROM sums WHERE number = ?`, s.number).Scan(&body); err != nil {
			return s, nil, err
		}
		if told, err = w.openSummary(s.id.String(), body); err != nil {
			return s, nil, err
		}
	} else if s.id, err = uuid.NewV7(); err != nil {
		return s, nil, fmt.Errorf("making a sum's id: %w", err)
	}
	if s.seq == 0 || rows[0].seq < s.seq {
		if s.seq != 0 {
			free = s.seq
		}
		s.seq = rows[0].seq
	}
	told.ID = s.id.String()
	body, err := w.sealSummary(told, rows)
	if err != nil {
		return s, nil, err
	}
	err = w.tx.QueryRowContext(w.ctx, `INSERT INTO sums (number, id, seq, n, body) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (number) DO UPDATE SET seq = excluded.seq, n = n + excluded.n, body = excluded.body RETURNING number`,
		sql.NullInt64{Int64: s.number, Valid: s.number != 0}, s.id[:], s.seq, len(rows), body).Scan(&s.number)
	if err != nil {
		return s, nil, err
	}
	done, err := w.metaNumber(metaSummarised)
	w.kick = true
	return s, free, errors.Join(err, w.markSummed(s.number, rows), w.putMeta(metaSummarised, done+int64(len(rows))),
		w.exec(`UPDATE outbox SET id = ?1, kind = 'summary', customer = NULL, ref = ?1, body = NULL, again = 0 WHERE seq = ?2`, s.id[:], s.seq))
}

// inSum is a condition on a row of visits or outcomes: it is told in a sum.
func inSum(table string) string {
	return `EXISTS (SELECT 1 FROM sums s WHERE s.number = ` + table + `.summed AND s.void = 0)`
}

// markSummed notes of visits and outcomes that they are in a sum: they are not told by themselves any more.
func (w *work) markSummed(number int64, rows []sumRow) error {
	in := `(` + marks(len(rows)) + `)`
	args := append([]any{number}, seqs(rows)...)
	return errors.Join(
		w.exec(`UPDATE visits SET summed = ? WHERE visit IN (SELECT ref FROM outbox WHERE kind = 'visit' AND seq IN `+in+`)`, args...),
		w.exec(`UPDATE outcomes SET summed = ? WHERE (prompt, word) IN
			(SELECT substr(ref, 1, 16), CAST(substr(ref, 17) AS TEXT) FROM outbox WHERE kind = 'outcome' AND seq IN `+in+`)`, args...))
}

// takeSumsBack makes void the sums that wait, and offers what was in them. Head office, should it have one, forgets what
// that counted.
func (w *work) takeSumsBack() error {
	const waiting = `void = 0 AND EXISTS (SELECT 1 FROM outbox o WHERE o.seq = sums.seq AND o.kind = 'summary' AND o.again = 0 AND o.ref = sums.id)`
	w.outbox.sum = sum{}
	var n, records int64
	err := w.tx.QueryRowContext(w.ctx, `SELECT count(*), coalesce(sum(n), 0) FROM sums WHERE `+waiting).Scan(&n, &records)
	if err != nil || n == 0 {
		return err
	}
	done, err := w.metaNumber(metaSummarised)
	return errors.Join(err, w.putMeta(metaSummarised, max(0, done-records)), w.exec(`UPDATE sums SET void = 1 WHERE `+waiting), w.beginOffer())
}

// offerSums tells again of all sums: they are few.
func (w *work) offerSums() error {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT id FROM sums ORDER BY number`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id []byte
		if err := rows.Scan(&id); err != nil {
			return err
		}
		w.tellOf(told{kind: edge.RecordSummary, ref: id, again: offeredAgain})
	}
	return rows.Err()
}

// sealSummary adds rows to a sum.
func (w *work) sealSummary(sum *edge.Summary, rows []sumRow) ([]byte, error) {
	if sum.Counts == nil {
		sum.Counts = map[string]int{}
	}
	for _, r := range rows {
		at := moment(r.at)
		if sum.From.IsZero() || at.Before(sum.From) {
			sum.From = at
		}
		if at.After(sum.To) {
			sum.To = at
		}
		sum.Counts[string(r.kind)]++
		if r.kind == edge.RecordVisit {
			if sum.Totals == nil {
				sum.Totals = map[string]int64{}
			}
			sum.Totals[r.currency] += r.total
		}
	}
	plain, err := json.Marshal(sum)
	if err != nil {
		return nil, fmt.Errorf("summing records up: %w", err)
	}
	return w.opt.Seal.SealOwn("summary "+sum.ID, plain), nil
}

func (s *Store) openSummary(id string, sealed []byte) (*edge.Summary, error) {
	plain, err := s.opt.Seal.OpenOwn("summary "+id, sealed)
	if err != nil {
		return nil, err
	}
	sum := &edge.Summary{}
	return sum, json.Unmarshal(plain, sum)
}

// summaries of which the row's ref is the id. One that was taken back counts nothing.
func (r *outboxReader) summaries() error {
	return r.each(`SELECT o.seq, s.id, s.body, s.void FROM outbox o CROSS JOIN sums s ON s.id = o.ref
		WHERE o.seq BETWEEN ? AND ? AND o.kind = 'summary'`, func(rows *sql.Rows) error {
		var seq int64
		var id, body []byte
		var void bool
		if err := rows.Scan(&seq, &id, &body, &void); err != nil {
			return err
		}
		u, err := uuid.FromBytes(id)
		if err != nil {
			return r.damaged(errRecord)
		}
		sum, err := r.openSummary(u.String(), body)
		if err != nil {
			return r.damaged(err)
		}
		if void {
			sum.Counts, sum.Totals = nil, nil
		}
		r.records[r.at[seq]].Summary = sum
		return nil
	})
}
