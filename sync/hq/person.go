// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"redbench/edge"
	"redbench/edge/seal"
)

// person is a customer under way in one transaction.
type person struct {
	number  int64
	key     *seal.Customer
	wrapped []byte
	state   edge.CustomerState
	before  edge.CustomerState  // as it was before this transaction
	kept    *edge.CustomerState // as this transaction wrote it; nil: not yet
	sent    *edge.CustomerState // as the store told it in this transaction
	isNew   bool
	after   int64    // as in Known, as it rests
	joined  bool     // somebody else was her: who is told of her is told everything
	circles []circle // who knew her, or one whom she was joined with; nil: as at rest
	both    bool     // the store that tells knew two of them
	unheard bool     // somebody joined of whom nobody had said what she allows
	late    bool     // something was told that she does not allow to keep
}

// sealedAs is what a customer's columns are bound to: her number, which never changes hands, as her ids may.
func sealedAs(number int64) (id [16]byte) {
	binary.BigEndian.PutUint64(id[8:], uint64(number))
	return id
}

// person opens a customer.
func (w *work) person(number int64) (*person, error) {
	if p := w.people[number]; p != nil {
		return p, nil
	}
	row, err := w.tx.Person(number)
	if err != nil {
		return nil, fmt.Errorf("reading a customer: %w", err)
	}
	p, err := w.open(row)
	if err != nil {
		return nil, err
	}
	w.people[number] = p
	return p, nil
}

func (h *HQ) open(row Person) (*person, error) {
	key, err := h.opt.Keys.Unwrap(sealedAs(row.Number), row.Wrapped)
	if err != nil {
		return nil, damaged(err)
	}
	plain, err := key.Open("state", row.Sealed)
	if err != nil {
		return nil, damaged(err)
	}
	p := &person{number: row.Number, key: key, wrapped: row.Wrapped, after: row.After}
	if err := json.Unmarshal(plain, &p.state); err != nil {
		return nil, damaged(err)
	}
	p.before = p.state
	return p, nil
}

// newPerson makes a customer of a state, and writes her at once, so that others can point to her.
func (w *work) newPerson(state edge.CustomerState) (*person, error) {
	number, err := w.count(&w.customers, valueCustomers)
	if err != nil {
		return nil, err
	}
	p := &person{number: number, state: state, isNew: true}
	if p.key, p.wrapped, err = w.opt.Keys.NewCustomerKey(sealedAs(p.number)); err != nil {
		return nil, err
	}
	w.people[p.number] = p
	return p, w.keep(p)
}

// keep writes a customer with all that leads to her.
func (w *work) keep(p *person) error {
	plain, err := json.Marshal(p.state)
	if err != nil {
		return fmt.Errorf("keeping a customer: %w", err)
	}
	row := Person{Number: p.number, After: w.keptAfter(p), Wrapped: p.wrapped, Sealed: p.key.Seal("state", plain)}
	if err := w.tx.PutPerson(row); err != nil {
		return fmt.Errorf("keeping a customer: %w", err)
	}
	kept := p.state
	p.kept = &kept
	ids := append([]string{p.state.ID}, p.state.Also...)
	for _, id := range ids {
		w.knows(id, Known{Number: p.number, After: row.After})
	}
	return errors.Join(w.tx.PutIDs(p.number, ids), w.tx.PutIdentifiers(p.number, p.state.Identifiers))
}

// keptAfter is from when on visits are kept as hers. One of whom nobody has said yet what she allows is waited for. A mark
// by a clock that runs ahead counts as now: visits are told by the wall's clock, and must not wait until it gets there.
func (w *work) keptAfter(p *person) int64 {
	switch {
	case !remembers(p.state):
		return NothingKept
	case p.state.Unlearnt == p.before.Unlearnt && p.after != NothingKept:
		return p.after
	}
	return min(p.state.Unlearnt.Wall, w.now.UnixMicro())
}

// remembers reports whether she has not said that nothing is to be learnt.
func remembers(s edge.CustomerState) bool {
	c := s.Consent()
	return c == edge.ConsentRemember || c == ""
}

// hasChain reports whether the chain has an id of its own for her.
func hasChain(s edge.CustomerState) bool {
	return s.Fields[edge.FieldChain].Value != "" ||
		slices.ContainsFunc(s.Identifiers, func(i edge.IdentifierHash) bool { return i.Kind == edge.KindCustomer })
}

// normal is a state in the form in which states are compared.
func normal(s edge.CustomerState) edge.CustomerState { return s.Merge(edge.CustomerState{}) }

func equal(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

// withChain adds the hash of the chain's own id under the chain's key, so that boxes which knew it under keys of their own
// meet.
func (w *work) withChain(s edge.CustomerState) edge.CustomerState {
	id := s.Fields[edge.FieldChain].Value
	if id == "" {
		return s
	}
	h := w.opt.Keys.Hashes(edge.Identifier{Kind: edge.KindCustomer, Value: id})[0]
	return s.Merge(edge.CustomerState{Identifiers: []edge.IdentifierHash{{Key: h.Key, Sum: h.Sum[:], Kind: edge.KindCustomer}}})
}
