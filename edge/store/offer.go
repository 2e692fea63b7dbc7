// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"redbench/edge"
)

// A box that enrols has perhaps worked alone for months, and a head office that was restored from a backup has lost what
// the box told it since. Both are offered everything: a row in the outbox for each customer, fact, visit and outcome. It
// goes in small steps beside the day's work. Where it stands is kept with each step, so that after a crash it goes on.

// StartOutbox makes the box tell head office what happens, from now on and after a restart: it is enrolled. What it held
// before is Offer's. Done twice it changes nothing.
func (s *Store) StartOutbox(ctx context.Context) error {
	// Between an import's chunks, so that everything is either told as it happens or there to be offered.
	s.admin.Lock()
	defer s.admin.Unlock()
	if s.outbox.on.Load() {
		return nil
	}
	err := s.working(ctx, func(w *work) error {
		w.stamped = true
		if err := errors.Join(w.endLineage(), w.putMeta(metaOutbox, 1), w.beginOffer()); err != nil {
			return err
		}
		s.outbox.on.Store(true) // before anybody else writes: what comes after this transaction is not offered
		return nil
	})
	if err != nil {
		s.outbox.on.Store(false)
		return fmt.Errorf("starting the outbox: %w", err)
	}
	return nil
}

// offering is how far an offer has come.
type offering struct {
	Phase  int    `json:"phase"`
	At     int64  `json:"at,omitempty"`     // the last customer or visit that was offered
	Prompt []byte `json:"prompt,omitempty"` // the last outcome
	Word   string `json:"word,omitempty"`
	Visits int64  `json:"visits"` // the last visit that there was when it began: later ones are told as they happen
	Rows   int    `json:"rows"`   // offered so far
}

// The phases of an offer.
const (
	offerCustomers = iota
	offerVisits
	offerOutcomes
	offerSums
	offered
)

// errOffered ends an offer.
var errOffered = errors.New("everything was offered")

// beginOffer begins an offer, anew where one is under way. Whom to forget is told first.
func (w *work) beginOffer() error {
	var o offering
	if err := w.tx.QueryRowContext(w.ctx, `SELECT coalesce(max(visit), 0) FROM visits`).Scan(&o.Visits); err != nil {
		return err
	}
	w.kick = true // the uplink takes it up at once, and not with its next status
	return errors.Join(w.giveAgain(), w.keepOffer(o))
}

func (w *work) keepOffer(o offering) error {
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return w.putMeta(metaOffer, string(text))
}

func (w *work) offer() (o offering, err error) {
	text, err := metaText(w.ctx, w.tx, metaOffer)
	if err != nil {
		return o, err
	}
	if text == "" {
		return o, errOffered
	}
	return o, json.Unmarshal([]byte(text), &o)
}

// Offer puts all that the box holds into the outbox, and goes on with what was begun before a restart (see
// edge.Backlog.Offering). While the outbox is half full it waits for head office to take something. progress is told how
// many records were offered so far; it may be nil.
func (s *Store) Offer(ctx context.Context, progress func(edge.ImportProgress)) error {
	if !s.outbox.on.Load() {
		return errors.New("offering what the box holds: it is not enrolled")
	}
	backlog, err := s.Backlog(ctx)
	if err == nil && !backlog.Offering {
		err = s.working(ctx, func(w *work) error { return w.beginOffer() })
	}
	for err == nil {
		if err = s.room(ctx); err == nil {
			err = s.offerStep(ctx, progress)
		}
	}
	if errors.Is(err, errOffered) {
		return nil
	}
	return fmt.Errorf("offering what the box holds: %w", err)
}

