// SPDX-License-Identifier: Apache-2.0

// Package service makes the daemon a service of the operating system: installed once, started with the machine, and
// started again whatever happens.
//
// [Manager] is the narrow part that the command line sees. What differs between systems (a user of its own and a unit
// on Linux, an account and recovery on Windows) stands in a file a system.
package service

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	kardianos "github.com/kardianos/service"
)

// Name is the service's name in every service manager.
const Name = "redbench"

const (
	displayName = "Redbench"
	description = "Redbench: remember the customer at the till"
)

// State is how the service stands.
type State string

// The states.
const (
	Running      State = "running"
	Stopped      State = "stopped"
	Failed       State = "failed"
	NotInstalled State = "not-installed"
)

// ErrNotInstalled says that there is no such service yet.
var ErrNotInstalled = errors.New("the service is not installed")

// Options say what to install.
type Options struct {
	Executable string // absolute; empty: this program
	Config     string // absolute path of the configuration file
	StateDir   string // absolute
	Sample     string // text of the configuration to write where there is none
}

// system is what a service manager does; kardianos/service fills it.
type system interface {
	Install() error
	Uninstall() error
	Start() error
	Stop() error
	Restart() error
	Status() (kardianos.Status, error)
	Platform() string
}

// host is what an installation touches of the machine beside the service manager.
type host interface {
	// Privileged reports whether this process may install services.
	Privileged() bool
	// Usable says why the service could not run this program or read this file, or nil.
	Usable(path string) error
	// Prepare makes the service's user, and the directory and configuration that it needs.
	Prepare(o Options) error
	// Installed gives the definition that is installed now, and whether there is one.
	Installed() (string, bool)
}

// Manager installs and steers the service.
type Manager struct {
	options    Options
	system     system
	host       host
	definition string // what Installed gives once this is installed; empty where the system cannot tell
}

// New makes a Manager for this machine's service manager.
func New(o Options) (*Manager, error) {
	if o.Executable == "" {
		path, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("finding this program's file: %w", err)
		}
		if o.Executable, err = filepath.EvalSymlinks(path); err != nil {
			return nil, fmt.Errorf("finding this program's file: %w", err)
		}
	}
	for _, path := range []string{o.Executable, o.Config, o.StateDir} {
		if !filepath.IsAbs(path) {
			return nil, fmt.Errorf("the service needs absolute paths; %q is none", path)
		}
	}
	options, definition := osOptions(o)
	s, err := kardianos.New(nothing{}, &kardianos.Config{
		Name: Name, DisplayName: displayName, Description: description,
		Executable: o.Executable, Arguments: arguments(o), Option: options, UserName: account,
	})
	if err != nil {
		return nil, fmt.Errorf("looking for the service manager: %w", err)
	}
	return &Manager{options: o, system: s, host: osHost{}, definition: definition}, nil
}

func arguments(o Options) []string { return []string{"run", "--config", o.Config} }

// Install installs the service, or brings an older installation up to date. It reports whether anything changed; what
// already stands as it should is left alone, so that it may be run again.
func (m *Manager) Install() (changed bool, err error) {
	if err := m.allowed("installing"); err != nil {
		return false, err
	}
	for _, path := range []string{m.options.Executable, m.options.Config} {
		if err := m.host.Usable(path); err != nil {
			return false, err
		}
	}
	if err := m.host.Prepare(m.options); err != nil {
		return false, err
	}
	present, installed := m.host.Installed()
	if !installed {
		installed = m.present()
	}
	if installed && present == m.definition {
		return false, nil
	}
	if installed {
		if err := m.system.Uninstall(); err != nil {
			return false, fmt.Errorf("taking the former installation out: %w", err)
		}
	}
	if err := m.system.Install(); err != nil {
		return false, fmt.Errorf("installing the service: %w", err)
	}
	return true, nil
}

// Uninstall stops the service and takes it out. Configuration and state stay. It reports whether there was one.
func (m *Manager) Uninstall() (changed bool, err error) {
	if err := m.allowed("uninstalling"); err != nil {
		return false, err
	}
	if !m.present() {
		return false, nil
	}
	if state, _ := m.Status(); state == Running {
		if err := m.system.Stop(); err != nil {
			return false, fmt.Errorf("stopping the service: %w", err)
		}
	}
	if err := m.system.Uninstall(); err != nil {
		return false, fmt.Errorf("uninstalling the service: %w", err)
	}
	return true, nil
}

// Start starts the service; one that runs is left alone.
func (m *Manager) Start() error {
	return m.steer("starting", func(s State) error {
		if s == Running {
			return nil
		}
		return m.system.Start()
	})
}

// Stop stops the service; one that is stopped is left alone.
func (m *Manager) Stop() error {
	return m.steer("stopping", func(s State) error {
		if s == Stopped {
			return nil
		}
		return m.system.Stop()
	})
}

// Restart stops the service and starts it again.
func (m *Manager) Restart() error {
	return m.steer("restarting", func(s State) error {
		if s == Running {
			return m.system.Restart()
		}
		return m.system.Start()
	})
}

func (m *Manager) steer(doing string, do func(State) error) error {
	if err := m.allowed(doing); err != nil {
		return err
	}
	state, err := m.Status()
	if err != nil {
		return err
	}
	if state == NotInstalled {
		return ErrNotInstalled
	}
	if err := do(state); err != nil {
		return fmt.Errorf("%s the service: %w%s", doing, err, whereToLook)
	}
	return nil
}

// Status tells how the service stands. It needs no rights.
func (m *Manager) Status() (State, error) {
	status, err := m.system.Status()
	switch {
	case errors.Is(err, kardianos.ErrNotInstalled):
		return NotInstalled, nil
	case err != nil && err.Error() == "service in failed state": // kardianos/service has no name for it
		return Failed, nil
	case err != nil:
		return "", fmt.Errorf("asking the service manager: %w", err)
	case status == kardianos.StatusRunning:
		return Running, nil
	case status == kardianos.StatusStopped:
		return Stopped, nil
	}
	return NotInstalled, nil
}

func (m *Manager) present() bool {
	if _, installed := m.host.Installed(); installed {
		return true
	}
	state, err := m.Status()
	return err == nil && state != NotInstalled
}

// allowed says why this user on this machine cannot steer a service, or nil.
func (m *Manager) allowed(doing string) error {
	if !m.host.Privileged() {
		return fmt.Errorf("%s the service needs %s", doing, privilege)
	}
	if !supported(m.system.Platform()) {
		return fmt.Errorf("no service manager that Redbench knows runs here (found %s): let what supervises this "+
			"machine run %q", m.system.Platform(), m.options.Executable+" run --config "+m.options.Config)
	}
	return nil
}

// nothing satisfies kardianos/service where only its steering is used.
type nothing struct{}

func (nothing) Start(kardianos.Service) error { return nil }
func (nothing) Stop(kardianos.Service) error  { return nil }
