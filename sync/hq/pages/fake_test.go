// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"redbench/edge"
	"redbench/sync/hq"
	"redbench/sync/wire"
)

// noon is when every test happens.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return noon.Add(-d) }

const days = 24 * time.Hour

// fakeOffice is a head office of which a test says everything.
type fakeOffice struct {
	stores    []hq.StoreView
	playbooks hq.PlaybookView
	err       error
}

func (f *fakeOffice) Stores(context.Context) ([]hq.StoreView, error) { return f.stores, f.err }
func (f *fakeOffice) PlaybookStatus(context.Context) (hq.PlaybookView, error) {
	return f.playbooks, f.err
}

var errBroken = errors.New("broken")

// well is a store in which all goes well.
func well(id string) hq.StoreView {
	return hq.StoreView{
		ID: id, Added: ago(90 * days), Enrolled: ago(89 * days), Seen: ago(30 * time.Second), PlaybookGiven: 3,
		Status: &wire.BoxStatus{
			Version: "0.9.0", Run: "r", Box: "b", Playbook: 3, LastPainted: ago(2 * time.Minute), Clock: noon, Screens: 4, Lanes: 4,
			Backlog: edge.Backlog{Records: 2, Oldest: ago(time.Minute)},
		},
	}
}

// with changes a store.
func with(s hq.StoreView, change func(*hq.StoreView)) hq.StoreView {
	change(&s)
	return s
}

// open lets everybody in; shut nobody.
func open(next, _ http.Handler) http.Handler    { return next }
func shut(_, refused http.Handler) http.Handler { return refused }

func newPages(t testing.TB, o *fakeOffice, guard func(next, refused http.Handler) http.Handler) *Pages {
	t.Helper()
	p, err := New(Options{
		Office: o, Guard: guard, User: func(*http.Request) string { return "jo" }, Name: "Red Bench Cafés", Version: "0.9.0",
		LateAfter: 30 * time.Minute, OwedAfter: 24 * time.Hour, Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
