// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/google/uuid"

	"redbench/edge"
)

const (
	// pendingDefault and pendingBytes are what Pending reads when nothing is said.
	pendingDefault = 1000
	pendingBytes   = 2 << 20
	// pendingPart is how many rows are read together, kind by kind.
	pendingPart = 500
)

// Pending reads what head office is to be told next: records after a seq, in order, at most limit (0: 1,000), and about
// as many as make bytes on the wire (0: 2 MiB), but one at least where there is one. What was forgotten or taken back
// meanwhile comes as a void record, which keeps the place.
//
// A record that was read once may be sent: what changes from then on is told by a record of its own. So whoever calls
// this sends, and calls Trying before.
func (s *Store) Pending(ctx context.Context, after uint64, limit, bytes int) ([]edge.Record, error) {
	if limit <= 0 {
		limit = pendingDefault
	}
	if bytes <= 0 {
		bytes = pendingBytes
	}
	s.outbox.pending.Lock()
	defer s.outbox.pending.Unlock()
	giveBack := s.lend()
	records, err := s.pending(context.WithoutCancel(ctx), after, limit, bytes)
	if err != nil {
		giveBack(0)
		return nil, fmt.Errorf("reading the outbox: %w", err)
	}
	if len(records) > 0 {
		after = records[len(records)-1].Seq
	}
	giveBack(after)
	return records, nil
}

// lend keeps rows from being changed, taken out, or taken to stand for what is written from now on. Whoever writes at
// this moment is waited for: what he writes is read. giveBack leaves that so for what was read.
func (s *Store) lend() (giveBack func(read uint64)) {
	s.writing.Lock()
	before := s.outbox.lent.Swap(math.MaxInt64)
	s.writing.Unlock()
	return func(read uint64) { s.outbox.lent.Store(max(before, read)) }
}

func (s *Store) pending(ctx context.Context, after uint64, limit, bytes int) (records []edge.Record, err error) {
	// One snapshot: what one statement found is there for the next.
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	r := &outboxReader{Store: s, ctx: ctx, tx: tx, keys: map[int64]keyedID{}}
	prev, err := r.before(after)
	if err != nil {
		return nil, err
	}
	after = max(after, prev)
	for len(records) < limit && bytes > 0 {
		part, err := r.part(after, min(pendingPart, limit-len(records)))
		if err != nil || len(part) == 0 {
			return records, err
		}
		for i := range part {
			weight := weigh(&part[i])
			if len(records) > 0 && weight > bytes {
				return records, nil
			}
			bytes -= weight
			part[i].Prev, prev, after = prev, part[i].Seq, part[i].Seq
			records = append(records, part[i])
		}
	}
	return records, nil
}

// outboxReader reads rows of the outbox and what they tell of.
type outboxReader struct {
	*Store
	ctx  context.Context
	tx   *sql.Tx
	keys map[int64]keyedID // of customers whose facts were read

	from, to uint64 // the part under way
	records  []edge.Record
	bodies   map[int][]byte // of records by their place
	at       map[int64]int  // a record's place by its seq
}

// before is the seq of the row before those after a seq: where none waits, what head office has.
func (r *outboxReader) before(after uint64) (prev uint64, err error) {
	var acked, waits int64
	err = r.tx.QueryRowContext(r.ctx, `SELECT coalesce((SELECT value FROM meta WHERE name = ?), 0),
		coalesce((SELECT max(seq) FROM outbox WHERE seq <= ?), 0)`, metaAcked, int64(after)).Scan(&acked, &waits)
	return uint64(max(acked, waits)), err
}

// part reads the next rows, and then what they tell of, each kind by statements of its own over all of them.
func (r *outboxReader) part(after uint64, limit int) ([]edge.Record, error) {
	r.records, r.bodies, r.at = make([]edge.Record, 0, limit), map[int][]byte{}, make(map[int64]int, limit)
	kinds, err := r.rows(after, limit)
	if err != nil || len(r.records) == 0 {
		return nil, err
	}
	r.from, r.to = r.records[0].Seq, r.records[len(r.records)-1].Seq
	for _, each := range []struct {
		kind edge.RecordKind
		read func() error
	}{
		{edge.RecordCustomer, r.customers}, {edge.RecordFact, r.facts}, {edge.RecordVisit, r.visits},
		{edge.RecordOutcome, r.outcomes}, {edge.RecordSummary, r.summaries},
	} {
		if !kinds[each.kind] {
			continue
		}
		if err := each.read(); err != nil {
			return nil, fmt.Errorf("%ss: %w", each.kind, err)
		}
	}
	for i := range r.records {
		if rec := &r.records[i]; empty(rec) {
			rec.Kind = edge.RecordVoid
		}
	}
	return r.records, nil
}

// empty reports whether what a row tells of is not there any more.
func empty(r *edge.Record) bool {
	return r.Customer == nil && r.Fact == nil && r.Visit == nil && r.Outcome == nil && r.Summary == nil
}

func (r *outboxReader) rows(after uint64, limit int) (kinds map[edge.RecordKind]bool, err error) {
	rows, err := r.tx.QueryContext(r.ctx, `SELECT seq, id, kind, body, at FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?`, int64(after), limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	kinds = map[edge.RecordKind]bool{}
	for rows.Next() {
		var seq, at int64
		var id, body sql.RawBytes
		var rec edge.Record
		if err := rows.Scan(&seq, &id, &rec.Kind, &body, &at); err != nil {
			return nil, err
		}
		u, err := uuid.FromBytes(id)
		if err != nil {
			return nil, errRecord
		}
		rec.Seq, rec.ID, rec.At = uint64(seq), u.String(), moment(at)
		if len(body) > 0 {
			r.bodies[len(r.records)] = append([]byte(nil), body...)
		}
		kinds[rec.Kind] = true
		r.at[seq] = len(r.records)
		r.records = append(r.records, rec)
	}
	return kinds, rows.Err()
}
