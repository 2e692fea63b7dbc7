// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"net/http"
	"testing"
	"time"

	"redbench/edge"
)

func probed(t *testing.T, change ...func(*Options)) (*rig, *ProbeScreen) {
	t.Helper()
	r := newRig(t, change...)
	screen, err := r.Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(screen.Close)
	return r, screen
}

// The box's own screen sees what its lane shows, and nobody sees it.
func TestTheBoxsOwnScreen(t *testing.T) {
	r, screen := probed(t)
	r.Show(edge.ProbeLane, edge.Prompt{ID: "p1", Event: "another"})
	r.Show(edge.ProbeLane, edge.Prompt{ID: "p2", Event: "mine"})
	if err := screen.Prompt(t.Context(), "mine"); err != nil {
		t.Error(err)
	}
	if connected := r.Connected(); len(connected) != 0 {
		t.Errorf("it is listed: %+v", connected)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	gone := func() error { return screen.Prompt(ctx, "never") }
	r.hub.dropWhere(closeGoing, func(*client) bool { return true })
	if gone() == nil || ctx.Err() != nil {
		t.Error("it does not see that the hub lets it go")
	}
}

func TestTheBoxsOwnScreenIsNobodyElses(t *testing.T) {
	r, _ := probed(t)
	for _, token := range []string{"", "guess", r.token("1")} {
		_, response, err := r.dial(edge.ProbeLane, http.Header{"Authorization": {"Bearer " + token}})
		if err == nil || response.StatusCode != http.StatusNotFound {
			t.Errorf("%q: %v", token, err)
		}
	}
	if _, response, err := r.dial("1", http.Header{"Authorization": {"Bearer " + string(r.probe)}}); err == nil || response.StatusCode != http.StatusUnauthorized {
		t.Errorf("its secret opens a till's lane: %v", err)
	}
	if _, err := r.Mint(t.Context(), edge.ProbeLane, false, ""); err == nil {
		t.Error("a screen was paired with the box's lane")
	}
}

// A hub that is stuck keeps it from connecting; what is stuck is a till's lane.
func TestAStuckHubIsNotPassed(t *testing.T) {
	r, _ := probed(t)
	lane := r.hub.lane("3")
	lane.mu.Lock()
	through := make(chan error, 1)
	go func() {
		screen, err := r.Probe(t.Context())
		if err == nil {
			screen.Close()
		}
		through <- err
	}()
	select {
	case err := <-through:
		t.Errorf("it was passed: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	lane.mu.Unlock()
	if err := <-through; err != nil {
		t.Error(err)
	}
}
