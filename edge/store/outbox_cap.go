// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
)

// A box that does not reach head office for months must not fill its disk with what it would tell. Beyond a bound the
// oldest rows that were never sent are taken out, the least telling ones first, and one record says how many there were.
// Customers and what they told are never among them.

// capStep is how many rows one transaction takes out.
const capStep = 500

// dispensable are the rows that may be told as a sum, in this order.
var dispensable = [...]string{
	`o.kind = 'outcome'`,
	`o.kind = 'visit' AND o.customer IS NULL`,
	`o.kind = 'visit'`,
}

// searched is up to which seq there are no rows of each kind of dispensable, so that nobody looks there twice.
type searched [len(dispensable)]int64

// capOutbox brings the outbox below its bound, or as near as it can.
func (s *Store) capOutbox(ctx context.Context) error {
	if !s.outbox.on.Load() {
		return nil
	}
	for which := 0; which < len(dispensable); {
		_, last, n, err := s.waiting(ctx, s.read)
		if err != nil {
			return fmt.Errorf("bounding the outbox: %w", err)
		}
		if n*rowBytes <= s.opt.OutboxBytes {
			return nil
		}
		most := min(capStep, (n*rowBytes-s.opt.OutboxBytes)/rowBytes+1)
		found, err := s.summarise(ctx, which, last, most)
		if err != nil {
			return fmt.Errorf("bounding the outbox: %w", err)
		}
		if found == 0 {
			which++
		}
	}
	return nil
}

// summarise takes the oldest rows of a kind out and adds them to the sum.
func (s *Store) summarise(ctx context.Context, which int, last, most int64) (found int, err error) {
	rows, err := s.dispensableRows(ctx, which, most)
	if err != nil {
		return 0, err
	}
	if len(rows) == 0 {
		s.outbox.searched[which] = last
		return 0, nil
	}
	err = s.working(ctx, func(w *work) error {
		// Whoever began to read the outbox meanwhile may send them: then they stay.
		if onTheWay := int64(w.onTheWay()); rows[0].seq <= onTheWay {
			found = 0
			return nil
		}
		found = len(rows)
		return w.sumUp(rows)
	})
	if err == nil && found > 0 {
		s.outbox.searched[which] = rows[len(rows)-1].seq
	}
	return found, err
}

// sumRow is a row that is taken out, as far as the sum tells of it.
type sumRow struct {
	seq, at, total int64
	kind           edge.RecordKind
	currency       string
}

func (s *Store) dispensableRows(ctx context.Context, which int, most int64) (out []sumRow, err error) {
	from := max(s.outbox.searched[which], int64(min(s.onTheWay(), math.MaxInt64)))
	rows, err := s.read.QueryContext(ctx, `SELECT o.seq, o.kind, coalesce(v.at, o.at), coalesce(v.total, 0), coalesce(v.currency, '')
		FROM outbox o LEFT JOIN visits v ON o.kind = 'visit' AND v.visit = o.ref
		WHERE o.seq > ? AND `+dispensable[which]+` ORDER BY o.seq LIMIT ?`, from, most)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r sumRow
		if err := rows.Scan(&r.seq, &r.kind, &r.at, &r.total, &r.currency); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// sumUp takes rows out and counts them in the sum that waits, or in a new one.
func (w *work) sumUp(rows []sumRow) error {
	args := make([]any, len(rows))
	for i, r := range rows {
		args[i] = r.seq
	}
	n, err := w.drop(`seq IN (`+marks(len(args))+`)`, args...)
	if err != nil {
		return err
	}
	if n != int64(len(rows)) {
		return fmt.Errorf("%d of %d rows of the outbox were there to be told as a sum", n, len(rows))
	}
	done, err := w.metaNumber(metaSummarised)
	if err != nil {
		return err
	}
	if err := w.putMeta(metaSummarised, done+n); err != nil {
		return err
	}
	return w.keepSum(rows)
}

func (w *work) keepSum(rows []sumRow) error {
	seq, err := w.metaNumber(metaSummary)
	if err != nil {
		return err
	}
	if seq > int64(max(w.onTheWay(), w.outbox.opened)) {
		var id, body []byte
		if err := w.tx.QueryRowContext(w.ctx, `SELECT id, body FROM outbox WHERE seq = ? AND kind = 'summary'`, seq).Scan(&id, &body); err != nil {
			return err
		}
		u, err := uuid.FromBytes(id)
		if err != nil {
			return errRecord
		}
		sum, err := w.openSummary(u.String(), body)
		if err != nil {
			return err
		}
		if body, err = w.sealSummary(sum, rows); err != nil {
			return err
		}
		return w.exec(`UPDATE outbox SET body = ? WHERE seq = ?`, body, seq)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making a record's id: %w", err)
	}
	body, err := w.sealSummary(&edge.Summary{ID: id.String()}, rows)
	if err != nil {
		return err
	}
	result, err := w.tx.ExecContext(w.ctx, `INSERT INTO outbox (id, kind, body, at) VALUES (?, 'summary', ?, ?)`, id[:], body, w.opt.Now().UnixMicro())
	if err != nil {
		return err
	}
	if seq, err = result.LastInsertId(); err != nil {
		return err
	}
	w.kick = true
	return w.putMeta(metaSummary, seq)
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

// outboxFull reports whether the outbox has no room for what can as well be put into it later.
func (s *Store) outboxFull(ctx context.Context) (bool, error) {
	_, _, n, err := s.waiting(context.WithoutCancel(ctx), s.read)
	return n*rowBytes > s.opt.OutboxBytes/2, err
}

// capPause is how long whoever waits for room waits at most, where nobody tells that there is some.
const capPause = 10 * time.Second
