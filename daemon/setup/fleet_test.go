// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"redbench/daemon/service"
	"redbench/sync/link"
)

// A fleet's tool runs the same command on each box again and again, with the code that was used long ago.
func TestAnEnrolledBoxWhoseHeadOfficeMovedStaysAsItIs(t *testing.T) {
	b := newBench(t)
	w := b.wish(harbour, code(t))
	if _, err := b.run(w); err != nil {
		t.Fatal(err)
	}
	w.Given.Text = strings.ReplaceAll(w.Given.Text, "hq.example", "office.example")
	b.refused, b.machine.told = errors.New("the code was used"), nil
	r, err := b.run(w)
	if err != nil || len(b.codes) != 1 || slices.Contains(b.machine.told, "stop") || b.machine.state != service.Running {
		t.Fatalf("%v; told %v, %d codes", err, b.machine.told, len(b.codes))
	}
	if !slices.ContainsFunc(r.Steps, func(s Step) bool {
		return s.Step == "head-office" && !s.Changed && strings.Contains(s.Text, "asks https://office.example:8788 now") && strings.Contains(s.Text, "not used")
	}) {
		t.Errorf("told %+v", r.Steps)
	}
	b.machine.told = nil
	if r, err = b.run(w); err != nil || r.Changed || slices.Contains(b.machine.told, "restart") {
		t.Errorf("again: %+v, %v; told %v", r, err, b.machine.told)
	}
}

// What head office gave for a one-time code outlives whatever fails after it.
func TestACodeThatWasUsedIsNotThrownAway(t *testing.T) {
	b := newBench(t)
	w := b.wish(harbour, code(t))
	b.meanwhile = func() { // whatever keeps the file from its place
		if err := os.MkdirAll(filepath.Join(b.file(), "x"), 0o700); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.run(w); err == nil || !strings.Contains(err.Error(), "it needs no other code") {
		t.Errorf("told %v", err)
	}
	if c, err := link.Load(b.state()); err != nil || c.Store != "harbour" {
		t.Fatalf("kept %+v, %v", c, err)
	}
	if err := os.RemoveAll(b.file()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.run(w); err != nil || len(b.codes) != 1 {
		t.Errorf("again: %v, %d codes", err, len(b.codes))
	}
}

func TestALinkedConfigurationStaysALink(t *testing.T) {
	b := newBench(t)
	kept := filepath.Join(t.TempDir(), "fleet.toml")
	if err := errors.Join(os.WriteFile(kept, []byte("# the fleet's\n"), 0o640), os.Symlink(kept, b.file())); err != nil {
		t.Fatal(err)
	}
	if _, err := b.run(b.wish(harbour, code(t))); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(b.file()); err != nil || to != kept {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	raw, err := os.ReadFile(kept)
	if err != nil || !strings.HasPrefix(string(raw), "# the fleet's\n") || !strings.Contains(string(raw), "harbour") {
		t.Errorf("it holds %q, %v", raw, err)
	}
	if err := os.Remove(kept); err != nil {
		t.Fatal(err)
	}
	if _, err := b.run(b.wish("[store]\nid = \"hill\"", code(t))); err == nil || !strings.Contains(err.Error(), "a link to a file that is not there") || len(b.codes) != 1 {
		t.Errorf("a link to nothing: told %v, %d codes", err, len(b.codes))
	}
	for _, dir := range []string{b.dir, filepath.Dir(kept)} {
		if left, _ := filepath.Glob(filepath.Join(dir, ".redbench-*")); len(left) > 0 {
			t.Errorf("left %v", left)
		}
	}
}
