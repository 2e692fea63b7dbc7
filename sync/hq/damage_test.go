// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"database/sql"
	"testing"

	"redbench/edge"
)

// change writes to the database beside head office, as a bad disk does.
func (o *office) change(query string, args ...any) {
	o.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+o.database()+"?_busy_timeout=5000")
	must(o.t, err)
	defer func() { must(o.t, db.Close()) }()
	_, err = db.Exec(query, args...)
	must(o.t, err)
}

// TestWhatIsDamagedStopsNothing: one customer and one fact cannot be read; everything else goes its way.
func TestWhatIsDamagedStopsNothing(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	lost, maya := b[0].customer("Lost", card(1)), b[0].customer("Maya", card(2))
	rides, sails := b[0].fact(maya.ID, "she rides"), b[0].fact(maya.ID, "she sails")
	b[0].tell(told(lost, b[0].fact(lost.ID, "nobody knows"), maya, rides, sails, b[0].visit(lost.ID, 1))...)
	b[1].tell(told(b[1].visit(lost.ID, 1), b[1].visit(maya.ID, 2))...)
	o.change(`UPDATE people SET sealed = zeroblob(60) WHERE number = 1`)
	o.change(`UPDATE entities SET body = zeroblob(60) WHERE id = ?`, rides.ID)
	done, err := o.Forget(t.Context(), card(9))
	must(t, err)

	if got := b[1].changes(); kinds(got) != "erasure customer fact" || got[0].Erasure.ID != done.Erasure {
		t.Errorf("a store hears %s", kinds(got))
	}
	items, _, err := o.Feed(t.Context(), "", 3)
	must(t, err)
	if len(items) != 3 {
		t.Errorf("a reader who asks for 3 items gets %d", len(items))
	}
	for _, i := range o.all() {
		if i.Customer != nil && i.Customer.ID != maya.ID || i.Fact != nil && i.Fact.ID != sails.ID {
			t.Errorf("the feed tells %+v", i)
		}
	}
	f, err := o.Lookup(t.Context(), "station", o.hashes(card(2)))
	must(t, err)
	if len(f.Facts) != 1 {
		t.Errorf("found %+v", f)
	}
	if _, err := o.Lookup(t.Context(), "station", o.hashes(card(1))); err == nil {
		t.Error("found who cannot be read")
	}

	// Records about her go on being taken, and so do those behind them.
	ben := b[1].customer("Ben", card(1)) // shares her card
	lost.Fields.Tell(edge.FieldName, "Found", b[0].stamp(), edge.RankTold)
	b[0].tell(told(lost, b[0].fact(lost.ID, "more"), b[0].visit(lost.ID, 3), rides)...)
	b[1].tell(told(ben, b[1].fact(ben.ID, "he rows"))...)
	if got := kinds(b[1].changes()); got != "fact" {
		t.Errorf("then the store hears %s", got)
	}
	if n := len(o.only("visit")); n != 4 {
		t.Errorf("%d visits", n)
	}
	// She can be forgotten, and a consent that is taken back takes the damaged fact along.
	if _, err := o.Forget(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "6001000000002"}); err != nil {
		t.Error(err)
	}
}

// TestADamagedFactGoesWithTheConsent: and with a join, which cannot put it under the other's key.
func TestADamagedFactGoesWithTheConsent(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya, also := b[0].customer("Maya", card(1)), b[1].customer("Maya", card(2))
	rides := b[1].fact(also.ID, "she rides")
	b[0].tell(told(maya)...)
	b[1].tell(told(also, rides)...)
	o.change(`UPDATE entities SET body = zeroblob(60) WHERE id = ?`, rides.ID)
	maya.Identifiers = o.hashes(card(1), card(2))
	b[0].tell(told(maya)...)
	if n := len(o.only("customer")); n != 1 {
		t.Fatalf("%d customers", n)
	}
	maya.Fields.Tell(edge.FieldConsent, string(edge.ConsentNone), b[0].stamp(), edge.RankTold)
	b[0].tell(told(maya)...)
	if n := o.count(`SELECT count(*) FROM entities WHERE kind = 2`); n != 0 {
		t.Errorf("%d facts are left", n)
	}
}
