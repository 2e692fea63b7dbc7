// SPDX-License-Identifier: Apache-2.0

package scrub

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func noise(n int, seed uint64) []byte {
	out := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = rng.Read(out)
	return out
}

// TestLookFindsWhatIsThere: wherever it lies, across the borders of chunks too, and nothing that is not there.
func TestLookFindsWhatIsThere(t *testing.T) {
	hay := noise(2*chunk+chunk/2, 1)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(shortest, 300).Draw(t, "size")
		at := rapid.OneOf(rapid.IntRange(0, len(hay)-size), rapid.IntRange(chunk-size-2, chunk+2), rapid.IntRange(2*chunk-size-2, 2*chunk+2),
			rapid.Just(len(hay)-size)).Draw(t, "at")
		trace := slices.Clone(hay[at : at+size])
		var traces Traces
		traces.Add(noise(40, 2))
		traces.Add(trace)
		if found, err := newLook(traces).in(bytes.NewReader(hay)); err != nil || !found {
			t.Fatalf("%d bytes at %d: found %v, %v", size, at, found, err)
		}
		trace[len(trace)-1] ^= 1
		if found, err := newLook(Traces{trace}).in(bytes.NewReader(hay)); err != nil || found {
			t.Fatalf("the control: %d bytes that differ in one bit: found %v, %v", size, found, err)
		}
	})
}

func TestWhatMayBeThereByChanceIsNoTrace(t *testing.T) {
	var traces Traces
	for _, each := range [][]byte{nil, {}, make([]byte, shortest-1)} {
		traces.Add(each)
	}
	if len(traces) != 0 {
		t.Errorf("%d traces", len(traces))
	}
}

func TestRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	secret, rest := noise(60, 3), noise(5000, 4)
	write := func(parts ...[]byte) {
		if err := os.WriteFile(path, bytes.Join(parts, nil), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rewritten, failing := 0, errors.New("no room")
	var fails error
	s := &Scrub{Files: []string{path, path + "-wal"}, Rewrite: func(context.Context) error {
		if rewritten++; fails == nil {
			write(rest)
		}
		return fails
	}}
	owe := func() { s.Owe(Traces{noise(60, 5), secret}) }

	write(rest)
	owe()
	if rewrote, err := s.Run(t.Context()); rewrote || err != nil || s.Owes() {
		t.Errorf("nothing is left: %v %v, owes %v", rewrote, err, s.Owes())
	}
	write(rest, secret, rest)
	owe()
	if rewrote, err := s.Run(t.Context()); !rewrote || err != nil || s.Owes() {
		t.Errorf("something is left: %v %v, owes %v", rewrote, err, s.Owes())
	}
	write(rest, secret)
	owe()
	fails = failing
	if _, err := s.Run(t.Context()); !errors.Is(err, failing) || !s.Owes() {
		t.Errorf("it cannot be written anew: %v, owes %v", err, s.Owes())
	}
	fails = nil
	s.Rewrite = func(context.Context) error { return nil } // and leaves it all
	if _, err := s.Run(t.Context()); !errors.Is(err, ErrLeft) || s.Owes() {
		t.Errorf("it is there still: %v, owes %v", err, s.Owes())
	}
	write(rest)
	before := rewritten
	s.Rewrite = func(context.Context) error { rewritten++; return nil }
	s.OweUnknown()
	if rewrote, err := s.Run(t.Context()); !rewrote || err != nil || rewritten != before+1 || s.Owes() {
		t.Errorf("unknown: %v %v, %d times, owes %v", rewrote, err, rewritten-before, s.Owes())
	}
}
