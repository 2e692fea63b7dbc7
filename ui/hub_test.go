// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"redbench/edge"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

func TestHelloIsTheContracts(t *testing.T) {
	r := newRig(t)
	got := r.screen("3").nextOf("hello")
	want := message{
		"type": "hello", "run": "run-1", "lane": "3", "store": "s1", "locale": "en-GB", "version": "1.2.3",
		"now": "2026-11-22T09:30:00Z",
		"current": map[string]any{
			"type": "idle", "seq": 0.0,
			"principle": map[string]any{"title": "Greet a person", "text": "Not a transaction."},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPromptIsTheContracts(t *testing.T) {
	r := newRig(t)
	s := r.screen("3")
	s.nextOf("hello")
	r.Show("3", maya)
	want := message{
		"type": "prompt", "id": "p1", "seq": 1.0, "event": "e1", "checkout": "c1", "shown_for_ms": 60000.0,
		"who": map[string]any{"name": "Maya", "say": "MY-uh", "stage": "regular", "since": "12 days since the last visit"},
		"do":  map[string]any{"text": "Start an oat flat white, no lid", "why": "usual"},
	}
	if diff := cmp.Diff(want, s.next()); diff != "" {
		t.Error(diff)
	}
}

func TestSequenceRisesPerLaneOverEverythingShown(t *testing.T) {
	r := newRig(t)
	s := r.screen("3")
	s.nextOf("hello")
	r.Show("2", maya)
	for _, what := range []edge.Shown{maya, edge.Farewell{ID: "f", Text: "Bye"}, edge.Clear{Reason: edge.ClearRemoved}, thought} {
		r.Show("3", what)
	}
	for i, kind := range []string{"prompt", "farewell", "clear", "idle"} {
		if m := s.nextOf(kind); m["seq"] != float64(i+1) {
			t.Errorf("%s has seq %v, want %d", kind, m["seq"], i+1)
		}
	}
}

func TestScreenThatComesLateSeesTheTruth(t *testing.T) {
	tests := []struct {
		name string
		show []edge.Shown
		pass time.Duration
		want message
	}{
		{"a prompt, with the time that is left", []edge.Shown{maya}, 20 * time.Second,
			message{"type": "prompt", "seq": 1.0, "shown_for_ms": 40000.0}},
		{"nothing of a prompt whose time is over", []edge.Shown{maya}, time.Minute, message{"type": "idle", "seq": 1.0}},
		{"nothing after a clear", []edge.Shown{maya, edge.Clear{Reason: edge.ClearCancelled}}, 0,
			message{"type": "idle", "seq": 2.0}},
		{"a farewell", []edge.Shown{maya, edge.Farewell{ID: "f1", Text: "Bye"}}, 0, message{"type": "farewell", "seq": 2.0}},
		{"a pause", []edge.Shown{edge.Clear{Reason: edge.ClearPaused}}, 0,
			message{"type": "idle", "seq": 1.0, "reason": "paused"}},
		{"a pause, whatever happened in it", []edge.Shown{
			maya, edge.Clear{Reason: edge.ClearPaused}, edge.Clear{Reason: edge.ClearCompleted}, thought,
			edge.Clear{Reason: edge.ClearPaused},
		}, time.Hour, message{"type": "idle", "seq": 5.0, "reason": "paused"}},
		{"the end of a pause", []edge.Shown{edge.Clear{Reason: edge.ClearPaused}, thought}, 0, message{"type": "idle", "seq": 2.0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			for _, what := range test.show {
				r.Show("3", what)
			}
			r.clock.pass(test.pass)
			got := r.screen("3").nextOf("hello").current()
			for _, field := range []string{"type", "seq", "shown_for_ms", "reason"} {
				if got[field] != test.want[field] {
					t.Errorf("%s is %v, want %v", field, got[field], test.want[field])
				}
			}
		})
	}
}

func TestAllScreensOfALaneAreAlike(t *testing.T) {
	r := newRig(t)
	one, two, other := r.screen("3"), r.screen("3"), r.screen("1")
	for _, s := range []*screen{one, two, other} {
		s.nextOf("hello")
	}
	r.Show("3", maya)
	r.Show("1", edge.Clear{Reason: edge.ClearRemoved})
	if diff := cmp.Diff(one.nextOf("prompt"), two.nextOf("prompt")); diff != "" {
		t.Error(diff)
	}
	other.nextOf("clear") // and never lane 3's prompt
}

func TestNoticeReachesEveryScreenAndThoseThatComeLater(t *testing.T) {
	r := newRig(t)
	s := r.screen("3")
	s.nextOf("hello")
	r.Notice(edge.Notice{Level: "warn", Text: "The tills cannot be reached"})
	s.nextOf("notice")
	later := r.screen("1")
	later.nextOf("hello")
	if m := later.nextOf("notice"); m["text"] != "The tills cannot be reached" {
		t.Error(m)
	}
	r.Notice(edge.Notice{})
	if m := later.nextOf("notice"); m["text"] != "" {
		t.Error(m)
	}
}

// What changes while a screen waits for its lane's turn is what the screen is told.
func TestScreenThatJoinsMeanwhileIsToldWhatIsTrueThen(t *testing.T) {
	tests := []struct {
		name   string
		change func(*hub)
		joins  bool
	}{
		{"a notice is taken away", func(h *hub) { h.notice = edge.Notice{} }, true},
		{"the box stops", func(h *hub) { h.closed = true }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newRig(t).hub
			h.noticeAll(edge.Notice{Level: "warn", Text: "stale"})
			l, c := h.lane("3"), &client{lane: "3", out: make(chan []byte, queueLength), gone: make(chan struct{})}
			l.mu.Lock()
			joined := make(chan bool)
			go func() { joined <- h.join(c, func(any) any { return "hello" }) }()
			for range 10_000 { // it gets as far as it can
				runtime.Gosched()
			}
			h.mu.Lock()
			test.change(h)
			h.mu.Unlock()
			l.mu.Unlock()
			if got := <-joined; got != test.joins {
				t.Errorf("joined: %v, want %v", got, test.joins)
			}
			if test.joins && len(c.out) != 1 {
				t.Errorf("%d messages, want the hello alone", len(c.out))
			}
			delete(l.clients, c)
		})
	}
}

// A screen that reads nothing must neither hold up the box nor the other screen of its lane.
func TestSlowScreenIsDroppedAndNobodyWaits(t *testing.T) {
	r := newRig(t)
	slow, quick := r.screen("3"), r.screen("3")
	quick.nextOf("hello")
	long := edge.Prompt{ID: "p", Who: edge.Who{Name: strings.Repeat("a", 60_000)}}
	const many = 2000
	read := make(chan uint64)
	go func() {
		defer close(read)
		for {
			var m struct{ Seq uint64 }
			_ = quick.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			if quick.conn.ReadJSON(&m) != nil {
				return
			}
			read <- m.Seq
		}
	}()
	for i := 0; i < many && len(r.Connected()) == 2; i++ {
		r.Show("3", long)
		if got := <-read; got != uint64(i+1) {
			t.Fatalf("the quick screen got %d, want %d", got, i+1)
		}
	}
	if left := len(r.Connected()); left != 1 {
		t.Errorf("%d screens are still connected, want the quick one only", left)
	}
	slow.closedWith()
}

func TestLaneTakesOnlySoManyScreens(t *testing.T) {
	r := newRig(t)
	token := http.Header{"Authorization": {"Bearer " + r.token("3")}}
	for range maxScreens {
		conn, _, err := r.dial("3", token)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		(&screen{t: t, conn: conn}).nextOf("hello")
	}
	conn, _, err := r.dial("3", token)
	if err != nil {
		t.Fatal(err)
	}
	if code := (&screen{t: t, conn: conn}).closedWith(); code != websocket.CloseTryAgainLater {
		t.Errorf("closed with %d", code)
	}
}

func TestCloseSaysGoodBye(t *testing.T) {
	r := newRig(t)
	s := r.screen("3")
	s.nextOf("hello")
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := s.closedWith(); code != websocket.CloseGoingAway {
		t.Errorf("closed with %d", code)
	}
}

// BenchmarkShow measures Show to a message read by the client, over loopback.
func BenchmarkShow(b *testing.B) {
	for _, screens := range []int{1, 4} {
		b.Run(fmt.Sprintf("screens=%d", screens), func(b *testing.B) {
			r := newRig(b)
			all := make([]*screen, screens)
			for i := range all {
				all[i] = r.screen("3")
				all[i].nextOf("hello")
			}
			b.ReportAllocs()
			for b.Loop() {
				r.Show("3", maya)
				for _, s := range all {
					if _, _, err := s.conn.ReadMessage(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
