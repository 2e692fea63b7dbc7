// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"slices"
	"testing"

	"redbench/edge"
)

func withConsent(b *box, s edge.CustomerState, c edge.Consent) edge.CustomerState {
	s.Fields = s.Fields.Merge(nil)
	s.Fields.Tell(edge.FieldConsent, string(c), b.stamp(), edge.RankTold)
	return s
}

func TestWhatSheTakesBackIsDroppedEverywhere(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[0].customer("Maya", card(1))
	b[0].tell(told(maya, b[0].fact(maya.ID, "she rides"), b[0].visit(maya.ID, -9), outcome(maya.ID, "p", "used"))...)
	b[1].tell(told(b[1].customer("Maya", card(1)))...)
	b[1].changes()

	o.clock.forward(1e9)
	b[1].stamps.See(b[0].stamps.Last())
	b[1].tell(told(withConsent(b[1], maya, edge.ConsentNone))...)
	c := o.onlyPerson()
	if c.Fields[edge.FieldName].Value != "" || c.Unlearnt.IsZero() {
		t.Errorf("%+v", c)
	}
	if len(o.facts()) != 0 || len(o.only("outcome")) != 0 || o.only("visit")[0].Visit.Customer != "" {
		t.Errorf("left: %+v", o.all())
	}
	// The store that has not heard of it tells another fact: the mark rises, so that it drops it.
	late := b[0].fact(maya.ID, "she sails")
	late.Fields.Tell(edge.FieldText, "she sails", edge.Stamp{Wall: c.Unlearnt.Wall + 5, Origin: "harbour"}, edge.RankTold)
	b[0].tell(told(late)...)
	b[0].tell(told(b[0].visit(maya.ID, 99))...)
	if len(o.facts()) != 0 {
		t.Error("a late fact is kept")
	}
	if again := o.onlyPerson(); !again.Unlearnt.After(late.Learnt()) {
		t.Errorf("the mark %v does not rise over %v", again.Unlearnt, late.Learnt())
	}
	if slices.ContainsFunc(o.only("visit"), func(i hqItem) bool { return i.Visit.Customer != "" }) {
		t.Error("a late visit is hers")
	}
	if changes := b[0].changes(); kinds(changes) != "customer" || !changes[0].Customer.Unlearnt.After(late.Learnt()) {
		t.Errorf("the store hears %s", kinds(changes))
	}
}

func TestConsentRaisedAgainStartsAnew(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	maya := b.customer("Maya", card(1))
	old := b.fact(maya.ID, "she rides")
	b.tell(told(maya, old, b.visit(maya.ID, -5))...)
	o.clock.forward(1e9)
	b.tell(told(withConsent(b, maya, edge.ConsentRecognise))...)
	if c := o.onlyPerson(); c.Fields[edge.FieldName].Value != "Maya" {
		t.Errorf("her name went, too: %+v", c)
	}
	o.clock.forward(60e9)
	b.stamps.See(o.onlyPerson().Unlearnt)
	b.tell(told(withConsent(b, maya, edge.ConsentRemember))...)
	b.tell(told(old, b.fact(maya.ID, "she sails"), b.visit(maya.ID, -3), b.visit(maya.ID, 5))...)
	if f := o.facts(); len(f) != 1 || f[0].Fact.Fields[edge.FieldText].Value != "she sails" {
		t.Errorf("facts %+v", f)
	}
	hers := slices.DeleteFunc(o.only("visit"), func(i hqItem) bool { return i.Visit.Customer == "" })
	if len(hers) != 2 {
		t.Errorf("%d visits are hers, want the two since", len(hers))
	}
}

func TestAMarkByAClockThatRunsAheadDoesNotEatVisits(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	maya := b.customer("Maya", card(1))
	maya.Unlearnt = edge.Stamp{Wall: noon.AddDate(50, 0, 0).UnixMicro(), Origin: "harbour"}
	b.tell(told(maya)...)
	o.clock.forward(60e9)
	b.tell(told(b.visit(maya.ID, 1))...)
	maya.Fields.Tell(edge.FieldSay, "MY-uh", b.stamp(), edge.RankTold)
	o.clock.forward(60e9)
	b.tell(told(maya, b.visit(maya.ID, -30))...)
	for _, v := range o.only("visit") {
		if v.Visit.Customer != maya.ID {
			t.Errorf("a visit of %v is nobody's", v.Visit.At)
		}
	}
}
