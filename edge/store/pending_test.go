// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
	"redbench/edge/seal"
)

// visits makes n visits of strangers.
func (s *scene) visits(n int) {
	for range n {
		s.clock.add(time.Second)
		s.visit("k", edge.Stranger)
	}
}

func (s *scene) place() edge.Place {
	p, err := s.Place(s.T.Context())
	if err != nil {
		s.Fatal(err)
	}
	return p
}

func (s *scene) pending(after uint64, limit, bytes int) []edge.Record {
	records, err := s.Pending(s.T.Context(), after, limit, bytes)
	if err != nil {
		s.Fatal(err)
	}
	return records
}

// chained says whether records follow on each other, the first on prev.
func chained(records []edge.Record, prev uint64) bool {
	for _, r := range records {
		if r.Prev != prev || r.Seq <= prev || r.ID == "" || r.At.IsZero() {
			return false
		}
		prev = r.Seq
	}
	return true
}

func TestRecordsComeInOrderAndInPieces(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	s.visits(2*pendingPart + 7)
	begin := s.place()
	all := s.pending(begin.Acked, 5000, 1<<30)
	if len(all) != 2*pendingPart+7 || !chained(all, begin.Acked) || all[len(all)-1].Seq != s.place().Last {
		t.Fatalf("%d records after %+v, from %d to %d", len(all), begin, all[0].Seq, all[len(all)-1].Seq)
	}
	var pieces []edge.Record
	after := begin.Acked
	for {
		part := s.pending(after, 300, 0)
		if len(part) == 0 {
			break
		}
		if !chained(part, after) || len(part) > 300 {
			t.Fatalf("a piece of %d does not follow on %d", len(part), after)
		}
		pieces = append(pieces, part...)
		after = part[len(part)-1].Seq
	}
	if len(pieces) != len(all) || pieces[700].ID != all[700].ID || pieces[700].Visit.ID != all[700].Visit.ID {
		t.Errorf("%d in pieces", len(pieces))
	}
	if one := s.pending(begin.Acked, 300, 1); len(one) != 1 {
		t.Errorf("%d records where one is more than there is room for", len(one))
	}
	if few := s.pending(begin.Acked, 0, 10*weigh(&all[0])); len(few) < 9 || len(few) > 11 {
		t.Errorf("%d records where there is room for ten", len(few))
	}
}

