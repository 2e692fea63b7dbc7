// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/daemon/service"
	"redbench/sync/link"
)

// fakeMachine notes what it was told.
type fakeMachine struct {
	trouble   string // what the service said last
	told      []string
	state     service.State
	installed bool
	packaged  string
	refuses   error
	backups   string // where the service may write
	granted   string
}

func (m *fakeMachine) do(what string, state service.State) error {
	m.told = append(m.told, what)
	m.state = state
	return nil
}

func (m *fakeMachine) Trouble() string                { return m.trouble }
func (m *fakeMachine) Check() error                   { return m.refuses }
func (m *fakeMachine) Packaged() string               { return m.packaged }
func (m *fakeMachine) Overridden() string             { return "" }
func (m *fakeMachine) Entrust(string) error           { return nil }
func (m *fakeMachine) Prepare() error                 { return m.do("prepare", m.state) }
func (m *fakeMachine) Pending() (bool, error)         { return !m.installed, nil }
func (m *fakeMachine) Start() (bool, error)           { return true, m.do("start", service.Running) }
func (m *fakeMachine) Stop() (bool, error)            { return true, m.do("stop", service.Stopped) }
func (m *fakeMachine) Restart() (bool, error)         { return true, m.do("restart", service.Running) }
func (m *fakeMachine) Status() (service.State, error) { return m.state, nil }
func (m *fakeMachine) Grant(dry bool) (service.Granted, error) {
	g := service.Granted{Changed: m.granted != m.backups, Dir: m.backups, File: "backups.conf"}
	if !dry {
		m.granted = m.backups
	}
	return g, nil
}
func (m *fakeMachine) Install() (changed bool, _ error) {
	changed = !m.installed
	m.installed = true
	if m.state == service.NotInstalled {
		m.state = service.Stopped
	}
	m.told = append(m.told, "install")
	return changed, nil
}

// bench is a machine on which setups are tried.
type bench struct {
	t       *testing.T
	machine *fakeMachine
	dir     string
	refused error // by head office
	codes   []string
	seen    string // the configuration that enrolment saw

	meanwhile func() // while it enrolls
	kept      string // a file that the service may not read
}

func newBench(t *testing.T) *bench {
	return &bench{t: t, machine: &fakeMachine{state: service.NotInstalled}, dir: t.TempDir()}
}

func (b *bench) file() string  { return filepath.Join(b.dir, "redbench.toml") }
func (b *bench) state() string { return filepath.Join(b.dir, "state") }

func (b *bench) text() string {
	raw, err := os.ReadFile(b.file())
	if err != nil {
		return ""
	}
	return string(raw)
}

func (b *bench) wish(given string, code string) Wish {
	return Wish{File: b.file(), Sample: "# sample\n[store]\n#id = \"store-1\"\n", Code: code, Start: true, Wait: time.Minute,
		Given: config.Given{Name: "fleet.toml", Text: given + "\n[state]\ndir = \"state\"\n[hq]\nurl = \"https://hq.example:8788\"\n"}}
}

func (b *bench) run(w Wish) (Report, error) {
	means := Means{
		Machine: func(*config.Config) (Machine, error) { return b.machine, nil },
		Enroll: func(_ context.Context, file, code string) error {
			raw, err := os.ReadFile(file)
			if err != nil {
				b.t.Error(err)
			}
			b.seen = string(raw)
			b.codes = append(b.codes, code)
			if b.meanwhile != nil {
				b.meanwhile()
			}
			if err := os.MkdirAll(b.state(), 0o700); err != nil {
				b.t.Error(err)
			}
			if b.refused != nil {
				return errors.Join(b.refused, os.WriteFile(filepath.Join(b.state(), "keys.json"), nil, 0o600))
			}
			return link.Credentials{URL: "https://hq.example:8788", Store: "harbour", Token: "t"}.Save(b.state())
		},
		Ask:   func(context.Context, string) (control.Status, error) { return control.Status{Ready: true}, nil },
		Every: time.Millisecond,
		MayRead: func(path string) error {
			if filepath.Base(path) == b.kept {
				return errors.New("it is root's alone")
			}
			return nil
		},
	}
	return Run(b.t.Context(), means, w)
}

const harbour = "[store]\nid = \"harbour\""

