// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"redbench/edge"
)

const crashDir = "REDBENCH_CRASH_DIR"

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		commitUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

// commitUntilKilled commits events and visits, and prints the number of each that was acknowledged.
func commitUntilKilled(dir string) {
	t := &testing.T{}
	s := openStore(t, dir, func(o *Options) { o.Upkeep = 5 * time.Millisecond })
	start, err := strconv.Atoi(os.Getenv("REDBENCH_CRASH_FROM"))
	if err != nil {
		panic(err)
	}
	for i := start; ; {
		var entries []edge.Entry
		for range 1 + rand.IntN(8) {
			entries = append(entries, crashEntry(i))
			i++
		}
		if _, err := s.Commit(tctx, entries); err != nil {
			panic(err)
		}
		fmt.Println(i)
	}
}

func crashEntry(i int) edge.Entry {
	ev := edge.SeenEvent{At: newClock().now}
	binary.BigEndian.PutUint64(ev.Key[:], uint64(i))
	return edge.Entry{Event: &ev, Lane: &edge.LaneRecord{Lane: "1", State: []byte(strconv.Itoa(i))},
		Visit: &edge.Visit{At: ev.At.Add(time.Duration(i) * time.Second), Lane: "1", Checkout: strconv.Itoa(i), Items: []edge.Item{{SKU: strconv.Itoa(i % 50), Name: "x", Quantity: 1}}}}
}

// TestAcknowledgedSurvivesKill kills a writing process at random points. What it acknowledged is there afterwards, whole,
// and the store opens without help.
func TestAcknowledgedSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	acknowledged := 0
	for range 6 {
		acknowledged = max(acknowledged, runAndKill(t, dir, acknowledged))
		s := openStore(t, dir)
		var events, visits int
		if err := s.read.QueryRow(`SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM visits)`).Scan(&events, &visits); err != nil {
			t.Fatal(err)
		}
		if events < acknowledged || visits != events {
			t.Fatalf("%d acknowledged, %d events and %d visits kept", acknowledged, events, visits)
		}
		lanes, err := s.Lanes(t.Context())
		if err != nil || len(lanes) != 1 || string(lanes[0].State) != strconv.Itoa(events-1) {
			t.Fatalf("lane %q after %d events, %v", lanes, events, err)
		}
		var sound string
		if err := s.read.QueryRow(`PRAGMA integrity_check`).Scan(&sound); err != nil || sound != "ok" {
			t.Fatalf("integrity: %s %v", sound, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		acknowledged = events
	}
	t.Logf("%d entries in 6 runs that were killed", acknowledged)
}

func runAndKill(t *testing.T, dir string, from int) (acknowledged int) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir, "REDBENCH_CRASH_FROM="+strconv.Itoa(from))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for left := 20 + rand.IntN(150); lines.Scan(); left-- {
		if acknowledged, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			// What it writes from now on until the kill arrives may be kept or not; what it said before must be.
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the process ended by itself")
	}
	return acknowledged
}
