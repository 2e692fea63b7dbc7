// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/simulate"
)

func TestDemoDirWipesOnlyWhatADemoMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	made, err := demoDir(t.Context(), dir, false)
	if err != nil || made != dir {
		t.Fatalf("a new directory: %q, %v", made, err)
	}
	state := filepath.Join(dir, "state")
	if err := os.WriteFile(state, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := demoDir(t.Context(), dir, true); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(state); err != nil {
		t.Error("--keep wiped the last demo")
	}
	if _, err := demoDir(t.Context(), dir, false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("the last demo was not wiped")
	}
}

func TestDemoDirNeverTouchesARealStateDirectory(t *testing.T) {
	real := t.TempDir()
	keys := filepath.Join(real, "keys.json")
	if err := os.WriteFile(keys, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, keep := range []bool{false, true} {
		if _, err := demoDir(t.Context(), real, keep); err == nil || !strings.Contains(err.Error(), "--dir") {
			t.Errorf("keep %t: got %v, want a refusal that names the flag", keep, err)
		}
	}
	entries, err := os.ReadDir(real)
	if err != nil || len(entries) != 1 {
		t.Errorf("the directory now holds %v (%v)", entries, err)
	}
}

func TestBrowserCommand(t *testing.T) {
	env := func(set ...string) func(string) string {
		return func(key string) string {
			if slices.Contains(set, key) {
				return ":0"
			}
			return ""
		}
	}
	for _, c := range []struct {
		system string
		env    func(string) string
		want   string
	}{
		{"linux", env(), ""},
		{"linux", env("DISPLAY"), "xdg-open"},
		{"freebsd", env("WAYLAND_DISPLAY"), "xdg-open"},
		{"darwin", env(), "open"},
		{"windows", env(), "rundll32"},
	} {
		if got, _ := browserCommand(c.system, c.env); got != c.want {
			t.Errorf("%s: %q, want %q", c.system, got, c.want)
		}
	}
}

func TestDemoShowsANewCustomerEveryEightToTenSeconds(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	var o demoOptions
	command := newDemoCommand()
	speed, err := command.Flags().GetFloat64("speed")
	if err != nil {
		t.Fatal(err)
	}
	o.speed, o.seed = speed, 1
	started, last := map[string]int{}, time.Duration(0)
	for m := range dayAfterDay(demoDay(o, simulate.NewChain(1, now), now), true) {
		if m.Type == edge.CheckoutStarted && !m.Repeat {
			started[m.Lane]++
		}
		last = m.After
	}
	for _, lane := range demoLanes {
		every := time.Duration(float64(last) / speed / float64(started[lane]))
		if every < 8*time.Second || every > 10*time.Second {
			t.Errorf("lane %s has a new customer every %s", lane, every)
		}
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 0, "50/s": 20 * time.Millisecond, "2": 500 * time.Millisecond} {
		if got, err := parseRate(text); err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"0", "-1/s", "fast", "50/m", "NaN", "Inf"} {
		if got, err := parseRate(text); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

func TestTheNextDayFollowsAndIsAnother(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	ids, last, days := map[string]bool{}, time.Duration(0), 0
	o := simulate.DayOptions{Chain: simulate.NewChain(1, now), Seed: 1, Open: openingAt(now), Store: "s", Lanes: []string{"1"},
		Length: time.Hour}
	for m := range dayAfterDay(o, false) {
		if m.After < last {
			t.Fatalf("a message at %s follows one at %s", m.After, last)
		}
		last = m.After
		if payload := string(m.Payload(now)); !m.Repeat {
			if ids[payload] {
				t.Fatal("an event of the first day came again on the next")
			}
			ids[payload] = true
		}
		if m.Type == edge.ShiftStarted {
			if days++; days > 4 {
				return
			}
		}
	}
}
