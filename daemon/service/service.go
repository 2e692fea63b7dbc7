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

// Flag is the flag by which a service's command line says that the service manager runs it.
const Flag = "service"

const (
	displayName = "Redbench"
	description = "Redbench: remember the customer at the till"
)

// State is how the service stands.
type State string

// The states.
const (
	Running      State = "running"
	Starting     State = "starting"
	Restarting   State = "restarting" // it ends by itself, and is started again and again
	Stopping     State = "stopping"
	Stopped      State = "stopped"
	Failed       State = "failed"
	NotInstalled State = "not-installed"
)

// Up reports whether a process is there, or will be without anybody's doing.
func (s State) Up() bool { return s == Running || s == Starting || s == Restarting || s == Stopping }

// ErrNotInstalled says that there is no such service yet.
var ErrNotInstalled = errors.New("the service is not installed")

// Options say what to install.
type Options struct {
	Executable string // absolute; empty: this program
	Config     string // absolute path of the configuration file
	StateDir   string // absolute
	BackupDir  string // absolute; empty: in the state directory
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
	// Prepare makes the service's user, and the state directory that it alone may enter.
	Prepare(o Options) error
	// Entrust gives a file to those who may read the configuration at o.Config: whoever may read that, where it is there.
	Entrust(o Options, file string) error
	// Installed gives the definition that is installed now, and whether there is one.
	Installed() (string, bool)
	// Packaged gives the file of the definition that a package brought; empty: there is none.
	Packaged() string
	// Fits says why a packaged definition could not serve these paths, or nil.
	Fits(o Options) error
	// State is the service manager's own word on how the service stands, where it has a finer one than the library's.
	State() (s State, known bool)
	// LastError is what the service said last of why it ended; empty: unknown.
	LastError() string
	// Enabled reports whether the service starts with the machine.
	Enabled() (bool, error)
	// Enable makes it start with the machine, or not.
	Enable(yes bool) error
	// Renew brings what is installed up to date in its place; false: it is to be taken out and installed anew.
	Renew(o Options) (bool, error)
	// Grant lets the service write o.BackupDir, or only tells what would change.
	Grant(o Options, dry bool) (Granted, error)
	// Finish sets what the library does not.
	Finish(o Options) error
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

// Start starts the service; one that runs is left alone. One that fails again and again is tried at once. Like Stop and Restart it
// reports whether anything changed.
func (m *Manager) Start() (changed bool, err error) {
	return m.steer("starting", func(s State) (bool, error) {
		if s == Running {
			return false, nil
		}
		return s != Starting, m.risen(m.system.Start())
	})
}

// Stop stops the service; one that is stopped is left alone.
func (m *Manager) Stop() (changed bool, err error) {
	return m.steer("stopping", func(s State) (bool, error) {
		if s == Stopped {
			return false, nil
		}
		return s.Up(), m.system.Stop()
	})
}

// Restart stops the service and starts it again.
func (m *Manager) Restart() (changed bool, err error) {
	return m.steer("restarting", func(s State) (bool, error) {
		if s.Up() {
			return true, m.risen(m.system.Restart())
		}
		return true, m.risen(m.system.Start())
	})
}

// risen tells what became of a start: the service manager calls a service that ended at once started, or gives no cause.
func (m *Manager) risen(err error) error {
	state, _ := m.Status() // where nobody tells, the start's own word stands
	again := state == Restarting
	if err == nil && !again {
		return nil
	}
	why := m.host.LastError()
	switch {
	case again && why != "":
		return fmt.Errorf("it ends by itself, and is started again and again: %s", why)
	case again:
		return errors.New("it ends by itself, and is started again and again")
	case why != "":
		return fmt.Errorf("%w: %s", err, why)
	}
	return err
}

func (m *Manager) steer(doing string, do func(State) (bool, error)) (changed bool, err error) {
	if err := m.allowed(doing); err != nil {
		return false, err
	}
	state, err := m.Status()
	if err != nil {
		return false, err
	}
	if state == NotInstalled {
		return false, ErrNotInstalled
	}
	if changed, err = do(state); err != nil {
		return changed, fmt.Errorf("%s the service: %w%s", doing, err, whereToLook)
	}
	return changed, nil
}

// Trouble is what the service said last of why it ended, while it fails; empty: it does not, or nobody tells this user.
func (m *Manager) Trouble() string {
	if state, err := m.Status(); err != nil || state != Restarting && state != Failed {
		return ""
	}
	return m.host.LastError()
}

// Status tells how the service stands. It needs no rights.
func (m *Manager) Status() (State, error) {
	if state, known := m.host.State(); known {
		return state, nil
	}
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