// room waits until the outbox has some.
func (s *Store) room(ctx context.Context) error {
	for {
		full, err := s.outboxFull(ctx)
		if err != nil || !full {
			return errors.Join(err, ctx.Err())
		}
		timer := time.NewTimer(capPause)
		select {
		case <-ctx.Done():
		case <-s.outbox.acked:
		case <-timer.C:
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// offerStep offers for some milliseconds. Customers and their identifiers must not change hands meanwhile.
func (s *Store) offerStep(ctx context.Context, progress func(edge.ImportProgress)) error {
	s.admin.Lock()
	defer s.admin.Unlock()
	var o offering
	ended := false
	err := s.working(ctx, func(w *work) (err error) {
		if o, err = w.offer(); err != nil {
			return err
		}
		for began := time.Now(); time.Since(began) < stepTime && o.Phase != offered; {
			if err := w.offerSome(&o); err != nil {
				return err
			}
		}
		if ended = o.Phase == offered; ended {
			return w.exec(`DELETE FROM meta WHERE name = ?`, metaOffer)
		}
		return w.keepOffer(o)
	})
	if err != nil {
		return err
	}
	if progress != nil {
		progress(edge.ImportProgress{Rows: o.Rows})
	}
	if ended {
		return errOffered
	}
	if s.stepped.Add(1)%stepsACheckpoint == 0 {
		return s.checkpoint(ctx, "PASSIVE")
	}
	return nil
}

// offerBatch is how many customers, visits or outcomes are looked at together.
const offerBatch = 128

func (w *work) offerSome(o *offering) error {
	before := len(w.news)
	var n int
	var err error
	switch o.Phase {
	case offerCustomers:
		n, err = w.offerCustomers(o)
	case offerVisits:
		n, err = w.offerVisits(o)
	case offerOutcomes:
		n, err = w.offerOutcomes(o)
	default:
		err = w.offerSums()
	}
	if err != nil {
		return err
	}
	o.Rows += len(w.news) - before
	if n < offerBatch {
		o.Phase, o.At = o.Phase+1, 0
	}
	return w.flush()
}

func (w *work) offerCustomers(o *offering) (n int, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT `+stateColumns+` FROM customers c WHERE c.ref > ? ORDER BY c.ref LIMIT ?`, o.At, offerBatch)
	if err != nil {
		return 0, err
	}
	people, err := scanStates(rows)
	if err != nil || len(people) == 0 {
		return 0, err
	}
	from := o.At
	o.At = people[len(people)-1].ref
	offered := make(map[int64]bool, len(people))
	for _, r := range people {
		if offered[r.ref], err = w.offerCustomer(r); err != nil {
			return 0, err
		}
	}
	return len(people), w.offerFacts(from, o.At, offered)
}

func scanStates(rows *sql.Rows) (out []stateRow, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r stateRow
		if err := rows.Scan(r.places()...); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// offerCustomer tells of a customer. One whom the chain names is found by the chain's id from then on, also by other
// stores: that one is in her record, and can be written under the chain's key at once, where a card waits for its tap.
// Of one who was forgotten elsewhere meanwhile, and has not said since that she wants to be known, nothing is told: upkeep
// forgets her.
func (w *work) offerCustomer(r stateRow) (offered bool, err error) {
	ref := edge.CustomerRef(r.ref)
	id, named := w.chainID(r)
	if named {
		graves, err := w.tombstonesOn(w.ctx, w.tx, id)
		if err != nil {
			return false, err
		}
		stays, err := w.staysForgotten(ref, graves)
		if err != nil {
			return false, err
		}
		if stays {
			w.Store.late.add(rehashed{id, ref})
			return false, nil
		}
		if _, err := w.rehashOne(rehashed{id, ref}); err != nil {
			return false, err
		}
	}
	return true, w.tell(edge.RecordCustomer, ref, nil, nil)
}

// chainID is the chain's own id of a customer, which rests sealed in her record.
func (w *work) chainID(r stateRow) (id edge.Identifier, named bool) {
	if len(r.id) != 16 {
		return id, false
	}
	key, err := w.opt.Seal.Unwrap([16]byte(r.id), r.wrapped)
	if err != nil {
		return id, false
	}
	p, err := openPerson(key, r.sealed)
	return edge.Identifier{Kind: edge.KindCustomer, Value: p.chain}, err == nil && p.chain != ""
}

// offerFacts tells of customers' facts, and of those that were deleted: whoever holds one still would bring it back.
func (w *work) offerFacts(from, to int64, of map[int64]bool) error {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT customer, id, NULL FROM facts WHERE customer > ?1 AND customer <= ?2
		UNION ALL SELECT customer, id, CAST(kind AS BLOB) FROM gone WHERE customer > ?1 AND customer <= ?2`, from, to)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var ref int64
		var id, deleted []byte // deleted: the kind that it had
		if err := rows.Scan(&ref, &id, &deleted); err != nil {
			return err
		}
		if of[ref] {
			w.tellOf(told{kind: edge.RecordFact, customer: edge.CustomerRef(ref), ref: id, body: deleted})
		}
	}
	return rows.Err()
}

func (w *work) offerVisits(o *offering) (n int, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT visit, customer, store, lane, coalesce(length(id), -1), `+inSum(`visits`)+`
		FROM visits WHERE visit > ? AND visit <= ? ORDER BY visit LIMIT ?`, o.At, o.Visits, offerBatch)
	if err != nil {
		return 0, err
	}
	nameless, n, err := w.scanOffered(rows, o)
	if err != nil {
		return n, err
	}
	for _, number := range nameless {
		id, err := newVisitID()
		if err != nil {
			return n, err
		}
		if err := w.exec(`UPDATE visits SET id = ? WHERE visit = ?`, id, number); err != nil {
			return n, err
		}
	}
	return n, nil
}

// scanOffered tells of visits, and gives those that need an id for it.
func (w *work) scanOffered(rows *sql.Rows, o *offering) (nameless []int64, n int, err error) {
	defer func() { _ = rows.Close() }()
	for ; rows.Next(); n++ {
		var customer sql.NullInt64
		var store, lane string
		var id int
		var summed bool
		if err := rows.Scan(&o.At, &customer, &store, &lane, &id, &summed); err != nil {
			return nil, n, err
		}
		if summed || elsewhere(store, w.opt.StoreID, id) {
			continue
		}
		if lane == "" && id < 0 {
			nameless = append(nameless, o.At)
		}
		w.tellOf(told{kind: edge.RecordVisit, customer: edge.CustomerRef(customer.Int64), ref: o.At, again: offeredAgain})
	}
	return nameless, n, rows.Err()
}

func (w *work) offerOutcomes(o *offering) (n int, err error) {
	if o.Prompt == nil {
		o.Prompt = []byte{}
	}
	rows, err := w.tx.QueryContext(w.ctx, `SELECT t.prompt, t.word, p.customer, `+inSum(`t`)+` FROM outcomes t JOIN prompts p ON p.id = t.prompt
		WHERE (t.prompt, t.word) > (?, ?) ORDER BY t.prompt, t.word LIMIT ?`, o.Prompt, o.Word, offerBatch)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	for ; rows.Next(); n++ {
		var prompt []byte
		var customer sql.NullInt64
		var summed bool
		if err := rows.Scan(&prompt, &o.Word, &customer, &summed); err != nil {
			return n, err
		}
		o.Prompt = prompt
		if len(prompt) == promptIDBytes && !summed {
			w.tellOf(told{kind: edge.RecordOutcome, customer: edge.CustomerRef(customer.Int64), ref: outcomeRef(prompt, o.Word),
				again: offeredAgain})
		}
	}
	return n, rows.Err()
}
