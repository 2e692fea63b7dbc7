// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"redbench/edge"
	"redbench/edge/memory"
)

// TestWritersBesideEachOtherLoseNoRhythm: tills commit while others do; every visit is in what customers have in common.
func TestWritersBesideEachOtherLoseNoRhythm(t *testing.T) {
	s := openStore(t, t.TempDir())
	const writers, each = 4, 40
	var rows strings.Builder
	rows.WriteString("identifier\n")
	for i := range writers * each {
		fmt.Fprintln(&rows, card(i).Value)
	}
	importCustomers(t, s, rows.String())
	refs := make([]edge.CustomerRef, writers*each)
	for i := range refs {
		var err error
		if refs[i], err = s.find(t.Context(), card(i)); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				for day := range 3 {
					visit := &edge.Visit{Customer: refs[w*each+i], At: s.opt.Now().AddDate(0, 0, day*(w+2)), Lane: fmt.Sprint(w), Checkout: newID(),
						Items: []edge.Item{{SKU: "milk", Name: "Milk", Quantity: 1}}}
					if _, err := s.Commit(t.Context(), []edge.Entry{{Visit: visit}}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	want := &memory.Gaps{}
	var one edge.Rhythm
	for i := range refs {
		p, err := s.ProfileOf(t.Context(), refs[i])
		if err != nil {
			t.Fatal(err)
		}
		one = p.Rhythm
		want.Moved(edge.Rhythm{}, p.Rhythm)
	}
	if diff := cmp.Diff(want.Next(one), s.common.Load().Next(one), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("some were lost: %s", diff)
	}
	if tallies := count(t, s, `SELECT count(*) FROM visits`); tallies != writers*each*3 {
		t.Errorf("%d visits", tallies)
	}
}
