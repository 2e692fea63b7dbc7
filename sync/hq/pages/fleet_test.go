// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
	"redbench/sync/hq"
	"redbench/sync/wire"
)

var judge = Judge{LateAfter: 30 * time.Minute, OwedAfter: 24 * time.Hour, Now: noon}

func TestWhatIsWrongIsSaidInWords(t *testing.T) {
	status := func(change func(*wire.BoxStatus)) func(*hq.StoreView) {
		return func(s *hq.StoreView) { change(s.Status) }
	}
	for want, change := range map[string]func(*hq.StoreView){
		"":                           func(*hq.StoreView) {},
		"not heard from for 3 hours": func(s *hq.StoreView) { s.Seen = ago(3 * time.Hour) },
		"enrolled 2 days ago, and not heard from since": func(s *hq.StoreView) {
			s.Seen, s.Enrolled, s.Status = time.Time{}, ago(2*days), nil
		},
		"its profiles are locked: every customer is greeted as a stranger": status(func(b *wire.BoxStatus) { b.Locked = true }),
		"nothing was sent for 3 days, though it is there: 12,400 records wait": status(func(b *wire.BoxStatus) {
			b.Backlog = edge.Backlog{Records: 12400, Oldest: ago(3 * days)}
		}),
		"nothing was sent for 3 days, though it is there: 1 record waits": status(func(b *wire.BoxStatus) {
			b.Backlog = edge.Backlog{Records: 1, Oldest: ago(3 * days)}
		}),
		"its outbox was full: 1,200 records were told as a sum": status(func(b *wire.BoxStatus) { b.Backlog.Summarised = 1200 }),
		"has not confirmed 2 erasures for 3 days":               func(s *hq.StoreView) { s.OwedErasures, s.OwedSince = 2, ago(3*days) },
		"its clock is 12 minutes behind":                        func(s *hq.StoreView) { s.ClockOff = -12 * time.Minute },
		"2 boxes speak under its name, and each is told a part only: stop the copy, or enroll it as a store of its own": func(s *hq.StoreView) {
			s.Boxes = 2
		},
		"orders too many customers to be forgotten today, and the rest waits in its box: was it taken over?": func(s *hq.StoreView) {
			s.OrdersHeld = true
		},
		"no prompt was painted for 4 days": status(func(b *wire.BoxStatus) { b.LastPainted = ago(4 * days) }),
		"its profiles are locked: every customer is greeted as a stranger; its clock is 9 hours ahead": func(s *hq.StoreView) {
			s.Status.Locked, s.ClockOff = true, 9*time.Hour
		},
	} {
		row := judge.Fleet([]hq.StoreView{with(well("harbour"), change)}, hq.PlaybookView{}).Rows[0]
		if row.Sentence() != want {
			t.Errorf("said %q, want %q", row.Sentence(), want)
		}
		if (row.State == Trouble) != (want != "") {
			t.Errorf("%q is %s", want, row.State)
		}
	}
}

// What a box said an hour ago may be over; that it says nothing is not.
func TestASilentStoreIsNotJudgedByWhatItSaidLast(t *testing.T) {
	s := with(well("harbour"), func(s *hq.StoreView) {
		s.Seen, s.Status.Locked, s.OwedErasures, s.OwedSince = ago(3*time.Hour), true, 1, ago(2*days)
	})
	row := judge.Fleet([]hq.StoreView{s}, hq.PlaybookView{}).Rows[0]
	if want := "not heard from for 3 hours; has not confirmed 1 erasure for 2 days"; row.Sentence() != want {
		t.Errorf("said %q, want %q", row.Sentence(), want)
	}
}

func TestWhatHasTimeIsNoTrouble(t *testing.T) {
	for name, change := range map[string]func(*hq.StoreView){
		"a night's backlog":    func(s *hq.StoreView) { s.Status.Backlog.Oldest = ago(23 * time.Hour) },
		"an erasure of today":  func(s *hq.StoreView) { s.OwedErasures, s.OwedSince = 1, ago(time.Hour) },
		"a quarter of an hour": func(s *hq.StoreView) { s.Seen = ago(15 * time.Minute) },
		"a weekend":            func(s *hq.StoreView) { s.Status.LastPainted = ago(60 * time.Hour) },
		"no screen yet":        func(s *hq.StoreView) { s.Status.LastPainted = time.Time{} },
		"a slow clock":         func(s *hq.StoreView) { s.ClockOff = -time.Minute },
		"enrolled just now":    func(s *hq.StoreView) { s.Enrolled, s.Seen, s.Status = ago(time.Minute), time.Time{}, nil },
	} {
		if row := judge.Fleet([]hq.StoreView{with(well("harbour"), change)}, hq.PlaybookView{}).Rows[0]; row.State != Well {
			t.Errorf("%s: %s", name, row.Sentence())
		}
	}
}

