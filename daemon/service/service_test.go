// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	kardianos "github.com/kardianos/service"
)

// fakeSystem is a service manager that notes what it was told.
type fakeSystem struct {
	told     []string
	status   kardianos.Status
	err      error // of Status
	fail     error // of everything else
	platform string
}

func (f *fakeSystem) do(what string, after kardianos.Status, err error) error {
	f.told = append(f.told, what)
	if f.fail == nil {
		f.status, f.err = after, err
	}
	return f.fail
}

func (f *fakeSystem) Install() error {
	return f.do("install", kardianos.StatusStopped, nil)
}

func (f *fakeSystem) Uninstall() error {
	return f.do("uninstall", kardianos.StatusUnknown, kardianos.ErrNotInstalled)
}
func (f *fakeSystem) Start() error                      { return f.do("start", kardianos.StatusRunning, nil) }
func (f *fakeSystem) Stop() error                       { return f.do("stop", kardianos.StatusStopped, nil) }
func (f *fakeSystem) Restart() error                    { return f.do("restart", kardianos.StatusRunning, nil) }
func (f *fakeSystem) Status() (kardianos.Status, error) { return f.status, f.err }
func (f *fakeSystem) Platform() string                  { return f.platform }

// fakeHost is a machine that notes whether it was prepared.
type fakeHost struct {
	ordinary bool // an ordinary user asks
	hidden   string
	prepared int
	failing  error
	unit     string
	packaged string
	misfit   error
	disabled bool
	renews   bool
	noted    []string
	state    State  // the service manager's own word; empty: it has none
	said     string // by the service, as it ended
	granted  string
}

func (f *fakeHost) Grant(o Options, dry bool) (Granted, error) {
	g := Granted{Changed: f.granted != o.BackupDir, Dir: o.BackupDir}
	if !dry {
		f.granted = o.BackupDir
	}
	return g, nil
}

func (f *fakeHost) State() (State, bool) { return f.state, f.state != "" }

func (f *fakeHost) LastError() string { return f.said }

func (f *fakeHost) Privileged() bool { return !f.ordinary }

func (f *fakeHost) Usable(path string) error {
	if path == f.hidden {
		return errors.New("the service cannot see it")
	}
	return nil
}

func (f *fakeHost) Prepare(Options) error {
	f.prepared++
	return f.failing
}

func (f *fakeHost) Installed() (string, bool) { return f.unit, f.unit != "" }

func (f *fakeHost) Packaged() string { return f.packaged }

func (f *fakeHost) Fits(Options) error { return f.misfit }

func (f *fakeHost) Enabled() (bool, error) { return !f.disabled, nil }

func (f *fakeHost) Enable(yes bool) error {
	f.disabled = !yes
	f.noted = append(f.noted, fmt.Sprint("enable ", yes))
	return nil
}

func (f *fakeHost) Entrust(Options, string) error { return nil }

func (f *fakeHost) Renew(Options) (bool, error) {
	f.noted = append(f.noted, "renew")
	return f.renews, nil
}

func (f *fakeHost) Finish(Options) error {
	f.noted = append(f.noted, "finish")
	return nil
}

const exe, file, dir = "/usr/bin/redbench", "/etc/redbench/redbench.toml", "/var/lib/redbench"

func manager() (*Manager, *fakeSystem, *fakeHost) {
	s := &fakeSystem{platform: goodPlatform, err: kardianos.ErrNotInstalled}
	h := &fakeHost{}
	return &Manager{options: Options{Executable: exe, Config: file, StateDir: dir}, system: s, host: h, definition: "unit 2"}, s, h
}

func TestWithoutAServiceManagerEachVerbSaysWhatToDo(t *testing.T) {
	verbs := map[string]func(*Manager) error{
		"install":   func(m *Manager) error { _, err := m.Install(); return err },
		"uninstall": func(m *Manager) error { _, err := m.Uninstall(); return err },
		"start":     func(m *Manager) error { _, err := m.Start(); return err },
		"stop":      func(m *Manager) error { _, err := m.Stop(); return err },
		"restart":   func(m *Manager) error { _, err := m.Restart(); return err },
	}
	for verb, do := range verbs {
		m, s, _ := manager()
		s.platform, s.err = "unix-systemv", errors.New("exit status 1")
		if err := do(m); err == nil || !strings.HasPrefix(err.Error(), "no service manager that Redbench knows runs here") {
			t.Errorf("%s: %v", verb, err)
		}
	}
}

