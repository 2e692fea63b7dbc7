// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// takeCustomer takes in what head office says of a customer, and gives her number; edge.Stranger when nothing of her may
// be kept. Several customers here whom head office calls by ids of one person become one.
func (a *applying) takeCustomer(c edge.CustomerState) (edge.CustomerRef, error) {
	a.seeAll(c.Fields, c.Unlearnt)
	ids, err := idsOf(c)
	if err != nil {
		return edge.Stranger, err
	}
	if gone, err := a.staysGone(c, ids); err != nil || gone {
		return edge.Stranger, err
	}
	refs, err := a.byIDs(ids)
	if err != nil {
		return edge.Stranger, err
	}
	if len(refs) == 0 {
		ref, err := a.byIdentifier(c)
		if err != nil {
			return edge.Stranger, err
		}
		if ref != edge.Stranger {
			refs = append(refs, ref)
		}
	}
	if forgotten, err := a.unbury(c, len(refs) > 0); err != nil || forgotten {
		return edge.Stranger, err
	}
	if len(refs) == 0 {
		return a.addCustomer(c, ids)
	}
	return a.mergeCustomer(refs, c, ids)
}

// seeAll makes the clock go on after what others told: an edit that is made here in knowledge of it then wins over it.
func (w *work) seeAll(fields edge.Fields, more ...edge.Stamp) {
	for _, stamp := range more {
		w.see(stamp)
	}
	for _, r := range fields {
		w.see(r.At)
	}
}

// mergeCustomer merges what head office says with what is known here, and writes what differs.
func (a *applying) mergeCustomer(refs []edge.CustomerRef, c edge.CustomerState, ids [][]byte) (edge.CustomerRef, error) {
	ref, states, err := a.joinAll(refs)
	if err != nil {
		return edge.Stranger, err
	}
	merged := c
	for _, each := range states {
		merged = each.Merge(merged)
	}
	if err := a.addAliases(ref, ids); err != nil {
		return edge.Stranger, err
	}
	if err := a.settle(ref, states, merged); err != nil {
		return edge.Stranger, fmt.Errorf("taking a customer in: %w", err)
	}
	return ref, nil
}

// addAliases makes her found by what others call her. Her own id stays: her key is bound to it.
func (a *applying) addAliases(ref edge.CustomerRef, ids [][]byte) error {
	for _, id := range ids {
		err := a.exec(`INSERT INTO aliases (id, customer) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM customers WHERE id = ?1) ON CONFLICT DO NOTHING`, id, int64(ref))
		if err != nil {
			return fmt.Errorf("keeping an id: %w", err)
		}
	}
	return nil
}

// settle writes what a customer's state has become. Where it was different before, by consent or by a watermark, what was
// learnt meanwhile is taken back.
func (a *applying) settle(ref edge.CustomerRef, before []edge.CustomerState, now edge.CustomerState) error {
	takeBack := false
	for _, was := range before {
		takeBack = takeBack || lowers(was.Consent(), now.Consent()) || now.Unlearnt.After(was.Unlearnt)
	}
	tell, err := a.withdrawn(ref, &now)
	if err != nil {
		return err
	}
	if len(before) == 1 && !takeBack && !tell && sameState(before[0], now) {
		return nil
	}
	key, wrapped, err := a.keyFor(ref, now, takeBack)
	if err != nil {
		return err
	}
	if err := errors.Join(a.putCustomer(ref, now, key, wrapped), a.putIdentifiers(ref, now.Identifiers)); err != nil {
		return err
	}
	a.touch(ref)
	a.changed[ref] = struct{}{}
	if !tell {
		return nil
	}
	return a.tell(edge.RecordCustomer, ref, nil, nil)
}

// withdrawn empties what her consent does not cover, where anything is left of it: names of one who said no, facts of one
// who does not want to be remembered. That is a new telling, which travels as any other. It reports whether there was any.
func (a *applying) withdrawn(ref edge.CustomerRef, now *edge.CustomerState) (tell bool, err error) {
	if now.Consent() == edge.ConsentRemember {
		return false, nil
	}
	if now.Consent() != edge.ConsentRecognise {
		stamp := a.stamp()
		tell = now.Fields.TakeBack(stamp, edge.NameFields...)
	}
	var facts bool
	if err := a.tx.QueryRowContext(a.ctx, `SELECT EXISTS (SELECT 1 FROM facts WHERE customer = ?)`, int64(ref)).Scan(&facts); err != nil {
		return false, err
	}
	if facts {
		now.Unlearnt = a.stamp()
	}
	return tell || facts, nil
}

// sameState reports whether two states of one customer say the same, whatever they call her.
func sameState(a, b edge.CustomerState) bool {
	a.ID, a.Also, b.ID, b.Also = "", nil, "", nil
	return reflect.DeepEqual(a.Merge(edge.CustomerState{}), b.Merge(edge.CustomerState{}))
}

// keyFor gives a customer's key: a new one when something is taken back, under which all that is left of her is sealed.
func (a *applying) keyFor(ref edge.CustomerRef, now edge.CustomerState, takeBack bool) (key *seal.Customer, wrapped []byte, err error) {
	id, wrapped, err := a.wrappedKey(ref)
	if err != nil {
		return nil, nil, err
	}
	if key, err = a.opt.Seal.Unwrap(id, wrapped); err != nil || !takeBack {
		return key, wrapped, err
	}
	a.destroyed = true
	left, err := a.leftOf(ref, key, now)
	if err != nil {
		return nil, nil, err
	}
	if err := a.takeBack(ref); err != nil {
		return nil, nil, err
	}
	if key, wrapped, err = a.opt.Seal.NewCustomerKey(id); err != nil {
		return nil, nil, err
	}
	return key, wrapped, a.putBack(ref, key, left)
}

