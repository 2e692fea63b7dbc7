// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"redbench/daemon"
	"redbench/daemon/control"
	"redbench/edge"
)

func ofCard(number string) edge.Identifier {
	return edge.Identifier{Kind: edge.KindCard, Value: number}
}

func ofChain(id string) edge.Identifier {
	return edge.Identifier{Kind: edge.KindCustomer, Value: id}
}

func (r *rig) customer(id edge.Identifier) control.Customer {
	r.t.Helper()
	c, err := r.box.Customer(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// TestAMergeIsSeenAtTheTill: who stands there as the other is shown as who she is now, what she is told and buys is hers,
// and with the merge taken back it goes with her card.
func TestAMergeIsSeenAtTheTill(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.imports(control.ImportCustomers, "identifier,name,consent,fact.person\n6001,Maya,remember,\n6002,May,remember,Ada started nursery on Monday\n")
	screen, till := r.screen("1"), r.till("1")
	till.card("6002")
	before := screen.next("prompt")
	if before.Who.Name != "May" {
		t.Fatalf("before: %+v", before.Who)
	}
	other := r.customer(ofCard("6002")).ID
	m, err := r.box.Merge(t.Context(), control.MergeRequest{Keep: ofCard("6001"), Other: ofCard("6002")})
	if err != nil || m.Merged != other || !m.Undo || m.Told || m.Screens != 1 {
		t.Fatalf("%+v %v", m, err)
	}
	after := screen.next("prompt")
	if after.Who.Name != "Maya" || after.ID == before.ID {
		t.Errorf("after: %+v", after)
	}
	// A word on the prompt from before lands on who she is.
	if said := screen.say(map[string]any{"type": "note", "id": "n1", "prompt": before.ID, "kind": "interest", "text": "rowing"}); said.Type != "ok" {
		t.Errorf("%+v", said)
	}
	till.started("c1")
	if said := screen.say(map[string]any{"type": "note", "id": "n2", "prompt": after.ID, "kind": "interest", "text": "chess"}); said.Type != "ok" {
		t.Errorf("%+v", said)
	}
	till.completed("c1", "Rye")
	c := r.customer(ofCard("6001"))
	if c.Visits != 1 || len(c.Facts) != 3 || len(c.Merged) != 1 || c.Merged[0].ID != other || !c.Merged[0].Undo {
		t.Errorf("%+v", c)
	}
	screen.next("farewell")
	till.card("6002")
	p := screen.next("prompt")
	if p.Who.Name != "Maya" {
		t.Errorf("%+v", p.Who)
	}
	if said := screen.say(map[string]any{"type": "note", "id": "n3", "prompt": p.ID, "kind": "interest", "text": "with her own card"}); said.Type != "ok" {
		t.Errorf("%+v", said)
	}
	u, err := r.box.Unmerge(t.Context(), control.UnmergeRequest{Keep: ofCard("6002")})
	if err != nil || u.Parted != other || u.Screens != 1 {
		t.Fatalf("%+v %v", u, err)
	}
	if p := screen.next("prompt"); p.Who.Name != "May" {
		t.Errorf("parted: %+v", p.Who)
	}
	told := func(c control.Customer) bool {
		return slices.ContainsFunc(c.Facts, func(f control.Fact) bool { return f.Text == "with her own card" })
	}
	kept, hers := r.customer(ofCard("6001")), r.customer(ofCard("6002"))
	if kept.Visits != 0 || hers.Visits != 1 || len(kept.Merged) != 0 || told(kept) || !told(hers) {
		t.Errorf("%+v\n%+v", kept, hers)
	}
}

// TestAMergeWhileTheBoxIsStopped: a checkout that was open on a lane is hers who she is now when the box starts again.
func TestAMergeWhileTheBoxIsStopped(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, nil)
	r.imports(control.ImportCustomers, "identifier,name\n6001,Maya\n6002,May\n")
	till := r.till("1")
	till.card("6002")
	till.started("c1")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	box, closer, err := daemon.Open(t.Context(), daemon.Options{Config: r.config})
	if err != nil {
		t.Fatal(err)
	}
	m, err := box.Merge(t.Context(), control.MergeRequest{Keep: ofCard("6001"), Other: ofCard("6002")})
	if err := errors.Join(err, closer.Close()); err != nil || !m.Undo {
		t.Fatal(m, err)
	}
	r = start(t, dir, nil)
	r.till("1").completed("c1", "Rye")
	if c := r.customer(ofCard("6001")); c.Visits != 1 {
		t.Errorf("%+v", c)
	}
	if _, err := r.box.Unmerge(t.Context(), control.UnmergeRequest{Keep: ofCard("6001")}); err != nil {
		t.Fatal(err)
	}
	if c := r.customer(ofCard("6002")); c.Visits != 1 {
		t.Errorf("it was her card: %+v", c)
	}
}

// TestWhoCannotBeMergedIsSaid: which of the two it is, and never by its number.
func TestWhoCannotBeMergedIsSaid(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.imports(control.ImportCustomers, "customer,identifier,name\nc1,6001,Maya\nc2,6002,May\nc3,6002,Bo\n")
	for _, each := range []struct {
		keep, other, says string
		is                error
	}{
		{"6001", "7777", "the second identifier: nobody here is known", edge.ErrNotFound},
		{"7777", "6001", "the first identifier: nobody here is known", edge.ErrNotFound},
		{"6002", "6001", "the first identifier belongs to more than one", edge.ErrAmbiguous},
		{"6001", "6001", "the same customer's already", nil},
	} {
		_, err := r.box.Merge(t.Context(), control.MergeRequest{Keep: ofCard(each.keep), Other: ofCard(each.other)})
		if err == nil || !strings.Contains(err.Error(), each.says) || each.is != nil && !errors.Is(err, each.is) || strings.Contains(err.Error(), "7777") {
			t.Errorf("%s and %s: %v", each.keep, each.other, err)
		}
	}
}

// TestASharedCardClaimsNoName: a household's card is greeted, with no name and nothing of anybody's; nothing is asked that
// would be noted with somebody, and what is bought teaches nobody.
func TestASharedCardClaimsNoName(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.imports(control.ImportCustomers, "customer,identifier,name,fact.person,fact.preference\nc1,6001,Maya,Ada started nursery on Monday,no lid\nc2,6001,Ben,,\n")
	screen, till := r.screen("1"), r.till("1")
	till.card("6001")
	p := screen.next("prompt")
	if p.Who.Name != "" || p.Who.Stage != edge.StageStranger || p.Who.Greeting == "" || p.Remember != nil || p.Do != nil || p.Ask != nil || p.Avoid != nil {
		t.Errorf("%+v", p)
	}
	if said := screen.say(map[string]any{"type": "note", "id": "n1", "prompt": p.ID, "kind": "interest", "text": "rowing"}); said.Type != "error" {
		t.Errorf("a note is taken of nobody: %+v", said)
	}
	till.started("c1")
	till.completed("c1", "Rye")
	screen.next("farewell")
	for id, facts := range map[string]int{"c1": 2, "c2": 0} {
		if c := r.customer(ofChain(id)); c.Visits != 0 || len(c.Facts) != facts {
			t.Errorf("%s: %+v", id, c)
		}
	}
}

// TestAMergeReachesTheChain: head office joins the two who were merged at one store, and the other store follows.
func TestAMergeReachesTheChain(t *testing.T) {
	o := startOffice(t)
	harbour, station := o.enrolls("harbour", nil), o.enrolls("station", nil)
	file := "customer,identifier,name,consent,fact.interest\nc1,6001,Maya,remember,sailing\n,6002,May,remember,chess\nc3,6003,Bo,remember,\n"
	for _, r := range []*rig{harbour, station} {
		r.imports(control.ImportCustomers, file)
		r.sent()
	}
	_, err := harbour.box.Merge(t.Context(), control.MergeRequest{Keep: ofCard("6001"), Other: ofCard("6003")})
	if err == nil || !strings.Contains(err.Error(), "head office keeps them apart") {
		t.Errorf("two with ids of the chain's own: %v", err)
	}
	var refusal *edge.Refusal
	_, err = harbour.box.Merge(t.Context(), control.MergeRequest{Keep: ofCard("6001"), Other: ofCard("6002")})
	if !errors.As(err, &refusal) || refusal.Code != control.RefusedForGood || harbour.customer(ofCard("6002")).Name != "May" {
		t.Errorf("without a word that it is for good: %v", err)
	}
	m, err := harbour.box.Merge(t.Context(), control.MergeRequest{Keep: ofCard("6001"), Other: ofCard("6002"), ForGood: true})
	if err != nil || !m.Told || m.Undo {
		t.Fatalf("%+v %v", m, err)
	}
	harbour.sent()
	until(t, "the other store to follow", func() bool {
		one, err := station.box.Customer(t.Context(), ofCard("6001"))
		other, err2 := station.box.Customer(t.Context(), ofCard("6002"))
		return err == nil && err2 == nil && one.ID == other.ID
	})
	if c := station.customer(ofCard("6002")); c.Name != "Maya" {
		t.Errorf("there she is %+v", c)
	}
	var names []string
	for _, item := range o.feed("customer") {
		names = append(names, item.Customer.Fields[edge.FieldName].Value)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"Bo", "Maya"}) {
		t.Errorf("head office knows %v", names)
	}
	for _, r := range []*rig{harbour, station} {
		_, err := r.box.Unmerge(t.Context(), control.UnmergeRequest{Keep: ofCard("6001")})
		if err == nil || !strings.Contains(err.Error(), "redbench forget") {
			t.Errorf("%s: %v", r.config.Store.ID, err)
		}
	}
}
