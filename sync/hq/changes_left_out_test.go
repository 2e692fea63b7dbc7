// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"testing"
	"time"
)

// A page that leaves something out, such as an event that waited for too long, must not pass over what comes after it.
func TestWhatIsLeftOutOfAPageHidesNothing(t *testing.T) {
	o := newOffice(t)
	all := o.enrolled("harbour", "hill")
	harbour, hill := all[0], all[1]
	harbour.tell(told(harbour.customer("Anna", card(1)), harbour.customer("Berta", card(2)))...)
	harbour.changes()
	o.relays(1, nil, o.posted("harbour", "e1", "6001002003004"))
	o.clock.forward(8 * 24 * time.Hour)
	hill.tell(told(hill.customer("Anne", card(1)))...)
	hill.tell(told(hill.customer("Bertha", card(2)))...)

	var got []string
	for more := true; more; {
		page, err := o.Changes(t.Context(), "harbour", harbour.cursor, 1)
		must(t, err)
		got = append(got, kinds(page.Changes))
		harbour.cursor, more = page.Cursor, page.More
	}
	if want := 2; len(got) != want || got[0] != "customer" || got[1] != "customer" {
		t.Errorf("pages: %q, want %d with a customer each", got, want)
	}
}
