// SPDX-License-Identifier: Apache-2.0

package store

import (
	"testing"

	"redbench/edge"
)

// TestADeletedFactThatIsOnItsWay: its row was read, perhaps sent, and is read again after the fact was taken back. What is
// read can be sent, or the outbox stands still for ever.
func TestADeletedFactThatIsOnItsWay(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	s.note("w", "a note")
	first := s.pending(0, 0, 0)
	if len(first) == 0 || first[0].Fact == nil {
		t.Fatalf("%+v", first)
	}
	commit(t, s.Store, edge.Entry{Word: "undo", Withdraw: "w"})
	again := s.pending(0, 0, 0)
	if again[0].ID != first[0].ID || again[0].Kind != edge.RecordVoid {
		t.Errorf("the row comes again as %+v", again[0])
	}
	if last := again[len(again)-1]; last.Fact == nil || !last.Fact.Gone || !last.Fact.Kind.Valid() {
		t.Errorf("nobody is told that the fact is gone: %+v", last)
	}
}
