// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestABackupIsDueByTheHour(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skipf("needs time zones: %v", err)
	}
	at := func(text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		moment, err := time.Parse("2006-01-02 15:04 -0700", text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for _, c := range []struct {
		what, now, last, at string
		due                 bool
	}{
		{"none was ever made", "2026-11-22 09:00 +0100", "", "03:30", true},
		{"never", "2026-11-22 09:00 +0100", "", "", false},
		{"before the hour", "2026-11-22 03:29 +0100", "2026-11-21 03:31 +0100", "03:30", false},
		{"at the hour", "2026-11-22 03:30 +0100", "2026-11-21 03:31 +0100", "03:30", true},
		{"after it was made", "2026-11-22 03:32 +0100", "2026-11-22 03:31 +0100", "03:30", false},
		{"off at that hour", "2026-11-22 08:00 +0100", "2026-11-21 03:31 +0100", "03:30", true},
		{"off since yesterday, before the hour", "2026-11-22 03:00 +0100", "2026-11-21 03:00 +0100", "03:30", true},
		{"made up for", "2026-11-22 23:59 +0100", "2026-11-22 08:05 +0100", "03:30", false},
		{"made by hand in the evening", "2026-11-22 03:31 +0100", "2026-11-21 20:00 +0100", "03:30", true},
		{"set forward by years", "2031-11-22 03:00 +0100", "2026-11-22 03:31 +0100", "03:30", true},
		{"set back by days", "2026-11-02 12:00 +0100", "2026-11-22 03:31 +0100", "03:30", true},
		{"set right by minutes", "2026-11-22 03:20 +0100", "2026-11-22 03:31 +0100", "03:30", false},
		{"an hour that is left out, before", "2026-03-29 01:29 +0100", "2026-03-28 02:31 +0100", "02:30", false},
		{"an hour that is left out, after", "2026-03-29 03:31 +0200", "2026-03-28 02:31 +0100", "02:30", true},
		{"a whole year's first day", "2027-01-01 00:05 +0100", "2026-12-31 23:59 +0100", "00:00", true},
	} {
		if got := Due(at(c.now), at(c.last), c.at, berlin); got != c.due {
			t.Errorf("%s: due %v", c.what, got)
		}
	}
}

// TestEachDayHasOne, also the one that leaves the hour out and the one that has it twice.
func TestEachDayHasOne(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skipf("needs time zones: %v", err)
	}
	for _, day := range []time.Time{time.Date(2026, 3, 28, 12, 0, 0, 0, berlin), time.Date(2026, 10, 24, 12, 0, 0, 0, berlin)} {
		last, days := day, []int{}
		for now := day; now.Before(day.AddDate(0, 0, 3)); now = now.Add(time.Minute) {
			if Due(now, last, "02:30", berlin) {
				last = now
				days = append(days, now.In(berlin).Day()-day.Day())
			}
		}
		if !slices.Equal(days, []int{1, 2, 3}) {
			t.Errorf("around %s: on the days %v", day.Format(time.DateOnly), days)
		}
	}
}

// A clock that is set to and fro brings each hour again and again: each such backup would cost the oldest. One that goes right may
// have its next a few hours after one that was made up for.
func TestTriesAreApart(t *testing.T) {
	for _, c := range []struct {
		what          string
		passed, shown time.Duration
		failed, may   bool
	}{
		{"a minute later", time.Minute, time.Minute, false, false},
		{"made up for in the evening", 7 * time.Hour, 7 * time.Hour, false, true},
		{"set forward by a day", 2 * time.Hour, 26 * time.Hour, false, false},
		{"set back by a day", 2 * time.Hour, -22 * time.Hour, false, false},
		{"set forward, and a day has passed", 20 * time.Hour, 44 * time.Hour, false, true},
		{"asleep over night", 2 * time.Hour, 12 * time.Hour, false, false},
		{"failed just now", 59 * time.Minute, 59 * time.Minute, true, false},
		{"failed an hour ago", time.Hour, time.Hour, true, true},
		{"failed an hour ago, and set since", time.Hour, -time.Hour, true, true},
	} {
		if got := mayTry(c.passed, c.shown, c.failed); got != c.may {
			t.Errorf("%s: %v", c.what, got)
		}
	}
	if now := time.Now(); !MayTry(now, time.Time{}, false) || MayTry(now, now.Add(-time.Minute), false) || !MayTry(now, now.Add(-2*time.Hour), true) {
		t.Error("the times themselves are taken for something else")
	}
}

// TestWhatIsOwedIsCountedFromTheErasure: a box that is off each night would begin to count each morning.
func TestWhatIsOwedIsCountedFromTheErasure(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	owing := []Backup{{Path: dir}, {Path: filepath.Join(dir, "gone")}}
	if err := os.Chtimes(dir, now, now.Add(-10*time.Hour)); err != nil {
		t.Fatal(err)
	}
	before, after, ahead := now.Add(-30*time.Hour), now.Add(-9*time.Hour), now.Add(30*time.Hour)
	for _, c := range []struct {
		what   string
		noted  time.Time
		owing  []Backup
		orders []time.Time
		want   time.Time
	}{
		{"nobody was forgotten since", after, nil, []time.Time{after}, time.Time{}},
		{"after it was made", time.Time{}, owing, []time.Time{now.Add(-time.Hour), after, before}, after},
		{"a copy that was put there", time.Time{}, owing, []time.Time{before}, now},
		{"a clock that was ahead", time.Time{}, owing, []time.Time{ahead}, now},
		{"it was noted before", before, owing, []time.Time{after}, before},
	} {
		if got := Owes(c.noted, now, c.owing, c.orders); !got.Equal(c.want) {
			t.Errorf("%s: since %v", c.what, got)
		}
	}
}

// TestTheLatestThatIsWholeStays where no other can be made; what is not whole goes for any that is.
func TestTheLatestThatIsWholeStays(t *testing.T) {
	k := keeper(t, shop(t, "Ada"))
	all := []Backup{made(t, k), made(t, k), made(t, k)}
	may := func() (out []bool) {
		for _, b := range all {
			out = append(out, k.Replaceable(t.Context(), b, roomy))
		}
		return out
	}
	if got := may(); !slices.Equal(got, []bool{true, true, false}) {
		t.Errorf("of three that are whole: %v", got)
	}
	if err := flip(filepath.Join(all[2].Path, "shop.db"), 2000); err != nil {
		t.Fatal(err)
	}
	if got := may(); !slices.Equal(got, []bool{true, false, true}) {
		t.Errorf("the last is rotten: %v", got)
	}
	if err := errors.Join(os.Remove(filepath.Join(all[0].Path, "keys")), os.Remove(filepath.Join(all[1].Path, "keys"))); err != nil {
		t.Fatal(err)
	}
	if got := may(); !slices.Equal(got, []bool{false, false, false}) {
		t.Errorf("none is whole: %v", got)
	}
}
