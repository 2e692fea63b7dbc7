// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"errors"
	"fmt"
	"slices"

	"redbench/edge"
)

// A customer of a thousand stores has a thousand ids, and perhaps a thousand hashes of one card, each under the key of a
// box that worked alone. A store is told what it can use: the id that names her everywhere and those that it called her by
// itself, and what was hashed under a key of the chain's or its own. So the next store that enrols changes nothing for it.

// forStore is a customer as a store is told of her.
func (w *work) forStore(store string, p *person) (edge.CustomerState, error) {
	reads, err := w.reads(store)
	if err != nil {
		return edge.CustomerState{}, err
	}
	calls, met, err := w.calls(store, p.number)
	if err != nil {
		return edge.CustomerState{}, err
	}
	out := p.state
	out.Fields = bounded(out.Fields, customerField)
	if len(calls) > 0 || !met {
		out.Also = slices.DeleteFunc(slices.Clone(calls), func(id string) bool { return id == out.ID })
	}
	if len(out.Also) == 0 {
		out.Also = nil
	}
	out.Also = out.Also[:min(len(out.Also), edge.MaxAlso)]
	out.Identifiers = slices.DeleteFunc(slices.Clone(out.Identifiers), func(i edge.IdentifierHash) bool { return !reads[i.Key] })
	out.Identifiers = out.Identifiers[:min(len(out.Identifiers), edge.MaxIdentifiers)]
	return out, nil
}

// calls are the ids that a store knows a customer by, sorted, and whether it knows her at all: an older release did not
// keep by which.
func (w *work) calls(store string, number int64) (ids []string, met bool, err error) {
	called, err := w.tx.Called(store, []int64{number})
	if err != nil {
		return nil, false, fmt.Errorf("asking what a store calls a customer: %w", err)
	}
	ids, met = called[number]
	return ids, met, nil
}

// callsFact is the id by which a store is told whose a fact is: one that it uses itself, since it need not have heard when
// another came to name her.
func (w *work) callsFact(store string, p *person) (string, error) {
	calls, _, err := w.calls(store, p.number)
	if err != nil || len(calls) == 0 {
		return p.state.ID, err
	}
	return calls[0], nil
}

// reads are the keys under which a store can find anybody: the chain's, and its boxes' own.
func (w *work) reads(store string) (map[uint32]bool, error) {
	if keys := w.keysOfStores[store]; keys != nil {
		return keys, nil
	}
	out := map[uint32]bool{}
	for _, k := range w.opt.Keys.ChainKeys().Identifiers {
		out[k.ID] = true
	}
	rows, err := w.tx.Stores()
	if err != nil {
		return nil, fmt.Errorf("asking for a store's keys: %w", err)
	}
	if at := slices.IndexFunc(rows, func(r StoreRow) bool { return r.ID == store }); at >= 0 {
		own, err := w.keysOf(rows[at])
		if err != nil {
			return nil, err
		}
		for _, k := range own {
			out[k.ID] = true
		}
	}
	w.keysOfStores[store] = out
	return out, nil
}

// news reports whether a store that knows a customer as was has to be told that she is now: something that it can use has
// another value. A later stamp of the same value is none. Whoever tells that field next without knowing of it may lose
// against it; then that store is told so (see lost).
func (w *work) news(store string, was, now edge.CustomerState) (bool, error) {
	if was.Unlearnt != now.Unlearnt || w.fieldsDiffer(was.Fields, now.Fields) {
		return true, nil
	}
	if len(was.Identifiers) == 0 && len(now.Identifiers) == 0 {
		return false, nil
	}
	has := make(map[string]bool, len(was.Identifiers))
	for _, i := range was.Identifiers {
		has[string(i.Sum)] = true
	}
	for _, i := range now.Identifiers {
		if has[string(i.Sum)] {
			continue
		}
		reads, err := w.reads(store)
		if err != nil || reads[i.Key] {
			return true, err
		}
	}
	return false, nil
}

