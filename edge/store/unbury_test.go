// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"testing"

	"redbench/edge"
)

// TestAnOrderStopsNobodyWithAnotherIDOfTheChain: her phone was her household's elsewhere. Whom head office tells of then has it
// too, and has not said anything since the order.
func TestAnOrderStopsNobodyWithAnotherIDOfTheChain(t *testing.T) {
	phone := edge.Identifier{Kind: edge.KindPhone, Value: "+49301234"}
	for _, c := range []struct {
		chain          string // of whom head office tells
		chained, known bool
	}{{"c2", true, true}, {"c1", true, false}, {"", true, false}, {"c2", false, false}} {
		s, hq := enrolled(t)
		order := orderOf(hq, 9, phone)
		if c.chained {
			order = orderOf(hq, 9, phone, edge.Identifier{Kind: edge.KindCustomer, Value: "c1"})
		}
		order.Chained = c.chained
		apply(t, s, order)
		noor := remembered(hq, "Noor", "6002")
		noor.Identifiers = append(noor.Identifiers, hashOf(hq, phone.Kind, phone.Value))
		if c.chain != "" {
			noor.Fields.Tell(edge.FieldChain, c.chain, at(1), edge.RankGuess)
			noor.Identifiers = append(noor.Identifiers, hashOf(hq, edge.KindCustomer, c.chain))
		}
		apply(t, s, noor)
		if _, err := known(t, s, "6002"); (err == nil) != c.known {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestWhoWasForgottenHereAloneIsForgottenEverywhere: the box forgot her while it was not enrolled, or as a copy of that time, so
// that nobody was told. Then head office tells of her.
func TestWhoWasForgottenHereAloneIsForgottenEverywhere(t *testing.T) {
	for _, byValue := range []bool{false, true} {
		wasForgottenAlone(t, byValue)
	}
}

func wasForgottenAlone(t *testing.T, byValue bool) {
	t.Helper()
	s, hq := openStore(t, t.TempDir()), office(t)
	importCustomers(t, s, "customer,identifier,name\nc1,6001,Ada\n,6002,Bo\n")
	own := s.opt.Seal.Hashes(edge.Identifier{Kind: edge.KindCustomer, Value: "c1"})[0]
	card := s.opt.Seal.Hashes(cardOf("6001"))[0]
	forget(t, s, edge.KindCustomer, "c1")
	forget(t, s, edge.KindCard, "6002")
	enrol(t, s, hq)
	other := remembered(hq, "Cy", "6003") // who has her card, and another id of the chain
	other.Fields = toldAt(-60, edge.FieldName, "Cy", edge.FieldConsent, "remember")
	other.Identifiers = append(other.Identifiers, edge.IdentifierHash{Key: card.Key, Sum: card.Sum[:], Kind: edge.KindCard}, hashOf(hq, edge.KindCustomer, "c3"))
	ada := remembered(hq, "Ada", "6001")
	ada.Fields = toldAt(-60, edge.FieldName, "Ada", edge.FieldConsent, "remember") // before she asked for it
	if byValue {
		ada.Fields.Tell(edge.FieldChain, "c1", at(-60), edge.RankGuess)
	} else {
		ada.Identifiers = append(ada.Identifiers, edge.IdentifierHash{Key: own.Key, Sum: own.Sum[:], Kind: edge.KindCustomer})
	}
	for range 2 { // head office tells it again before it has the order
		apply(t, s, other, ada)
	}
	all := orders(t, s)
	if len(all) != 1 || all[0].Erasure == nil || !slices.Equal(all[0].Erasure.Customers, []string{ada.ID}) || !all[0].Erasure.Chained {
		t.Fatalf("orders: %+v", all)
	}
	grave := hq.TombstoneOf(own)
	if byValue {
		grave = hq.Tombstone(edge.Identifier{Kind: edge.KindCustomer, Value: "c1"})
	}
	if !slices.ContainsFunc(all[0].Erasure.Tombstones, func(t []byte) bool { return string(t) == string(grave[:]) }) {
		t.Error("the order has no tombstone that another could use")
	}
	wantStranger(t, s, "6001", "forgotten")
}

// TestWhoIsForgottenWhileTheBoxEnrolsIsOrdered: the chain's keys are taken over before the outbox begins, and between the two the
// power may go out.
func TestWhoIsForgottenWhileTheBoxEnrolsIsOrdered(t *testing.T) {
	s, hq := openStore(t, t.TempDir()), office(t)
	importCustomers(t, s, "identifier,name\n6001,Ada\n6002,Bo\n")
	forget(t, s, edge.KindCard, "6002")
	if err := s.opt.Seal.Adopt(hq.ChainKeys()); err != nil {
		t.Fatal(err)
	}
	forget(t, s, edge.KindCard, "6001")
	if err := s.StartOutbox(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := orders(t, s); len(all) != 1 || all[0].Erasure == nil || len(all[0].Erasure.Tombstones) == 0 {
		t.Errorf("orders: %+v", all)
	}
}
