// SPDX-License-Identifier: Apache-2.0

package link

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCredentialsAreKept(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(dir); !errors.Is(err, ErrNotEnrolled) {
		t.Fatalf("none: %v", err)
	}
	want := Credentials{URL: "https://hq:8788", Store: "harbour", Token: "rb1.x", CA: "pem", Enrolled: time.Unix(1e9, 0).UTC()}
	for _, token := range []string{"one", "two"} {
		want.Token = token
		if err := want.Save(dir); err != nil {
			t.Fatal(err)
		}
		got, err := Load(dir)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("%v %s", err, diff)
		}
	}
	info, err := os.Stat(filepath.Join(dir, CredentialsFile))
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", err, info.Mode())
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
	if err := os.WriteFile(filepath.Join(dir, CredentialsFile), []byte(`{"token":"secret`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a damaged file: %v", err)
	}
	if err := errors.Join(Remove(dir), Remove(dir)); err != nil {
		t.Error(err)
	}
}

func TestCodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var pin []byte
		if rapid.Bool().Draw(t, "pinned") {
			pin = rapid.SliceOfN(rapid.Byte(), pinBytes, pinBytes).Draw(t, "pin")
		}
		code, err := NewCode(pin)
		if err != nil {
			t.Fatal(err)
		}
		text := code.String()
		typed := strings.NewReplacer("-", " ", "0", "o", "1", "l").Replace(strings.ToLower(text))
		got, err := ParseCode(" " + typed + "\n")
		if err != nil || got.Sum() != code.Sum() || got.Pinned() != (pin != nil) || !bytes.Equal(got.pin, pin) {
			t.Fatalf("%s: %v", text, err)
		}
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		wrong := rapid.SampledFrom([]byte("0123456789ABCDEFGHJKMNPQRSTVWXYZ")).Draw(t, "sign")
		if text[at] == '-' || text[at] == wrong {
			return
		}
		if _, err := ParseCode(text[:at] + string(wrong) + text[at+1:]); !errors.Is(err, ErrMistyped) {
			t.Fatalf("%s with another sign at %d: %v", text, at, err)
		}
		if _, err := ParseCode(text[:at] + text[at+1:]); !errors.Is(err, ErrMistyped) {
			t.Fatalf("%s without the sign at %d: %v", text, at, err)
		}
	})
	if _, err := NewCode(make([]byte, 32)); err == nil {
		t.Error("a pin of 32 bytes was taken")
	}
}

func FuzzParseCode(f *testing.F) {
	code, err := NewCode(make([]byte, pinBytes))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(code.String())
	f.Fuzz(func(t *testing.T, text string) {
		code, err := ParseCode(text)
		if err != nil {
			return
		}
		if again, err := ParseCode(code.String()); err != nil || again.Sum() != code.Sum() {
			t.Fatalf("%q %v", text, err)
		}
	})
}

func TestBackoff(t *testing.T) {
	b := Backoff{Random: func() float64 { return .999999 }}
	last := time.Duration(0)
	for range 40 {
		wait := b.Failed(0)
		if wait < last || wait > LongestRetry {
			t.Fatalf("%v after %v", wait, last)
		}
		last = wait
	}
	if last < LongestRetry*9/10 {
		t.Errorf("it never waits longer than %v", last)
	}
	b.Reset()
	if wait := b.Failed(0); wait > FirstRetry {
		t.Errorf("%v after a success", wait)
	}
	if wait := b.Failed(2 * time.Minute); wait != 2*time.Minute {
		t.Errorf("asked for two minutes: %v", wait)
	}
	if wait := b.Failed(1000 * time.Hour); wait != time.Hour {
		t.Errorf("asked for six weeks: %v", wait)
	}
	none := Backoff{Random: func() float64 { return 0 }}
	if none.Failed(0) < leastRetry {
		t.Error("no pause at all")
	}
}

