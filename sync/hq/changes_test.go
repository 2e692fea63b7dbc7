// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"redbench/edge"
	"redbench/sync/hq"
)

func TestAStoreIsNotToldWhatItTold(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[0].customer("Maya", card(1))
	fact := b[0].fact(maya.ID, "she rides")
	b[0].changes() // it has begun
	b[0].tell(told(maya, fact)...)
	if c := b[0].changes(); len(c) != 0 {
		t.Errorf("it hears its own words: %s", kinds(c))
	}
	if c := b[1].changes(); len(c) != 0 {
		t.Errorf("a store that never met her hears %s", kinds(c))
	}
	// A box that begins anew (a disk was replaced) gets back what its store has told.
	b[0].cursor = ""
	if c := b[0].changes(); kinds(c) != "customer fact" {
		t.Errorf("a new box hears %s", kinds(c))
	}
	if c := b[0].changes(); len(c) != 0 {
		t.Errorf("and again %s", kinds(c))
	}
}

func TestTheNewestStateIsSentOnce(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[0].customer("Maya", card(1))
	b[0].tell(told(maya)...)
	b[1].tell(told(b[1].customer("Maya", card(1)))...)
	b[0].changes()
	for i := range 10 {
		maya.Fields = maya.Fields.Merge(nil)
		maya.Fields.Tell(edge.FieldName, fmt.Sprint("Maya ", i), b[1].stamp(), edge.RankCorrected)
		b[1].tell(told(maya)...)
	}
	if c := b[0].changes(); kinds(c) != "customer" || c[0].Customer.Fields[edge.FieldName].Value != "Maya 9" {
		t.Errorf("changes %s", kinds(c))
	}
}

func TestPagesAreBoundedAndErasuresComeFirst(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	for i := range 5 {
		b[0].tell(told(b[0].customer("Maya", card(i)))...)
	}
	for i := range 3 {
		if _, err := o.Forget(t.Context(), card(100+i)); err != nil {
			t.Fatal(err)
		}
	}
	var pages []string
	cursors := map[string]bool{"": true}
	for more := true; more; {
		page, err := o.Changes(t.Context(), "harbour", b[0].cursor, 2)
		must(t, err)
		pages, more = append(pages, kinds(page.Changes)), page.More
		if cursors[page.Cursor] {
			t.Fatalf("the cursor stands still at %s", page.Cursor)
		}
		cursors[page.Cursor], b[0].cursor = true, page.Cursor
	}
	want := []string{"erasure erasure", "erasure customer", "customer customer", "customer customer"}
	if fmt.Sprint(pages) != fmt.Sprint(want) {
		t.Errorf("pages %q, want %q", pages, want)
	}
}

func TestCursors(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	maya := b.customer("Maya", card(1))
	b.tell(told(maya)...)
	b.changes()
	for _, bad := range []string{"x", "1.abc.1.1.1", b.cursor + ".1", "2.00000000.1.0.0.1.0011223344556677", "1" + b.cursor[1:]} {
		if _, err := o.Changes(t.Context(), "harbour", bad, 0); !errors.Is(err, hq.ErrCursor) {
			t.Errorf("%q: %v", bad, err)
		}
		if err := o.Wait(t.Context(), "harbour", bad); !errors.Is(err, hq.ErrCursor) {
			t.Errorf("waiting at %q: %v", bad, err)
		}
	}
	// After a backup was restored, positions are given out anew: whoever asks is told so, and begins anew.
	must(t, o.Restored(t.Context()))
	if _, err := o.Changes(t.Context(), "harbour", b.cursor, 0); !errors.Is(err, hq.ErrCursor) {
		t.Errorf("after a restore: %v", err)
	}
	b.cursor = ""
	if c := b.changes(); kinds(c) != "customer" {
		t.Errorf("after a restore a store hears %s", kinds(c))
	}
}

// TestNothingIsSkippedWhenSeveralWrite: while some write, a reader that follows sees each change in the end.
func TestNothingIsSkippedWhenSeveralWrite(t *testing.T) {
	o := newOffice(t)
	other := openOffice(t, o.dir, o.clock) // another process, as it were
	b := o.enrolled("harbour", "station", "airport")
	const n = 40
	reader := b[0]
	for i := range n {
		reader.tell(told(reader.customer("Maya", card(i)), reader.customer("Ben", card(1000+i)))...)
	}
	reader.changes()
	o.clock.forward(1e9) // what the others tell is news
	var writers sync.WaitGroup
	for w, from := range []*box{b[1], b[2]} {
		writers.Go(func() {
			if w == 1 {
				from.o = other
			}
			for i := range n {
				from.tell(told(from.customer("later", card(1000*w+i)))...)
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	seen := map[string]bool{}
	for last := false; ; {
		for _, c := range reader.changes() {
			seen[c.Customer.ID] = true
		}
		if last {
			break
		}
		select {
		case <-done:
			last = true
		default:
		}
	}
	if len(seen) != 2*n {
		t.Errorf("%d of %d changes were seen", len(seen), 2*n)
	}
}

func TestWaitingEndsWhenThereIsSomething(t *testing.T) {
	o := newOffice(t)
	other := openOffice(t, o.dir, o.clock)
	b := o.enrolled("harbour", "station")
	b[0].changes()
	for _, c := range []struct {
		name   string
		change func() error
	}{
		{"here", func() error { return o.Silence(t.Context(), true) }},
		{"in another process", func() error { return other.Silence(t.Context(), false) }},
		{"an erasure", func() error { _, err := o.Forget(t.Context(), card(1)); return err }},
	} {
		ended := make(chan error)
		go func() { ended <- o.Wait(t.Context(), "harbour", b[0].cursor) }()
		must(t, c.change())
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := b[0].changes(); len(got) != 1 {
			t.Errorf("%s: %s", c.name, kinds(got))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.Wait(ctx, "harbour", b[0].cursor); !errors.Is(err, context.Canceled) {
		t.Errorf("with nothing to tell: %v", err)
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("2.00000000.1.2.3.1.0011223344556677.00112233445566778899aabbccddeeff")
	o := newOffice(f)
	f.Fuzz(func(t *testing.T, text string) {
		page, err := o.Changes(t.Context(), "harbour", text, 1)
		if err != nil && !errors.Is(err, hq.ErrCursor) {
			t.Fatal(err)
		}
		if err == nil {
			if _, err := o.Changes(t.Context(), "harbour", page.Cursor, 1); err != nil {
				t.Fatalf("its own cursor %q: %v", page.Cursor, err)
			}
		}
	})
}
