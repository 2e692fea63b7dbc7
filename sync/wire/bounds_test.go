// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"strings"
	"testing"
	"time"

	"redbench/edge"
)

func TestStatusesThatAreRefused(t *testing.T) {
	good := func() BoxStatus {
		return BoxStatus{Version: "1.2.3", Run: "r", Box: "b", Clock: time.Unix(1, 0).UTC(), PlaybookRefused: &Refusal{Version: 3, Why: strings.Repeat("x", 500)}}
	}
	if s := good(); CheckStatus(&s) != nil || CheckStatus(&BoxStatus{}) != nil {
		t.Fatal("a good status was refused")
	}
	for name, spoil := range map[string]func(*BoxStatus){
		"a long version":      func(s *BoxStatus) { s.Version = strings.Repeat("1", 65) },
		"a line in a version": func(s *BoxStatus) { s.Version = "1\n2" },
		"a long run":          func(s *BoxStatus) { s.Run = strings.Repeat("1", 65) },
		"a long box":          func(s *BoxStatus) { s.Box = strings.Repeat("1", 65) },
		"a long reason":       func(s *BoxStatus) { s.PlaybookRefused.Why = strings.Repeat("1", 501) },
		"an escape":           func(s *BoxStatus) { s.PlaybookRefused.Why = "\x1b[2J" },
		"a refused -1":        func(s *BoxStatus) { s.PlaybookRefused.Version = -1 },
		"a playbook -1":       func(s *BoxStatus) { s.Playbook = -1 },
		"screens":             func(s *BoxStatus) { s.Screens = -1 },
		"lanes":               func(s *BoxStatus) { s.Lanes = -1 },
		"records":             func(s *BoxStatus) { s.Backlog.Records = -1 },
		"bytes":               func(s *BoxStatus) { s.Backlog.Bytes = -1 },
		"orders":              func(s *BoxStatus) { s.Backlog.Orders = -1 },
		"summarised":          func(s *BoxStatus) { s.Backlog.Summarised = -1 },
		"a clock":             func(s *BoxStatus) { s.Clock = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		s := good()
		if spoil(&s); CheckStatus(&s) == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// That a box refused a playbook counts, whatever its file made of the reason.
func TestAnyReasonCanBeMadePlain(t *testing.T) {
	for _, why := range []string{"", "good", "line 1\nline 2\x1b", strings.Repeat("€", 400), "\xff" + strings.Repeat("\xbf", 900)} {
		s := BoxStatus{PlaybookRefused: &Refusal{Version: 1, Why: PlainWhy(why)}}
		if err := CheckStatus(&s); err != nil {
			t.Errorf("%.20q: %v", why, err)
		}
	}
	if got := PlainWhy("line 1\nline 2"); got != "line 1 line 2" {
		t.Errorf("got %q", got)
	}
}

func TestIDsAndNumbersThatCannotBe(t *testing.T) {
	at := time.Unix(1, 0).UTC()
	visit := func(customer string) edge.Record {
		return edge.Record{Seq: 1, ID: "r", Kind: edge.RecordVisit, At: at, Visit: &edge.VisitState{ID: "v", At: at, Customer: customer}}
	}
	said := func(customer, prompt string) edge.Record {
		return edge.Record{Seq: 1, ID: "r", Kind: edge.RecordOutcome, At: at, Outcome: &edge.OutcomeState{ID: "o", At: at, Customer: customer, Prompt: prompt, Kind: "seen"}}
	}
	last := visit("")
	last.Seq, last.Prev = 1<<53, 1<<53-1
	beyond := visit("")
	beyond.Seq, beyond.Prev = 1<<53+1, 1<<53
	long := strings.Repeat("x", 129)
	for name, c := range map[string]struct {
		record edge.Record
		taken  bool
	}{
		"a stranger":             {visit(""), true},
		"a customer":             {visit("c"), true},
		"an outcome":             {said("", ""), true},
		"the last number":        {last, true},
		"one beyond":             {beyond, false},
		"a visit of a long id":   {visit(long), false},
		"a visit of two words":   {visit("a b"), false},
		"an outcome of a line":   {said("a\nb", "p"), false},
		"an outcome of a prompt": {said("c", long), false},
	} {
		if _, err := EncodeRecords(nil, "b", []edge.Record{c.record}); (err == nil) != c.taken {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAStoresOrderIsBounded(t *testing.T) {
	order := func(ids, tombstones int) []edge.Order {
		e := edge.Erasure{ID: "e", At: time.Unix(1, 0).UTC(), Stamp: edge.Stamp{Wall: 1, Origin: "b"}}
		for range ids {
			e.Customers = append(e.Customers, "c")
		}
		for range tombstones {
			e.Tombstones = append(e.Tombstones, make([]byte, hashBytes))
		}
		return []edge.Order{{Erasure: &e}}
	}
	if err := CheckOrders(order(MaxTold, MaxTold)); err != nil {
		t.Fatal(err)
	}
	for _, orders := range [][]edge.Order{order(MaxTold+1, 0), order(0, MaxTold+1)} {
		if CheckOrders(orders) == nil {
			t.Error("an order of a store that is too large was taken")
		}
	}
}

// ChangeSize says what a page says.
func TestTheSizeOfAChange(t *testing.T) {
	name := func(n int) *edge.Change {
		fields := edge.Fields{edge.FieldName: {Value: strings.Repeat("€", n)}}
		for _, more := range []string{edge.FieldSay, edge.FieldAddress, edge.FieldLanguage, edge.FieldSince} {
			fields[more] = fields[edge.FieldName]
		}
		return &edge.Change{Kind: edge.ChangeCustomer, Customer: &edge.CustomerState{ID: "c", Fields: fields}}
	}
	empty, err := EncodePage(nil, edge.Page{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := EncodePage(nil, edge.Page{Changes: []edge.Change{*name(100)}})
	if err != nil {
		t.Fatal(err)
	}
	if size, err := ChangeSize(name(100)); err != nil || size != len(data)-len(empty) {
		t.Errorf("%d bytes, %v; on a page it takes %d", size, err, len(data)-len(empty))
	}
	if _, err := ChangeSize(name(80_000)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a line that is too long: %v", err)
	}
	if _, err := ChangeSize(name(90_000)); err == nil {
		t.Error("a text that is too long was taken")
	}
}
