// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"redbench/edge"
)

// A box that does not reach head office for months must not fill its disk with what it would tell. Beyond a bound the
// oldest rows that were never sent are taken out, the least telling ones first, and one record says how many there were.
// Customers and what they told are never among them, and neither is what was offered: head office may have it, so that it
// could be counted neither in a sum nor out of it. An offer waits for room instead.

// capStep is how many rows one transaction takes out.
const capStep = 500

// dispensable are the rows that may be told as a sum, in this order.
var dispensable = [...]string{
	`o.kind = 'outcome'`,
	`o.kind = 'visit' AND v.customer IS NULL`,
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
	from := max(s.outbox.searched[which], int64(min(s.onTheWay(), math.MaxInt64)))
	rows, err := sumRows(ctx, s.read, dispensable[which]+` AND o.seq > ? ORDER BY o.seq LIMIT ?`, from, most)
	if err != nil {
		return 0, err
	}
	if len(rows) == 0 {
		s.outbox.searched[which] = last
		return 0, nil
	}
	var made sum
	err = s.working(ctx, func(w *work) error {
		// Whoever began to read the outbox meanwhile may send them: then they stay.
		if found = 0; rows[0].seq <= int64(w.onTheWay()) {
			return nil
		}
		// As they are now: what they tell of may have been taken back.
		now, err := sumRows(w.ctx, w.tx, dispensable[which]+` AND o.seq IN (`+marks(len(rows))+`) ORDER BY o.seq`, seqs(rows)...)
		if err != nil {
			return err
		}
		found = len(rows)
		made, err = w.sumUp(now)
		return err
	})
	if err == nil && found > 0 {
		s.outbox.searched[which] = rows[len(rows)-1].seq
		s.outbox.sum = made
	}
	return found, err
}

// sumRow is a row that is taken out, as far as the sum tells of it.
type sumRow struct {
	seq, at, total int64
	kind           edge.RecordKind
	currency       string
	counts         bool // nothing else tells or told of it
}

// sumRows reads rows that may be told as a sum. What was told of by an earlier row, is in a sum, or is not there any more
// does not count. Of what waited when the box took another id, the former one may have told head office.
func sumRows(ctx context.Context, q queryer, where string, args ...any) (out []sumRow, err error) {
	rows, err := q.QueryContext(ctx, `SELECT o.seq, o.kind, coalesce(v.at, t.at, o.at), coalesce(v.total, 0), coalesce(v.currency, ''),
		o.again = 0 AND coalesce(v.visit, t.prompt) IS NOT NULL AND
			NOT `+inSum(`v`)+` AND NOT `+inSum(`t`)+`
		FROM outbox o LEFT JOIN visits v ON o.kind = 'visit' AND v.visit = o.ref
		LEFT JOIN outcomes t ON o.kind = 'outcome' AND t.prompt = substr(o.ref, 1, 16) AND t.word = CAST(substr(o.ref, 17) AS TEXT)
		WHERE (o.again = 1 OR o.again = 0 AND o.seq > coalesce((SELECT value FROM meta WHERE name = '`+metaUnsure+`'), 0)) AND `+where, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r sumRow
		if err := rows.Scan(&r.seq, &r.kind, &r.at, &r.total, &r.currency, &r.counts); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func seqs(rows []sumRow) []any {
	args := make([]any, len(rows))
	for i, r := range rows {
		args[i] = r.seq
	}
	return args
}

// outboxFull reports whether the outbox has no room for what can as well be put into it later.
func (s *Store) outboxFull(ctx context.Context) (bool, error) {
	_, _, n, err := s.waiting(context.WithoutCancel(ctx), s.read)
	return n*rowBytes > s.opt.OutboxBytes/2, err
}

// capPause is how long whoever waits for room waits at most, where nobody tells that there is some.
const capPause = 10 * time.Second
