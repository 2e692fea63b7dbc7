// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"bytes"
	"regexp"
	"testing"
	"time"
)

// TestSchedules goes through schedules for as long as a test may take. `make torture` goes on.
func TestSchedules(t *testing.T) {
	enough := 15 * time.Second
	if testing.Short() {
		enough = 3 * time.Second
	}
	n := uint64(0)
	for began := time.Now(); time.Since(began) < enough && n < 140; n++ {
		if err := runSchedule(t.Context(), n, noBug, nil, false, nil); err != nil {
			t.Fatalf("seed %d: %v\nto see it again: bin/rig torture --seed %d -v", n, err, n)
		}
	}
	t.Logf("%d schedules", n)
}

// TestEachPlantedMistakeIsFound: whoever finds nothing must be shown to look.
func TestEachPlantedMistakeIsFound(t *testing.T) {
	const within = 60 // schedules
	for _, b := range bugs() {
		t.Run(string(b), func(t *testing.T) {
			for seed := range uint64(within) {
				if err := runSchedule(t.Context(), seed, b, nil, false, nil); err != nil {
					t.Logf("found with seed %d: %v", seed, err)
					return
				}
			}
			t.Errorf("not found within %d schedules", within)
		})
	}
}

// ids are what is made of real time and randomness.
var ids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// TestAScheduleIsTheSameAgain: what failed once can be looked at.
func TestAScheduleIsTheSameAgain(t *testing.T) {
	var first, second bytes.Buffer
	if err := runSchedule(t.Context(), 7, noBug, nil, false, &first); err != nil {
		t.Fatal(err)
	}
	if err := runSchedule(t.Context(), 7, noBug, nil, false, &second); err != nil {
		t.Fatal(err)
	}
	if a, b := ids.ReplaceAll(first.Bytes(), nil), ids.ReplaceAll(second.Bytes(), nil); !bytes.Equal(a, b) {
		t.Error("a schedule went another way the second time")
	}
}