func TestSilenceExplainsThatNothingIsPainted(t *testing.T) {
	s := with(well("harbour"), func(s *hq.StoreView) { s.Status.LastPainted = ago(9 * days) })
	if row := judge.Fleet([]hq.StoreView{s}, hq.PlaybookView{Silent: true}).Rows[0]; row.State != Well {
		t.Errorf("said %q", row.Sentence())
	}
}

func TestTheWeightiestComesFirstThenByNameAsPeopleCount(t *testing.T) {
	fleet := judge.Fleet([]hq.StoreView{
		with(well("gone"), func(s *hq.StoreView) { s.Revoked = ago(days) }),
		well("store-10"), well("store-9"),
		with(well("b-clock"), func(s *hq.StoreView) { s.ClockOff = time.Hour }),
		with(well("new"), func(s *hq.StoreView) { s.Enrolled, s.Status = time.Time{}, nil }),
		with(well("z-silent"), func(s *hq.StoreView) { s.Seen = ago(days) }),
		with(well("a-silent"), func(s *hq.StoreView) { s.Seen = ago(days) }),
		with(well("refuser"), func(*hq.StoreView) {}),
	}, hq.PlaybookView{Stores: []hq.PlaybookStore{{Store: "refuser", Refused: &wire.Refusal{Version: 4, Why: "line 3: no such rule"}}}})
	var got []string
	for _, r := range fleet.Rows {
		got = append(got, fmt.Sprintf("%s %s", r.State, r.Store))
	}
	want := []string{
		"trouble a-silent", "trouble z-silent", "trouble refuser", "trouble b-clock", "waiting new", "well store-9", "well store-10", "revoked gone",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := fleet.Rows[2].Sentence(); got != "refused playbook 4: line 3: no such rule" {
		t.Errorf("said %q", got)
	}
	if fleet.Stores != 7 || fleet.Trouble != 4 || fleet.Waiting != 1 {
		t.Errorf("counted %+v", fleet)
	}
}

func TestTheHeadlineIsOneSentence(t *testing.T) {
	for want, f := range map[string]Fleet{
		"No store yet":                             {},
		"The one store is well":                    {Stores: 1},
		"All 800 stores are well":                  {Stores: 800},
		"1 of 12 stores needs a look":              {Stores: 12, Trouble: 1, Waiting: 2},
		"3 of 1,200 stores need a look":            {Stores: 1200, Trouble: 3},
		"1 store waits to be enrolled":             {Stores: 1, Waiting: 1},
		"9 stores are well, 2 wait to be enrolled": {Stores: 11, Waiting: 2},
	} {
		if got := f.Headline(); got != want {
			t.Errorf("said %q, want %q", got, want)
		}
	}
}

func TestSpansAreWhatSomebodyWouldSay(t *testing.T) {
	for d, want := range map[time.Duration]string{
		30 * time.Second: "less than a minute", time.Minute: "1 minute", 89 * time.Minute: "89 minutes", 91 * time.Minute: "2 hours",
		47 * time.Hour: "47 hours", 49 * time.Hour: "2 days", 400 * days: "400 days",
	} {
		if got := Span(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

func TestAPlaybookOnItsWayIsTold(t *testing.T) {
	for want, s := range map[string]hq.StoreView{
		"3":               well("a"),
		"3, 4 on its way": with(well("a"), func(s *hq.StoreView) { s.PlaybookGiven = 4 }),
		"its own":         with(well("a"), func(s *hq.StoreView) { s.PlaybookGiven, s.Status.Playbook = 0, 0 }),
		"":                with(well("a"), func(s *hq.StoreView) { s.Status = nil }),
	} {
		if got := playbook(s); got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
}
