// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"redbench/edge"
)

func drawStamp(t *rapid.T) edge.Stamp {
	if rapid.IntRange(0, 9).Draw(t, "zero") == 0 {
		return edge.Stamp{}
	}
	return edge.Stamp{Wall: rapid.Int64Range(0, 1<<52-1).Draw(t, "wall"), Count: rapid.Uint32().Draw(t, "count"),
		Origin: rapid.SampledFrom([]string{"hq", "", "0192f1d4-7c3a-7b5e-8d2f-0123456789ab", "0192F1D4-7C3A-7B5E-8D2F-0123456789AB"}).Draw(t, "origin")}
}

func drawFields(t *rapid.T) edge.Fields {
	f := edge.Fields{}
	for _, name := range stampFields[1:] {
		if rapid.Bool().Draw(t, name) {
			f[name] = edge.Register{Value: rapid.SampledFrom([]string{"", "x"}).Draw(t, "value"), At: drawStamp(t),
				Rank: edge.Rank(rapid.IntRange(0, 2).Draw(t, "rank")), Epoch: rapid.SampledFrom([]uint32{0, 1, 1<<32 - 1}).Draw(t, "epoch")}
		}
	}
	return f
}

// TestStampsAtRestSayWhatTheySaid: registers that are taken apart into values and stamps come together again.
func TestStampsAtRestSayWhatTheySaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields, unlearnt, usual := drawFields(t), drawStamp(t), drawStamp(t)
		packed := packStamps(marksOf(fields, unlearnt), usual)
		back, err := unpackStamps(packed, usual)
		if err != nil {
			t.Fatalf("%x: %v", packed, err)
		}
		values := map[string]string{}
		for _, name := range stampFields[1:] {
			values[name] = fields[name].Value
		}
		if diff := cmp.Diff(fields, back.fields(values)); diff != "" || back.unlearnt != unlearnt {
			t.Fatalf("%x: %s", packed, diff)
		}
	})
}

// TestMostStampsTakeNoRoom: a million rows are as they were imported.
func TestMostStampsTakeNoRoom(t *testing.T) {
	s := openStore(t, t.TempDir())
	s.clock = edge.NewClock(s.origin, edge.Stamp{})
	importCustomers(t, s, "identifier,name,consent,fact.interest\n6001,Maya,,sailing\n6002,Ada,remember,chess\n")
	if n := count(t, s, `SELECT count(*) FROM customers WHERE stamps IS NULL`); n != 1 {
		t.Errorf("%d of one customer without a word of hers has no stamps", n)
	}
	if n := count(t, s, `SELECT max(length(stamps)) FROM customers`); n > 8 {
		t.Errorf("%d bytes for a consent that was stated", n)
	}
	if n := count(t, s, `SELECT count(*) FROM facts WHERE stamps IS NULL`); n != 2 {
		t.Errorf("%d of two facts have no stamps", n)
	}
}

// TestAFileDoesNotWinOverAPerson: what somebody told stays, and what a file told before does not.
func TestAFileDoesNotWinOverAPerson(t *testing.T) {
	s := newScene(t)
	transaction(t, s.Store, func(w *work) error {
		c, err := w.customerState(s.maya.Customer.Ref)
		if err != nil {
			return err
		}
		c.Fields.Tell(edge.FieldName, "Maja", w.stamp(), edge.RankTold)
		key, wrapped, err := (&applying{work: w}).keyFor(s.maya.Customer.Ref, c, false)
		if err != nil {
			return err
		}
		return w.putCustomer(s.maya.Customer.Ref, c, key, wrapped)
	})
	s.imports("customer,name,say,language\nc1,Maya,MAY-uh,it\n")
	p := profile(t, s.Store, "6001")
	if c := p.Customer; c.Name != "Maja" || c.Say != "MAY-uh" || c.Language != "it" {
		t.Errorf("%+v", c)
	}
	if r := importCustomers(t, s.Store, "customer,name\nc1,Maya\n"); r.Unchanged != 1 {
		t.Errorf("%+v", r)
	}
	// Consent that was assumed becomes one that was stated, once.
	for _, changed := range []int{1, 0} {
		if r := importCustomers(t, s.Store, "customer,consent\nc1,remember\n"); r.Changed != changed {
			t.Errorf("%+v", r)
		}
	}
}

// TestWhatIsKnownOfARowIsNotLost: a change of one field leaves the stamps of the others as they were.
func TestWhatIsKnownOfARowIsNotLost(t *testing.T) {
	s := newScene(t)
	state := func() (c edge.CustomerState, f edge.FactState) {
		transaction(t, s.Store, func(w *work) (err error) {
			if f, err = w.factState(s.maya.Facts[0].ID); errors.Is(err, edge.ErrNotFound) {
				err = nil // unlearnt
			}
			if err == nil {
				c, err = w.customerState(s.maya.Customer.Ref)
			}
			return err
		})
		return c, f
	}
	c1, _ := state()
	s.imports("customer,consent\nc1,recognise\n")
	s.imports("customer,consent\nc1,remember\n")
	c2, _ := state()
	for _, name := range []string{edge.FieldName, edge.FieldSay, edge.FieldChain} {
		if c1.Fields[name] != c2.Fields[name] {
			t.Errorf("%s was %+v, and is %+v", name, c1.Fields[name], c2.Fields[name])
		}
	}
	s = newScene(t)
	_, f1 := state()
	commit(t, s.Store, edge.Entry{Word: "w", Renew: s.maya.Facts[0].ID})
	_, f2 := state()
	if f1.Fields[edge.FieldText] != f2.Fields[edge.FieldText] || f1.Fields[edge.FieldHeld] == f2.Fields[edge.FieldHeld] {
		t.Errorf("was %+v, is %+v", f1, f2)
	}
}

func FuzzUnpackStamps(f *testing.F) {
	usual := edge.Stamp{Wall: 5, Origin: "hq"}
	f.Add(packStamps(rowStamps{rest: mark{At: usual, Rank: edge.RankTold}, unlearnt: edge.Stamp{Wall: 3, Origin: "box"}}, usual))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := unpackStamps(data, usual)
		if err != nil {
			return
		}
		again, err := unpackStamps(packStamps(m, usual), usual)
		if err != nil {
			t.Fatalf("%x: %v", data, err)
		}
		if diff := cmp.Diff(m, again, cmp.AllowUnexported(rowStamps{})); diff != "" {
			t.Fatalf("%x: %s", data, diff)
		}
	})
}

// A box whose clock is days behind makes stamps that do not lose to what was told yesterday, once it has heard the time.
func TestABoxWithASlowClockHearsTheTime(t *testing.T) {
	s := openStore(t, t.TempDir())
	now := s.opt.Now()
	s.Heard(now.AddDate(0, 0, 3))
	s.Heard(time.Time{})
	if got := s.clock.Next(now); got.Wall < now.AddDate(0, 0, 3).UnixMicro() {
		t.Errorf("it still makes %v", got)
	}
}
