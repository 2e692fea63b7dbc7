// SPDX-License-Identifier: Apache-2.0

package simulate_test

import (
	"bytes"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/exchange"
	"redbench/edge/guard"
	"redbench/edge/simulate"
)

var opening = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

func TestABoxDecodesWholeDays(t *testing.T) {
	decoder, err := adapt.New(adapt.Options{Store: "harbour", Guard: guard.New(nil)})
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(5) {
		day := simulate.Day(simulate.DayOptions{Chain: simulate.NewChain(seed, opening), Seed: seed, Open: opening,
			Store: "harbour", Lanes: []string{"1", "2", "express"}, Steady: seed%2 == 0})
		for _, e := range day {
			message := edge.Message{Topic: e.Topic(), Payload: e.Event.Payload(e.At), Arrived: e.At}
			got, err := decoder.Decode(message)
			if err != nil {
				t.Fatalf("%s was refused: %v", message.Payload, err)
			}
			if got.ID != e.Event.ID || got.Lane != e.Lane || got.Type != e.Event.Type {
				t.Fatalf("%s was read as %+v", message.Payload, got)
			}
		}
	}
}

func TestABoxImportsTheChain(t *testing.T) {
	chain := simulate.NewChain(1, opening)
	var customers, visits bytes.Buffer
	if err := chain.WriteCustomers(&customers); err != nil {
		t.Fatal(err)
	}
	if err := chain.WriteVisits(&visits); err != nil {
		t.Fatal(err)
	}
	facts := 0
	for row, err := range exchange.Customers(&customers, exchange.Options{Guard: guard.New(nil)}) {
		if err != nil {
			t.Fatal(err)
		}
		facts += len(row.Facts)
	}
	want := 0
	for _, p := range chain.Customers {
		want += len(p.Facts)
	}
	if facts != want {
		t.Errorf("%d facts were read, %d written", facts, want)
	}
	for _, err := range exchange.Visits(&visits, exchange.Options{Guard: guard.New(nil)}) {
		if err != nil {
			t.Fatal(err)
		}
	}
}
