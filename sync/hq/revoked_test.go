// SPDX-License-Identifier: Apache-2.0

package hq_test

import "testing"

// TestNothingIsKeptForARevokedStore: and the box that enrols under its name again, with its old cursor, begins anew and is
// told everything of those of whom it tells.
func TestNothingIsKeptForARevokedStore(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[0].customer("Maya", card(1))
	b[0].tell(told(maya)...)
	b[1].tell(told(maya)...)
	b[0].changes()
	must(t, o.RevokeStore(t.Context(), "harbour"))
	for i := range 3 {
		b[1].tell(told(b[1].fact(maya.ID, "she rides"), b[1].visit(maya.ID, i))...)
	}
	for _, table := range []string{"changes", "interest", "owed", "relays"} {
		if n := o.count(`SELECT count(*) FROM ` + table + ` WHERE store = 'harbour'`); n != 0 {
			t.Errorf("%s: %d rows are kept", table, n)
		}
	}
	again := o.enrolled("harbour")[0]
	if !o.begins("harbour", b[0].cursor) {
		t.Fatal("its old cursor is taken: it would never hear what was deleted")
	}
	again.tell(told(maya)...)
	if got := kinds(again.changes()); got != "customer fact fact fact" {
		t.Errorf("it hears %s", got)
	}
	if o.begins("station", b[1].cursor) {
		t.Error("another store begins anew, too")
	}
}