func code(t *testing.T) string {
	c, err := link.NewCode(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.String()
}

func TestOneCommandMakesABoxAndTheSameAgainChangesNothing(t *testing.T) {
	b := newBench(t)
	w := b.wish(harbour, code(t))
	first, err := b.run(w)
	if err != nil || !first.Changed || !first.Ready || first.State != service.Running {
		t.Fatalf("%+v, %v", first, err)
	}
	if !slices.Equal(b.machine.told, []string{"prepare", "install", "start"}) || len(b.codes) != 1 || b.seen != b.text() {
		t.Errorf("told %v, %d codes, enrolled with %q", b.machine.told, len(b.codes), b.seen)
	}
	written := b.text()
	if !strings.HasPrefix(written, "# sample\n[store]\n#id = \"store-1\"\nid = \"harbour\"\n") || strings.Contains(written, w.Code) {
		t.Errorf("it wrote\n%s", written)
	}
	b.machine.told = nil
	again, err := b.run(w)
	if err != nil || again.Changed || !again.Ready {
		t.Errorf("again: %+v, %v", again, err)
	}
	if !slices.Equal(b.machine.told, []string{"prepare", "install"}) || len(b.codes) != 1 || b.text() != written {
		t.Errorf("again: told %v, %d codes", b.machine.told, len(b.codes))
	}
	entries, err := os.ReadDir(b.dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("it left %v, %v", entries, err)
	}
}

func TestAMistakeChangesNothing(t *testing.T) {
	cases := []struct {
		name, given, code, want string
		spoil                   func(*bench)
	}{
		{"an unknown key", "[store]\nidd = \"a\"", "", "fleet.toml:2: [store] idd: unknown key", nil},
		{"a file that is not there", "[mqtt]\nbroker = \"ssl://b:8883\"\nca_file = \"none.pem\"", "", "none.pem", nil},
		{"a mistyped code", harbour, "ABCD", "that is not a code", nil},
		{"no rights", harbour, "", "needs root", func(b *bench) { b.machine.refuses = errors.New("needs root") }},
	}
	for _, c := range cases {
		b := newBench(t)
		if c.spoil != nil {
			c.spoil(b)
		}
		_, err := b.run(b.wish(c.given, c.code))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: told %v", c.name, err)
		}
		if len(b.machine.told) > 0 || b.text() != "" || len(b.codes) > 0 {
			t.Errorf("%s: told %v, wrote %q", c.name, b.machine.told, b.text())
		}
	}
}

