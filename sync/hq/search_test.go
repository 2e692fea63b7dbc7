// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/seal"
	"redbench/sync/hq"
	"redbench/sync/wire"
)

// looked is a store that counts looks through all identifiers, or lets them fail.
type looked struct {
	hq.Store
	times int
	fails error
	// what happens between a look and the transaction that carries out; once
	meanwhile func()
}

func (l *looked) Update(ctx context.Context, f func(hq.Tx) error) error {
	return l.Store.Update(ctx, func(tx hq.Tx) error { return f(&lookedTx{tx, l}) })
}

func (l *looked) View(ctx context.Context, f func(hq.Tx) error) error {
	times := l.times
	err := l.Store.View(ctx, func(tx hq.Tx) error { return f(&lookedTx{tx, l}) })
	if then := l.meanwhile; then != nil && l.times > times {
		l.meanwhile = nil
		then()
	}
	return err
}

type lookedTx struct {
	hq.Tx
	l *looked
}

func (t *lookedTx) IdentifiersAfter(row int64, limit int) ([]hq.Identified, error) {
	t.l.times++
	if t.l.fails != nil {
		return nil, t.l.fails
	}
	return t.Tx.IdentifiersAfter(row, limit)
}

// searching is the same head office, whose looks are counted.
func (o *office) searching() *looked {
	o.t.Helper()
	l := &looked{Store: o.db}
	h, err := hq.New(hq.Options{Store: l, Keys: o.keys, Now: o.clock.Now})
	must(o.t, err)
	o.t.Cleanup(func() { must(o.t, h.Close()) })
	o.HQ = h
	return l
}

// byTombstone is an order that names nobody whom head office knows but by an identifier.
func (b *box) byTombstone(n int) edge.Order {
	b.o.clock.forward(time.Second) // after what was told of her
	t := b.o.keys.TombstoneOf(b.o.keys.Hashes(card(n))[0])
	return edge.Order{Erasure: &edge.Erasure{ID: newID(), At: noon, Stamp: b.stamp(), Customers: []string{newID()}, Tombstones: [][]byte{t[:]}}}
}

// TestOneSearchForAllOrdersOfACall: a box that sends 50 orders, and again since an answer was lost, must not hold its own
// line with 100 looks through everybody.
func TestOneSearchForAllOrdersOfACall(t *testing.T) {
	o := newOffice(t)
	l := o.searching()
	b := o.enrolled("harbour", "station")
	var orders []edge.Order
	for i := range 50 {
		b[1].tell(told(b[1].customer("Maya", card(i)))...)
		orders = append(orders, b[0].byTombstone(i))
	}
	for range 2 {
		must(t, o.Orders(t.Context(), "harbour", orders))
	}
	if l.times != 2 { // the pass, and what came since then
		t.Errorf("looked through everybody %d times", l.times)
	}
	if left := o.count(`SELECT count(*) FROM people`); left != 0 {
		t.Errorf("%d are left", left)
	}
}

// TestAnOrderIsTakenBeforeTheSearch: it is durable when it is answered, keeps her out, and is carried out by whoever comes
// after a crash.
func TestAnOrderIsTakenBeforeTheSearch(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[1].customer("Maya", card(1))
	b[1].tell(told(maya)...)
	o.searching().fails = errors.New("the machine is switched off")
	order := b[0].byTombstone(1)
	must(t, o.Orders(t.Context(), "harbour", []edge.Order{order}))
	for _, c := range b[1].changes() {
		if c.Erasure != nil {
			t.Error("passed on before anybody knows whom it means")
		}
	}
	again := openOffice(t, o.dir, o.clock)
	must(t, again.Tidy(t.Context()))
	if left := again.count(`SELECT count(*) FROM people`) + again.count(`SELECT count(*) FROM waiting`); left != 0 {
		t.Errorf("%d are left", left)
	}
	told := b[1].changes()
	if len(told) != 1 || told[0].Erasure == nil || told[0].Erasure.ID != order.Erasure.ID {
		t.Errorf("the others are told %s", kinds(told))
	}
	owing, err := o.Owing(t.Context())
	must(t, err)
	if len(owing) != 1 || owing[0].Store != "station" {
		t.Errorf("owing: %+v", owing)
	}
}

// TestWhomASearchFindsIsSearchedForByAllThatIsHers: an order finds her by her card, head office knows the chain's id of her, and a box that
// worked alone told of that id under a key of its own, so that head office has her twice.
func TestWhomASearchFindsIsSearchedForByAllThatIsHers(t *testing.T) {
	o := newOffice(t)
	own := edge.Key{ID: 7, Key: bytes.Repeat([]byte{7}, 32)}
	b := o.enrolled("harbour", "station")
	code, err := o.AddStore(t.Context(), "harbour", nil)
	must(t, err)
	_, err = o.Enrol(t.Context(), wire.EnrolRequest{Code: code, Store: "harbour", Keys: []edge.Key{own}})
	must(t, err)
	chain := edge.Identifier{Kind: edge.KindCustomer, Value: "c1"}
	b[1].tell(told(b[1].chained("Maya", chain.Value, card(1)))...)

	elsewhere := keysAt(t, own)
	maya := b[0].customer("Maya")
	for _, h := range elsewhere.HashesEverywhere(chain) {
		if h.Key == own.ID {
			maya.Identifiers = []edge.IdentifierHash{{Key: h.Key, Sum: h.Sum[:], Kind: edge.KindCustomer}}
		}
	}
	b[0].tell(told(maya)...)
	if n := len(o.people()); n != 2 {
		t.Fatalf("%d customers before", n)
	}
	must(t, o.Orders(t.Context(), "station", []edge.Order{b[1].byTombstone(1)}))
	if n := len(o.people()); n != 0 {
		t.Errorf("%d customers are left", n)
	}
	if left := o.count(`SELECT count(*) FROM waiting`); left != 0 {
		t.Errorf("%d orders wait still", left)
	}
}

// keysAt are head office's keys of a test's own, which know another key too.
func keysAt(t *testing.T, own edge.Key) *seal.Box {
	t.Helper()
	keys, err := seal.Open(t.TempDir())
	must(t, err)
	must(t, keys.KnowElsewhere([]edge.Key{own}))
	return keys
}