func TestHours(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ hours, at, open string }{
		{"22:00-06:00", "2026-11-22T21:59:59+01:00", "2026-11-22T22:00:00+01:00"},
		{"22:00-06:00", "2026-11-22T22:00:00+01:00", ""},
		{"22:00-06:00", "2026-11-23T00:00:00+01:00", ""},
		{"22:00-06:00", "2026-11-23T05:59:59+01:00", ""},
		{"22:00-06:00", "2026-11-23T06:00:00+01:00", "2026-11-23T22:00:00+01:00"},
		{"22:00-06:00", "2026-11-22T20:30:00Z", "2026-11-22T22:00:00+01:00"},
		{"09:00-17:30", "2026-11-22T17:30:00+01:00", "2026-11-23T09:00:00+01:00"},
		{"09:00-17:30", "2026-11-22T17:29:59+01:00", ""},
		{"02:30-06:00", "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"}, // 02:30 does not come
		{"02:10-02:50", "2026-03-29T01:00:00+01:00", "2026-03-30T02:10:00+02:00"}, // nor does any of it
		{"02:30-03:00", "2026-10-25T02:59:59+02:00", ""},
		{"02:30-03:00", "2026-10-25T02:00:00+01:00", "2026-10-25T02:30:00+01:00"}, // and comes again
		{"", "2026-11-22T12:00:00Z", ""},
	} {
		h, err := ParseHours(c.hours, berlin)
		if err != nil {
			t.Fatal(err)
		}
		at, _ := time.Parse(time.RFC3339, c.at)
		want := at
		if c.open != "" {
			want, _ = time.Parse(time.RFC3339, c.open)
		}
		if h.Open(at) != (c.open == "") || !h.Next(at).Equal(want) {
			t.Errorf("%q at %s: open %v, next %s, not %s", c.hours, c.at, h.Open(at), h.Next(at).In(berlin).Format(time.RFC3339), c.open)
		}
	}
	for _, wrong := range []string{"22", "22:00", "22:00-22:00", "25:00-01:00", "22:00 - 06:00", "1:00-2:00", "22:00-06:0x"} {
		if _, err := ParseHours(wrong, berlin); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := NewThrottle(80, time.Now) // 10 kB a second
		began := time.Now()
		n, err := io.Copy(io.Discard, throttle.reader(t.Context(), bytes.NewReader(make([]byte, 110_000))))
		if took := time.Since(began); err != nil || n != 110_000 || took < 9500*time.Millisecond || took > 10*time.Second {
			t.Errorf("%d bytes in %v, %v", n, took, err)
		}
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, ErrSilent)
		defer cancel()
		if _, err := io.Copy(io.Discard, throttle.reader(ctx, bytes.NewReader(make([]byte, 110_000)))); !errors.Is(err, ErrSilent) {
			t.Errorf("it does not end with its call: %v", err)
		}
	})
	if NewThrottle(0, time.Now).Take(1<<30) != 0 {
		t.Error("no limit holds back")
	}
	now := time.Unix(1e9, 0)
	throttle := NewThrottle(8, func() time.Time { return now }) // 1 kB a second
	throttle.Take(1000)
	now = now.Add(-time.Hour)
	if wait := throttle.Take(1000); wait != time.Second {
		t.Errorf("after a clock that went back: %v", wait)
	}
}

func TestGate(t *testing.T) {
	g := NewGate()
	open, changed := g.Look()
	g.Shut()
	select {
	case <-changed:
		t.Fatal("nothing changed")
	default:
	}
	g.Open()
	<-changed
	if now, _ := g.Look(); open || !now {
		t.Error(open, now)
	}
	first := g.Again()
	g.Reached()
	<-first
	select {
	case <-g.Again():
		t.Error("head office is reached again before it is")
	default:
	}
	if now, _ := g.Look(); !now {
		t.Error("reaching head office shut the gate")
	}
}

func TestAddresses(t *testing.T) {
	for _, wrong := range []string{"", "hq:8788", "http://hq:8788", "ftp://hq", "https://", "https://user:pass@hq", "https://hq?x=1", "https://hq/#a"} {
		if _, err := parseURL(wrong, false); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
	if _, err := parseURL("http://hq:8788", true); err != nil {
		t.Error(err)
	}
}
