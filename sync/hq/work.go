// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"redbench/edge"
	"redbench/edge/seal"
)

// The values that head office keeps by name.
const (
	valuePos       = "pos"       // the last position that was given out
	valueCustomers = "customers" // the last customer's number
	valueStamp     = "stamp"     // the latest stamp made or seen
	valueEpoch     = "epoch"     // which history of the database this is
	valueAnew      = "anew"      // when it last began anew because an older copy was put back
	valueSettings  = "settings"
)

// origin is head office's name in stamps.
const origin = "hq"

// work is one transaction of the rules, and what it has looked up so far. It is gone with the transaction.
type work struct {
	*HQ
	tx    Tx
	store string // who tells; empty: head office
	now   time.Time

	pos       counter // positions
	customers counter // customers' numbers
	clock     *edge.Clock
	moved     bool // the clock was

	people  map[int64]*person
	known   map[string]Known // ids that were looked up; absent in the answer: Number 0
	gone    map[string]edge.Stamp
	refused map[string]edge.Stamp // ids whose owners a tombstone stopped
	buried  *bool                 // there are tombstones at all

	put     []pending          // visits, outcomes and summaries
	at      map[string]int     // where in put: kind and id
	waiting []int              // where in put: what is not written yet
	idsBy   map[int64][]string // ids in known, by the customer that they led to
	factsBy map[int64][]*fact
	facts   map[string]*fact
	told    map[int64]bool  // customers whom the store told of
	names   map[string]bool // by which ids it did

	cameWith     map[string]int64           // facts whose customer was joined with another: who that was
	keysOfStores map[string]map[uint32]bool // which keys a store can use, as far as it was asked

	changes        []ChangeRow
	announced      map[ChangeRow]int     // where in changes: by store, kind and id
	stores         map[string]bool       // who has something new to be told
	erase          bool                  // something was deleted that must be in no file
	waits          bool                  // an order has to be searched for
	unsearched     map[string]ErasureRow // the orders that wait, by id; nil: not read yet
	begins         bool                  // this process's life began in this transaction
	apart          bool                  // the customer under way is joined with nobody
	held           int                   // orders that are more than a store may give today
	knowsElsewhere bool                  // see knowElsewhere
	saidAhead      bool                  // it was logged that a stamp is from too far ahead
}

// counter gives out numbers that are used once.
type counter struct {
	last       int64
	read, used bool
}

// update runs f in a transaction, and then wakes who waits for what it changed.
func (h *HQ) update(ctx context.Context, store string, f func(w *work) error) error {
	var w *work
	err := h.opt.Store.Update(ctx, func(tx Tx) error {
		w = h.work(tx, store)
		if err := f(w); err != nil {
			return err
		}
		return w.finish()
	})
	if err != nil {
		return err
	}
	if w.begins {
		h.alive.Store(true)
	}
	h.wake.tell(w.stores)
	if w.erase {
		return h.opt.Store.Erase(ctx)
	}
	return nil
}

// view runs f in a transaction that reads.
func (h *HQ) view(ctx context.Context, store string, f func(w *work) error) error {
	return h.opt.Store.View(ctx, func(tx Tx) error { return f(h.work(tx, store)) })
}

func (h *HQ) work(tx Tx, store string) *work {
	return &work{HQ: h, tx: tx, store: store, now: h.opt.Now(), people: map[int64]*person{}, known: map[string]Known{},
		gone: map[string]edge.Stamp{}, refused: map[string]edge.Stamp{}, at: map[string]int{}, facts: map[string]*fact{}, told: map[int64]bool{}, names: map[string]bool{},
		cameWith: map[string]int64{}, announced: map[ChangeRow]int{}, keysOfStores: map[string]map[uint32]bool{}, stores: map[string]bool{}, idsBy: map[int64][]string{}, factsBy: map[int64][]*fact{}}
}

// tells notes that the store told of a customer, by an id.
func (w *work) tells(number int64, id string) { w.told[number], w.names[id] = true, true }