func (w *work) wrappedKey(ref edge.CustomerRef) (id uuid.UUID, wrapped []byte, err error) {
	var raw []byte
	if err := w.tx.QueryRowContext(w.ctx, `SELECT id, wrapped FROM customers WHERE ref = ?`, int64(ref)).Scan(&raw, &wrapped); err != nil {
		return id, nil, fmt.Errorf("reading a customer's key: %w", err)
	}
	if len(raw) != 16 {
		return id, nil, errRecord
	}
	return uuid.UUID(raw), wrapped, nil
}

// addCustomer makes a customer whom only others knew so far. She keeps the id that head office calls her by.
func (a *applying) addCustomer(c edge.CustomerState, ids [][]byte) (edge.CustomerRef, error) {
	c = c.Merge(edge.CustomerState{}) // a copy, to be changed
	c.ID = uuid.UUID(ids[0]).String()
	tell, err := a.withdrawn(edge.Stranger, &c)
	if err != nil {
		return edge.Stranger, err
	}
	id := uuid.UUID(ids[0])
	key, wrapped, err := a.opt.Seal.NewCustomerKey(id)
	if err != nil {
		return edge.Stranger, err
	}
	ref, err := a.insertCustomer(id, wrapped)
	if err != nil {
		return edge.Stranger, fmt.Errorf("making a customer: %w", err)
	}
	err = errors.Join(a.putCustomer(ref, c, key, wrapped), a.putIdentifiers(ref, c.Identifiers), a.addAliases(ref, ids[1:]))
	if err == nil && tell {
		err = a.tell(edge.RecordCustomer, ref, nil, nil)
	}
	if err != nil {
		return edge.Stranger, fmt.Errorf("making a customer: %w", err)
	}
	a.customers++
	a.changed[ref] = struct{}{}
	return ref, nil
}

func (a *applying) insertCustomer(id uuid.UUID, wrapped []byte) (edge.CustomerRef, error) {
	result, err := a.tx.ExecContext(a.ctx, `INSERT INTO customers (id, wrapped, sealed, consent, consent_at, since) VALUES (?, ?, x'', 'none', 0, 0)`, id[:], wrapped)
	if err != nil {
		return edge.Stranger, err
	}
	ref, err := result.LastInsertId()
	return edge.CustomerRef(ref), err
}

// putIdentifiers adds what others know her by, under whatever key: it keeps an order to forget her, that knows her by
// such a hash alone, from missing her. What somebody else has here stays his alone, unless the two are a household: as soon
// as head office has been told of him it makes the two one, and until then a card of both would be nobody's.
func (w *work) putIdentifiers(ref edge.CustomerRef, identifiers []edge.IdentifierHash) error {
	for _, i := range identifiers {
		if len(i.Sum) != 32 {
			continue
		}
		taken, err := w.takenBy(ref, i, slices.ContainsFunc(identifiers, isChain))
		if err != nil {
			return err
		}
		if taken {
			continue
		}
		w.Store.late.note(i)
		err = w.exec(`INSERT INTO identifiers (hash, customer, key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, i.Sum, int64(ref), i.Key)
		if err == nil {
			err = w.exec(`INSERT INTO held (customer, hash, kind) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, int64(ref), i.Sum, string(i.Kind))
		}
		if err != nil {
			return fmt.Errorf("keeping an identifier: %w", err)
		}
	}
	return nil
}

// takenBy reports whether an identifier is somebody else's here, who is not of the same household: of a household each has
// an id of the chain.
func (w *work) takenBy(ref edge.CustomerRef, i edge.IdentifierHash, named bool) (bool, error) {
	owners, err := w.ownersOf(i.Sum)
	if err != nil || len(owners) == 0 || slices.Contains(owners, ref) {
		return false, err
	}
	if !named || isChain(i) {
		return true, nil
	}
	for _, other := range owners {
		if has, err := w.hasChain(other); err != nil || !has {
			return true, err
		}
	}
	return false, nil
}

// putCustomer writes a customer's own row.
func (w *work) putCustomer(ref edge.CustomerRef, c edge.CustomerState, key *seal.Customer, wrapped []byte) error {
	value := func(name string) string { return c.Fields[name].Value }
	p := person{value(edge.FieldName), value(edge.FieldSay), value(edge.FieldAddress), value(edge.FieldLanguage), value(edge.FieldChain)}
	consent := c.Consent()
	if !consent.Valid() {
		// Nobody told: what stands for it here must lose to whatever is.
		consent = edge.ConsentNone
		c.Fields = c.Fields.Merge(edge.Fields{edge.FieldConsent: {Value: string(consent)}})
	}
	at := c.Fields[edge.FieldConsent].At.Wall
	err := w.exec(`UPDATE customers SET wrapped = ?, sealed = ?, consent = ?, consent_at = ?, since = ?, stamps = ? WHERE ref = ?`,
		wrapped, p.sealed(key), string(consent), at, toldMicros(value(edge.FieldSince)), packStamps(marksOf(c.Fields, c.Unlearnt), w.usual(at)), int64(ref))
	if err != nil {
		return fmt.Errorf("writing a customer: %w", err)
	}
	return nil
}

// toldMicros reads a moment as it travels. What is none is never.
func toldMicros(text string) int64 {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return 0
	}
	return micros(t)
}