// fieldsDiffer compares what fields say. One that was told by a clock that runs ahead is another, too: whoever does not know
// of its stamp could not change the field before that time comes.
func (w *work) fieldsDiffer(a, b edge.Fields) bool {
	for name, x := range a {
		if y, is := b[name]; !is && x.Value != "" || is && w.differ(x, y) {
			return true
		}
	}
	for name, y := range b {
		if _, is := a[name]; !is && (y.Value != "" || y.Epoch != 0) {
			return true
		}
	}
	return false
}

func (w *work) differ(a, b edge.Register) bool {
	switch {
	case a.Value != b.Value, a.Epoch != b.Epoch, a.Rank != b.Rank && a.Value != "":
		return true
	}
	return b.At.After(a.At) && b.At.Wall > w.now.UnixMicro()
}

// factNews is news of a fact.
func (w *work) factNews(was, now edge.FactState) bool {
	return was.Gone != now.Gone || was.Kind != now.Kind || w.fieldsDiffer(was.Fields, now.Fields)
}

// circle is a customer, or one who turned out to be her, as some stores knew her before this transaction.
type circle struct {
	number int64
	state  edge.CustomerState
	stores []string
}

// circlesOf are those of a customer so far.
func (w *work) circlesOf(p *person) ([]circle, error) {
	if p.circles != nil || p.isNew {
		return p.circles, nil
	}
	stores, err := w.tx.Interested(p.number)
	if err != nil {
		return nil, fmt.Errorf("asking who knows a customer: %w", err)
	}
	return []circle{{p.number, p.before, stores}}, nil
}

// meet notes who knew p and o, before they become one. A store that knew both, or told of both, must hear that they are.
func (w *work) meet(p, o *person) error {
	mine, err1 := w.circlesOf(p)
	others, err2 := w.circlesOf(o)
	if err1 != nil || err2 != nil {
		return errors.Join(err1, err2)
	}
	knows := func(all []circle, number int64) bool {
		return w.told[number] || slices.ContainsFunc(all, func(c circle) bool { return slices.Contains(c.stores, w.store) })
	}
	p.both = p.both || o.both || w.store != "" && knows(mine, p.number) && knows(others, o.number)
	p.circles = slices.Concat(mine, others)
	return nil
}

// calledAnew notes where a store that knows a customer calls her by another id: it has two, and must hear that they are one.
func (w *work) calledAnew(p *person, id string) error {
	if w.store == "" || p.isNew && !w.told[p.number] || w.known[id].Number == p.number {
		return nil
	}
	circles, err := w.circlesOf(p)
	if err != nil {
		return err
	}
	p.both = p.both || w.told[p.number] || slices.ContainsFunc(circles, func(c circle) bool { return slices.Contains(c.stores, w.store) })
	return nil
}

// origins notes whose the facts of one who is to be joined with another were.
func (w *work) origins(o *person) error {
	all, err := w.tx.EntitiesOf(o.number, EntityFact, 0)
	if err != nil {
		return fmt.Errorf("listing facts: %w", err)
	}
	for _, e := range all {
		if _, moved := w.cameWith[e.ID]; !moved {
			w.cameWith[e.ID] = o.number
		}
	}
	return nil
}

// bound cuts the list of her other ids, where it is longer than what travels. All of them lead to her still.
func (w *work) bound(p *person) error {
	if len(p.state.Also) <= edge.MaxAlso {
		return nil
	}
	more := p.state.Also[edge.MaxAlso:]
	after := w.keptAfter(p)
	for _, id := range more {
		w.knows(id, Known{Number: p.number, After: after})
	}
	p.state.Also = slices.Clone(p.state.Also[:edge.MaxAlso])
	if err := w.tx.PutIDs(p.number, more); err != nil {
		return fmt.Errorf("keeping ids: %w", err)
	}
	return nil
}