func TestWhatHeadOfficeHasIsDropped(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	s.visits(ackStep + 10)
	all := s.pending(0, 1<<20, 1<<30)
	backlog := func() edge.Backlog {
		b, err := s.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if b := backlog(); b.Records != ackStep+10 || b.Bytes < int64(b.Records)*50 || !b.Oldest.Equal(all[0].At) {
		t.Errorf("%+v", b)
	}
	p := s.place()
	if err := s.Acknowledged(t.Context(), newID(), all[9].Seq); err != nil || !cmp.Equal(s.place(), p) {
		t.Errorf("another box's acknowledgement counts: %v", err)
	}
	if err := s.Acknowledged(t.Context(), p.Box, p.Last+1); err == nil || !cmp.Equal(s.place(), p) {
		t.Error("head office may have what the box never made")
	}
	for _, upto := range []int{9, 4, ackStep + 4} {
		if err := s.Acknowledged(t.Context(), p.Box, all[upto].Seq); err != nil {
			t.Fatal(err)
		}
	}
	left := s.pending(0, 100, 0) // an uplink that asks from too far back gets what there is
	if b := backlog(); b.Records != 5 || len(left) != 5 || !chained(left, all[ackStep+4].Seq) || left[0].ID != all[ackStep+5].ID {
		t.Errorf("%+v, %+v", b, left)
	}
	s.Store = reopen(t, s.Store)
	if got := s.pending(s.place().Acked, 0, 0); len(got) != 5 || got[0].ID != left[0].ID || !chained(got, left[0].Prev) {
		t.Errorf("after a restart %+v", got)
	}
	drain(t, s.Store)
	if b := backlog(); b != (edge.Backlog{}) {
		t.Errorf("%+v", b)
	}
}

// TestAnotherBoxSendsEverythingAnew: with the records' ids, so that head office takes none of them twice.
func TestAnotherBoxSendsEverythingAnew(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	s.visits(10)
	all := s.pending(0, 0, 0)
	before := s.place()
	if err := s.Trying(t.Context(), all[9].Seq); err != nil {
		t.Fatal(err)
	}
	if err := s.Acknowledged(t.Context(), before.Box, all[3].Seq); err != nil {
		t.Fatal(err)
	}
	after, err := s.NewBox(t.Context())
	if err != nil || after.Box == before.Box || after.Acked != 0 {
		t.Fatal(after, err)
	}
	stamps := func() (origin string) {
		transaction(t, s.Store, func(w *work) error {
			origin = w.stamp().Origin
			return nil
		})
		return origin
	}
	if stamps() != after.Box {
		t.Error("stamps are the former box's")
	}
	for range 2 {
		got := s.pending(after.Acked, 0, 0)
		if len(got) != 6 || !chained(got, 0) || got[0].ID != all[4].ID || got[5].ID != all[9].ID {
			t.Fatalf("%+v", got)
		}
		if err := s.Acknowledged(t.Context(), before.Box, all[9].Seq); err != nil || len(s.pending(0, 0, 0)) != 6 {
			t.Errorf("an answer to the former box counts: %v", err)
		}
		s.Store = reopen(t, s.Store)
	}
	if stamps() != after.Box || s.place().Box != after.Box {
		t.Error("after a restart it is the former box")
	}
}

// TestAClockThatWentBackMakesAnotherBox: such a box was copied at another time, perhaps beside the one that goes on.
func TestAClockThatWentBackMakesAnotherBox(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	s.note("w", "a call")
	box := s.place().Box
	last := s.Store.clock.Last()
	// Another's clock, which runs years ahead, is no reason: only the box's own counts.
	transaction(t, s.Store, func(w *work) error {
		w.see(edge.Stamp{Wall: last.Wall + 1e15, Origin: "elsewhere"})
		return nil
	})
	s.clock.add(-59 * time.Minute)
	if s.Store = reopen(t, s.Store); s.place().Box != box {
		t.Error("an hour is no reason")
	}
	s.clock.add(-2 * time.Minute)
	s.Store = reopen(t, s.Store)
	now := s.place().Box
	if now == box || len(s.pending(0, 0, 0)) != 1 {
		t.Error("the clock went back, and the box is the same, or has lost what waits")
	}
	if s.Store = reopen(t, s.Store); s.place().Box != now {
		t.Error("each start makes another box")
	}
	s.note("w2", "later")
	if stamp := s.Store.clock.Last(); !stamp.After(edge.Stamp{Wall: last.Wall + 1e15, Origin: "elsewhere"}) || stamp.Origin != now {
		t.Errorf("a stamp %+v that is not later than all that were seen", stamp)
	}
}

// copyState copies a closed box's state.
func copyState(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range []string{File, seal.KeyFile} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// TestARestoredCopyIsNoticed by what head office has of it, and goes on as another box.
func TestARestoredCopyIsNoticed(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	s.visits(3)
	s.Store = reopen(t, s.Store)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	backup := copyState(t, s.opt.Dir)
	s.Store = openStore(t, s.opt.Dir, func(o *Options) { o.Now = s.clock.Now })
	s.visits(5)
	drain(t, s.Store)
	p := s.place()
	s.Store = openStore(t, backup, func(o *Options) { o.Now = s.clock.Now })
	if s.place().Box != p.Box {
		t.Error("the copy knows by itself")
	}
	if err := s.Acknowledged(t.Context(), p.Box, p.Acked); err == nil {
		t.Error("head office has more than the copy ever made, and nobody notices")
	}
	if _, err := s.NewBox(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := drain(t, s.Store); len(got) != 3 || !chained(got, 0) {
		t.Errorf("%+v", got)
	}
}

// TestWhatChangesWhileItIsReadIsTold: in the record that is read, or in one of its own.
func TestWhatChangesWhileItIsReadIsTold(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 300 {
			s.clock.add(time.Second)
			if _, err := s.Commit(context.Background(), []edge.Entry{{Word: newID(), Renew: s.maya.Facts[0].ID}}); err != nil {
				t.Error(err)
			}
		}
	}()
	var told edge.FactState
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		default:
		}
		for _, r := range drain(t, s.Store) {
			told = told.Merge(*r.Fact)
		}
	}
	var have edge.FactState
	transaction(t, s.Store, func(w *work) (err error) {
		have, err = w.factState(s.maya.Facts[0].ID)
		return err
	})
	if have.Fields[edge.FieldHeld] != told.Fields[edge.FieldHeld] {
		t.Errorf("told %+v, and it is %+v", told.Fields[edge.FieldHeld], have.Fields[edge.FieldHeld])
	}
}

// TestADamagedRecordDoesNotHoldTheOthersBack: it comes as void.
func TestADamagedRecordDoesNotHoldTheOthersBack(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	s.imports("customer,name,fact.interest\nc2,Ada,chess\n")
	s.note("w", "a call")
	if _, err := s.write.Exec(`UPDATE customers SET sealed = zeroblob(40) WHERE ref <> ?`, int64(s.maya.Customer.Ref)); err != nil {
		t.Fatal(err)
	}
	if err := kinds(pending(t, s.Store), edge.RecordVoid, edge.RecordFact, edge.RecordFact); err != nil {
		t.Error(err)
	}
}

// TestVisitsOfOtherStoresAreNotSent, nor offered: they came from head office. Those of this box are, whatever the store
// was called when they were made.
func TestVisitsOfOtherStoresAreNotSent(t *testing.T) {
	s := newScene(t)
	s.visits(3)
	if _, err := s.write.Exec(`UPDATE visits SET store = 'elsewhere', id = randomblob(16) WHERE visit = 1`); err != nil {
		t.Fatal(err)
	}
	s.opt.StoreID = "quayside"
	s.Store = reopen(t, s.Store)
	if err := s.opt.Seal.Adopt(office(t).ChainKeys()); err != nil {
		t.Fatal(err)
	}
	if err := s.StartOutbox(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Offer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range pending(t, s.Store) {
		if r.Visit != nil {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d visits are sent", n)
	}
	// One that stands in the outbox all the same is void.
	transaction(t, s.Store, func(w *work) error { return w.tell(edge.RecordVisit, edge.Stranger, 1, nil) })
	got := pending(t, s.Store)
	if last := got[len(got)-1]; last.Kind != edge.RecordVoid || last.Visit != nil {
		t.Errorf("%+v", last)
	}
}

// TestABoxRemembersWhoItWas: over several ids, and over a start.
func TestABoxRemembersWhoItWas(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	var want []string
	for range edge.MaxFormer + 2 {
		p, err := s.Place(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, p.Box)
		if _, err := s.NewBox(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := openStore(t, dir).Place(t.Context())
	if diff := cmp.Diff(want[2:], p.Former); err != nil || diff != "" {
		t.Errorf("%v: %s", err, diff)
	}
}