// knows notes what an id leads to.
func (w *work) knows(id string, k Known) {
	if w.known[id].Number != k.Number {
		w.idsBy[k.Number] = append(w.idsBy[k.Number], id)
	}
	w.known[id] = k
}

// holds notes a fact that is under way.
func (w *work) holds(f *fact) {
	if w.facts[f.ID] == nil {
		w.factsBy[f.Number] = append(w.factsBy[f.Number], f)
	}
	w.facts[f.ID] = f
}

// next gives the next position.
func (w *work) next() (int64, error) {
	pos, err := w.count(&w.pos, valuePos)
	if err == nil && !w.begins {
		err = w.live(pos - 1)
	}
	return pos, err
}

func (w *work) count(c *counter, name string) (int64, error) {
	if !c.read {
		last, err := w.number(name)
		if err != nil {
			return 0, err
		}
		c.last, c.read = last, true
	}
	c.last, c.used = c.last+1, true
	return c.last, nil
}

// number reads a counter's last value.
func (w *work) number(name string) (int64, error) {
	value, err := w.tx.Value(name)
	if err != nil || value == nil {
		return 0, err
	}
	if len(value) != 8 {
		return 0, fmt.Errorf("reading the value %q: it has %d bytes", name, len(value))
	}
	return int64(binary.BigEndian.Uint64(value)), nil
}

func (w *work) putNumber(name string, n int64) error {
	return w.tx.PutValue(name, binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// see makes head office's clock go on after stamps that were told.
func (w *work) see(stamps ...edge.Stamp) error {
	if err := w.readClock(); err != nil {
		return err
	}
	for _, s := range stamps {
		if s.After(w.clock.Last()) {
			w.clock.See(s)
			w.moved = true
		}
	}
	return nil
}

// stamp makes a stamp that is later than all that head office has seen.
func (w *work) stamp() (edge.Stamp, error) {
	if err := w.readClock(); err != nil {
		return edge.Stamp{}, err
	}
	w.moved = true
	return w.clock.Next(w.now), nil
}

func (w *work) readClock() error {
	if w.clock != nil {
		return nil
	}
	text, err := w.tx.Value(valueStamp)
	if err != nil {
		return err
	}
	last, err := edge.ParseStamp(string(text))
	if err != nil {
		return err
	}
	w.clock = edge.NewClock(origin, last)
	return nil
}

func stampsOf(fields edge.Fields) []edge.Stamp {
	out := make([]edge.Stamp, 0, len(fields)+1)
	for _, r := range fields {
		out = append(out, r.At)
	}
	return out
}

// resolve looks ids up, and which of them were erased or refused.
func (w *work) resolve(ids ...string) error {
	var fresh []string
	for _, id := range ids {
		if _, is := w.known[id]; !is && id != "" {
			w.known[id] = Known{}
			fresh = append(fresh, id)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	known, err := w.tx.Numbers(fresh)
	if err != nil {
		return fmt.Errorf("looking customers up: %w", err)
	}
	for id, k := range known {
		w.knows(id, k)
	}
	gone, err := w.tx.Gone(fresh)
	if err != nil {
		return fmt.Errorf("looking erased customers up: %w", err)
	}
	maps.Copy(w.gone, gone)
	refused, err := w.tx.Refused(fresh)
	if err != nil {
		return fmt.Errorf("looking refused customers up: %w", err)
	}
	maps.Copy(w.refused, refused)
	return nil
}

// hash is an identifier as seal has it.
func hash(id edge.IdentifierHash) (seal.Hash, error) {
	if len(id.Sum) != 32 {
		return seal.Hash{}, errors.New("a hash of an identifier has another length than 32 bytes")
	}
	return seal.Hash{Key: id.Key, Sum: [32]byte(id.Sum)}, nil
}

func decimal(number int64) string { return strconv.FormatInt(number, 10) }