func TestInstallIsDoneOnceAndBroughtUpToDate(t *testing.T) {
	cases := []struct {
		name, unit string
		status     error
		want       []string
		changed    bool
	}{
		{"nothing there", "", kardianos.ErrNotInstalled, []string{"install"}, true},
		{"the same there", "unit 2", nil, nil, false},
		{"an older one there", "unit 1", nil, []string{"uninstall", "install"}, true},
		{"one there that cannot be read", "", nil, []string{"uninstall", "install"}, true},
	}
	for _, c := range cases {
		m, s, h := manager()
		h.unit, s.status, s.err = c.unit, kardianos.StatusStopped, c.status
		changed, err := m.Install()
		if err != nil || changed != c.changed || !slices.Equal(s.told, c.want) || h.prepared != 1 {
			t.Errorf("%s: changed %v, %v; told %v, prepared %d times", c.name, changed, err, s.told, h.prepared)
		}
	}
}

func TestInstallTellsWhyItCannot(t *testing.T) {
	cases := []struct {
		name  string
		spoil func(*Manager, *fakeSystem, *fakeHost)
		want  string
	}{
		{"an ordinary user", func(_ *Manager, _ *fakeSystem, h *fakeHost) { h.ordinary = true }, "installing the service needs " + privilege},
		{"no service manager", func(_ *Manager, s *fakeSystem, _ *fakeHost) { s.platform = "unix-systemv" }, "no service manager that Redbench knows runs here (found unix-systemv)"},
		{"a program out of sight", func(_ *Manager, _ *fakeSystem, h *fakeHost) { h.hidden = exe }, "cannot see"},
		{"a configuration out of sight", func(_ *Manager, _ *fakeSystem, h *fakeHost) { h.hidden = file }, "cannot see"},
		{"no room for the user", func(_ *Manager, _ *fakeSystem, h *fakeHost) { h.failing = errors.New("making the user") }, "making the user"},
		{"a manager that fails", func(_ *Manager, s *fakeSystem, _ *fakeHost) { s.fail = errors.New("bus gone") }, "installing the service: bus gone"},
	}
	for _, c := range cases {
		m, s, h := manager()
		c.spoil(m, s, h)
		changed, err := m.Install()
		if err == nil || changed || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: told %v, want %q", c.name, err, c.want)
		}
		if s.fail == nil && len(s.told) > 0 {
			t.Errorf("%s: the manager was told %v all the same", c.name, s.told)
		}
	}
}

func TestUninstallStopsFirst(t *testing.T) {
	m, s, h := manager()
	h.unit, s.status, s.err = "unit 2", kardianos.StatusRunning, nil
	changed, err := m.Uninstall()
	if err != nil || !changed || !slices.Equal(s.told, []string{"stop", "uninstall"}) {
		t.Errorf("changed %v, %v; told %v", changed, err, s.told)
	}
	for _, packaged := range []string{"", "/lib/systemd/system/redbench.service"} {
		m, _, h = manager()
		h.unit, h.packaged, h.granted, h.disabled, h.state = "unit 2", packaged, "/mnt/backups", true, Stopped
		m.options.BackupDir = h.granted
		if changed, err := m.Uninstall(); err != nil || !changed || h.granted != "" {
			t.Errorf("packaged %q: changed %v, %v; the service may still write in %q", packaged, changed, err, h.granted)
		}
	}
	m, s, _ = manager()
	if changed, err := m.Uninstall(); err != nil || changed || len(s.told) > 0 {
		t.Errorf("without one: changed %v, %v; told %v", changed, err, s.told)
	}
}

