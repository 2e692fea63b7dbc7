// SPDX-License-Identifier: Apache-2.0

package screens

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"time"

	"redbench/edge"
	"redbench/sync/hq"
	"redbench/sync/hq/pages"
	"redbench/sync/wire"

	"github.com/chromedp/chromedp"
)

// fleet is a made-up head office.
type fleet struct {
	stores    []hq.StoreView
	playbooks hq.PlaybookView
	stranger  bool // whoever looks did not sign in
}

// Stores and PlaybookStatus make it an office of the pages.
func (f fleet) Stores(context.Context) ([]hq.StoreView, error) { return f.stores, nil }

// PlaybookStatus tells who refused one, and whether prompts are silenced.
func (f fleet) PlaybookStatus(context.Context) (hq.PlaybookView, error) { return f.playbooks, nil }

func fleetShots() []shot {
	var list []shot
	for _, each := range []shot{
		{name: "fleet-healthy", fleet: healthy}, {name: "fleet-trouble", fleet: troubled},
		{name: "fleet-empty", fleet: func() fleet { return fleet{} }}, {name: "fleet-800", fleet: eightHundred},
	} {
		each.size = usual
		list = append(append(list, each), variants(each, large, small, phone)...)
	}
	return append(list, shot{name: "fleet-signin", size: usual, fleet: func() fleet { return fleet{stranger: true} }})
}

func takeFleet(tabs context.Context, shot shot, out string) error {
	office := shot.fleet()
	front, err := pages.New(pages.Options{
		Office: office, Name: "Red Bench Cafés", Version: "0.9.0", User: func(*http.Request) string { return "jo" }, Now: clock,
		LateAfter: 30 * time.Minute, OwedAfter: 24 * time.Hour,
		Guard: func(next, refused http.Handler) http.Handler {
			if office.stranger {
				return refused
			}
			return next
		},
	})
	if err != nil {
		return err
	}
	server := httptest.NewServer(front)
	defer server.Close()
	return photograph(tabs, shot, out, chromedp.Navigate(server.URL))
}

var towns = []string{
	"harbour", "hill", "station", "market-square", "old-town", "airport-t2", "riverside", "north-gate", "university", "botanic-garden", "lighthouse", "mill-lane",
}

func before(d time.Duration) time.Time { return morning.Add(-d) }

// good is a store in which all goes well.
func good(id string, r *rand.Rand) hq.StoreView {
	s := hq.StoreView{
		ID: id, Added: before(2000 * time.Hour), Enrolled: before(1990 * time.Hour), Seen: before(time.Duration(r.IntN(58)) * time.Second),
		PlaybookGiven: 7,
		Status: &wire.BoxStatus{
			Version: "0.9.0", Playbook: 7, Clock: morning, LastPainted: before(time.Duration(20+r.IntN(600)) * time.Second), Screens: 4, Lanes: 4,
		},
	}
	if waiting := r.IntN(6) - 2; waiting > 0 {
		s.Status.Backlog = edge.Backlog{Records: waiting, Oldest: before(time.Duration(r.IntN(40)) * time.Second)}
	}
	return s
}

// silent is a store that was last heard from so long ago: what its box said then is as old.
func silent(s hq.StoreView, d time.Duration) hq.StoreView {
	s.Seen = before(d)
	s.Status.LastPainted = s.Status.LastPainted.Add(-d)
	if s.Status.Backlog.Records > 0 {
		s.Status.Backlog.Oldest = s.Status.Backlog.Oldest.Add(-d)
	}
	return s
}

func healthy() fleet {
	r := rand.New(rand.NewPCG(1, 1))
	f := fleet{}
	for _, town := range towns {
		f.stores = append(f.stores, good(town, r))
	}
	f.stores[3].PlaybookGiven = 8
	f.stores[6].Status.Version = "0.9.1"
	return f
}

func troubled() fleet {
	f := healthy()
	at := func(i int) *hq.StoreView { return &f.stores[i] }
	*at(0) = silent(*at(0), 3*time.Hour)
	at(1).Status.Locked, at(1).ClockOff = true, 9*time.Hour
	at(2).OwedErasures, at(2).OwedSince = 2, before(75*time.Hour)
	at(4).Status.Backlog = edge.Backlog{Records: 18420, Oldest: before(80 * time.Hour), Summarised: 1204}
	at(5).Status.LastPainted = before(101 * time.Hour)
	f.playbooks.Stores = []hq.PlaybookStore{{Store: "north-gate", Refused: &wire.Refusal{Version: 8, Why: "winter.toml:41: [[rule]] when: unknown name \"wether\"; did you mean weather?"}}}
	f.stores = append(f.stores, hq.StoreView{ID: "new-quay", Added: before(26 * time.Hour), CodeExpires: before(-142 * time.Hour)},
		hq.StoreView{ID: "pier-kiosk", Added: before(900 * time.Hour), Enrolled: before(890 * time.Hour), Revoked: before(200 * time.Hour), Seen: before(200 * time.Hour)})
	f.playbooks.Silent = true
	return f
}

func eightHundred() fleet {
	r := rand.New(rand.NewPCG(800, 1))
	f := fleet{}
	for i := range 800 {
		s := good(fmt.Sprintf("%s-%03d", towns[r.IntN(len(towns))], i+1), r)
		switch r.IntN(120) {
		case 0:
			s = silent(s, time.Duration(40+r.IntN(6000))*time.Minute)
		case 1:
			s.Status.Backlog = edge.Backlog{Records: 2000 + r.IntN(40000), Oldest: before(time.Duration(50+r.IntN(200)) * time.Hour)}
		case 2:
			s.Enrolled, s.Seen, s.Status, s.CodeExpires = time.Time{}, time.Time{}, nil, before(-100*time.Hour)
		}
		f.stores = append(f.stores, s)
	}
	return f
}