func TestARefusedCodeLeavesTheBoxAsItWas(t *testing.T) {
	b := newBench(t)
	b.refused = errors.New("the code is spent")
	if _, err := b.run(b.wish(harbour, code(t))); err == nil || !strings.Contains(err.Error(), "the code is spent") {
		t.Errorf("told %v", err)
	}
	if b.text() != "" || b.machine.installed || !empty(b.state()) {
		t.Errorf("wrote %q, installed %v, and the state directory holds something: %v", b.text(), b.machine.installed, !empty(b.state()))
	}
	// One that runs is stopped for it, and runs again with what it had.
	before := "[state]\ndir = \"state\"\n"
	if err := os.WriteFile(b.file(), []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	b.machine.told, b.machine.state, b.machine.installed = nil, service.Running, true
	if _, err := b.run(b.wish(harbour, code(t))); err == nil || b.text() != before {
		t.Errorf("told %v, wrote %q", err, b.text())
	}
	if !slices.Equal(b.machine.told, []string{"prepare", "stop", "start"}) || b.machine.state != service.Running {
		t.Errorf("told %v", b.machine.told)
	}
	entries, _ := os.ReadDir(b.dir)
	if len(entries) != 2 {
		t.Errorf("it left %v", entries)
	}
}

func TestARunningBoxTakesUpWhatChanged(t *testing.T) {
	b := newBench(t)
	if err := os.WriteFile(b.file(), []byte("[state]\ndir = \"state\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.machine.state, b.machine.installed = service.Running, true
	w := b.wish(harbour, "")
	w.Start = false
	r, err := b.run(w)
	if err != nil || !r.Changed || slices.Contains(b.machine.told, "restart") {
		t.Errorf("without --start: %+v, %v; told %v", r, err, b.machine.told)
	}
	w = b.wish("[store]\nid = \"hill\"", "")
	if _, err = b.run(w); err != nil || !slices.Contains(b.machine.told, "restart") {
		t.Errorf("with --start: %v; told %v", err, b.machine.told)
	}
	w = b.wish(harbour, code(t))
	w.Start = false
	if _, err = b.run(w); err == nil || !strings.Contains(err.Error(), "add --start") || strings.Contains(b.text(), "harbour") {
		t.Errorf("a code for another store without --start: %v", err)
	}
}

func TestADryRunTellsAndDoesNothing(t *testing.T) {
	b := newBench(t)
	b.machine.packaged, b.machine.refuses = "/lib/systemd/system/redbench.service", errors.New("an ordinary user")
	w := b.wish(harbour, code(t))
	w.DryRun = true
	r, err := b.run(w)
	if err != nil || !r.Changed || len(b.machine.told) > 0 || b.text() != "" || len(b.codes) > 0 {
		t.Fatalf("%+v, %v; told %v", r, err, b.machine.told)
	}
	var texts []string
	for _, s := range r.Steps {
		texts = append(texts, s.Step+": "+s.Text)
	}
	want := []string{
		"configuration: the file " + b.file() + " from the sample", `configuration: store.id = "harbour" (was "store-1")`,
	}
	if diff := cmp.Diff(want, texts[:2]); diff != "" {
		t.Error(diff)
	}
	if last := texts[len(texts)-2:]; !strings.Contains(last[0], "would enable the package's unit") || !strings.Contains(last[1], "would start it") {
		t.Errorf("it told %q", last)
	}
}

func TestABoxThatIsNotReadyInTimeIsTold(t *testing.T) {
	b := newBench(t)
	w := b.wish(harbour, "")
	w.Wait = 20 * time.Millisecond
	means := Means{
		Machine: func(*config.Config) (Machine, error) { return b.machine, nil },
		Ask: func(context.Context, string) (control.Status, error) {
			return control.Status{NotReady: []string{"not connected to the broker"}}, nil
		},
		Every: time.Millisecond,
		MayRead: func(path string) error {
			if filepath.Base(path) == b.kept {
				return errors.New("it is root's alone")
			}
			return nil
		},
	}
	if _, err := Run(t.Context(), means, w); err == nil || !strings.Contains(err.Error(), "not ready after 20ms: not connected to the broker") {
		t.Errorf("told %v", err)
	}
}

func TestACodeThatIsGoneIsMissedOnlyByWhoNeedsIt(t *testing.T) {
	b := newBench(t)
	w := b.wish(harbour, "")
	w.NoCode = errors.New("no such file")
	if _, err := b.run(w); err == nil || b.text() != "" {
		t.Errorf("told %v, wrote %q", err, b.text())
	}
	if err := os.MkdirAll(b.state(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := (link.Credentials{URL: "https://hq.example:8788", Store: "harbour", Token: "t"}).Save(b.state()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.run(w); err != nil {
		t.Errorf("enrolled: told %v", err)
	}
}

// TestABoxThatFailsAgainAndAgainIsStarted, and its start is told as the change that it is.
func TestABoxThatFailsAgainAndAgainIsStarted(t *testing.T) {
	b := newBench(t)
	w := b.wish(harbour, code(t))
	if _, err := b.run(w); err != nil {
		t.Fatal(err)
	}
	b.machine.state, b.machine.told = service.Restarting, nil
	r, err := b.run(w)
	if err != nil || !r.Changed || !slices.Contains(b.machine.told, "start") {
		t.Errorf("%+v, %v; told %v", r, err, b.machine.told)
	}
}

// TestAFileThatTheServiceCannotReadIsToldBeforeTheStart, in a dry run too: root, who installs, reads it well.
func TestAFileThatTheServiceCannotReadIsToldBeforeTheStart(t *testing.T) {
	for _, dry := range []bool{false, true} {
		b := newBench(t)
		b.kept = "broker.password"
		path := filepath.Join(b.dir, b.kept)
		if err := os.WriteFile(path, []byte("secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w := b.wish(harbour+"\n[mqtt]\nbroker = \"tcp://127.0.0.1:1883\"\nusername = \"redbench\"\npassword_file = \"broker.password\"", "")
		w.DryRun = dry
		_, err := b.run(w)
		if err == nil || !strings.Contains(err.Error(), path+", which [mqtt] password_file names") || !strings.Contains(err.Error(), "chmod 640") {
			t.Errorf("dry %v: %v", dry, err)
		}
		if b.text() != "" || len(b.machine.told) > 0 {
			t.Errorf("dry %v: it changed something first: told %v", dry, b.machine.told)
		}
		w.Start = false // whoever only installs mends it before
		if _, err := b.run(w); err != nil {
			t.Errorf("dry %v, without a start: %v", dry, err)
		}
	}
}