func TestSteeringLeavesAloneWhatStandsAsItShould(t *testing.T) {
	start, stop, restart := (*Manager).Start, (*Manager).Stop, (*Manager).Restart
	cases := []struct {
		name   string
		do     func(*Manager) (bool, error)
		status kardianos.Status
		want   []string
	}{
		{"start a stopped one", start, kardianos.StatusStopped, []string{"start"}},
		{"start a running one", start, kardianos.StatusRunning, nil},
		{"stop a running one", stop, kardianos.StatusRunning, []string{"stop"}},
		{"stop a stopped one", stop, kardianos.StatusStopped, nil},
		{"restart a running one", restart, kardianos.StatusRunning, []string{"restart"}},
		{"restart a stopped one", restart, kardianos.StatusStopped, []string{"start"}},
	}
	for _, c := range cases {
		m, s, _ := manager()
		s.status, s.err = c.status, nil
		if changed, err := c.do(m); err != nil || changed != (c.want != nil) || !slices.Equal(s.told, c.want) {
			t.Errorf("%s: changed %v, %v; told %v, want %v", c.name, changed, err, s.told, c.want)
		}
		m, s, _ = manager()
		if changed, err := c.do(m); changed || !errors.Is(err, ErrNotInstalled) || len(s.told) > 0 {
			t.Errorf("%s, not installed: %v; told %v", c.name, err, s.told)
		}
		m, _, h := manager()
		h.ordinary = true
		if changed, err := c.do(m); changed || err == nil || !strings.Contains(err.Error(), privilege) {
			t.Errorf("%s, by an ordinary user: %v", c.name, err)
		}
	}
}

func TestAFailedServiceCanBeStarted(t *testing.T) {
	m, s, _ := manager()
	s.err = errors.New("service in failed state")
	if state, err := m.Status(); state != Failed || err != nil {
		t.Errorf("it is %v, %v", state, err)
	}
	if changed, err := m.Start(); err != nil || !changed || !slices.Equal(s.told, []string{"start"}) {
		t.Errorf("starting it: %v; told %v", err, s.told)
	}
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		status kardianos.Status
		err    error
		want   State
	}{
		{kardianos.StatusRunning, nil, Running},
		{kardianos.StatusStopped, nil, Stopped},
		{kardianos.StatusUnknown, kardianos.ErrNotInstalled, NotInstalled},
	} {
		m, s, _ := manager()
		s.status, s.err = c.status, c.err
		if got, err := m.Status(); got != c.want || err != nil {
			t.Errorf("%v, %v reads %v, %v", c.status, c.err, got, err)
		}
	}
	m, s, _ := manager()
	s.err = errors.New("no bus")
	if _, err := m.Status(); err == nil || err.Error() != "asking the service manager: no bus" {
		t.Errorf("told %v", err)
	}
}

func TestRelativePathsAreRefused(t *testing.T) {
	_, err := New(Options{Executable: exe, Config: "redbench.toml", StateDir: dir})
	if err == nil || !strings.Contains(err.Error(), "absolute") {
		t.Errorf("told %v", err)
	}
}

// What a service manager does for nothing is no change: it is starting already, or it failed and stays so.
func TestWhatIsUnderWayIsNoChange(t *testing.T) {
	start, stop := (*Manager).Start, (*Manager).Stop
	for _, c := range []struct {
		do      func(*Manager) (bool, error)
		state   State
		changed bool
	}{{start, Starting, false}, {start, Failed, true}, {start, Stopping, true}, {stop, Failed, false}, {stop, Restarting, true}} {
		m, _, h := manager()
		h.state = c.state
		if changed, err := c.do(m); err != nil || changed != c.changed {
			t.Errorf("%s: changed %v, %v", c.state, changed, err)
		}
	}
}

// TestAStartThatEndsAgainAndAgainIsToldWithItsCause: systemd calls such a service activating, which the library takes for running.
func TestAStartThatEndsAgainAndAgainIsToldWithItsCause(t *testing.T) {
	verbs := map[string]func(*Manager) (bool, error){"start": (*Manager).Start, "restart": (*Manager).Restart}
	for verb, do := range verbs {
		m, s, h := manager()
		s.status, s.err = kardianos.StatusRunning, nil
		h.state, h.said = Restarting, "reading the password: permission denied"
		_, err := do(m)
		if err == nil || !strings.Contains(err.Error(), "started again and again: reading the password: permission denied") {
			t.Errorf("%s: %v", verb, err)
		}
		if !slices.Equal(s.told, []string{verb}) {
			t.Errorf("%s: told %v", verb, s.told)
		}
	}
	m, _, h := manager()
	h.state, h.said = Running, "of a start long ago"
	if _, err := m.Start(); err != nil || m.Trouble() != "" {
		t.Errorf("while it runs: %v, %q", err, m.Trouble())
	}
}
