// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	kardianos "github.com/kardianos/service"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
	"golang.org/x/sys/windows/svc/eventlog"
	"golang.org/x/sys/windows/svc/mgr"
)

const (
	privilege   = "an administrator: open the command prompt with \"Run as administrator\""
	whereToLook = "; the Event Viewer (Windows Logs, Application, source redbench) and redbench.log in the state directory tell why"
	account     = `NT AUTHORITY\LocalService` // enough for ports above 1023 and its own directory
	unitFile    = ""
)

// restartAfter is how long the manager waits before it starts a service again that ended by itself.
const restartAfter = time.Second

func supported(string) bool { return true }

// osOptions asks for a start with the machine; what happens after a failure is set by finish, as the library knows but half of it.
func osOptions(o Options) (kardianos.KeyValue, string) {
	return kardianos.KeyValue{"StartType": "automatic"}, definition(commandLine(o), account, mgr.StartAutomatic, recovery())
}

// commandLine is the program and its arguments as the service manager keeps them: each quoted where it has a space, without
// which Windows would look for C:\Program.exe first.
func commandLine(o Options) string {
	words := []string{syscall.EscapeArg(o.Executable)}
	for _, a := range arguments(o) {
		words = append(words, syscall.EscapeArg(a))
	}
	return strings.Join(words, " ")
}

func arguments(o Options) []string { return []string{"run", "--" + Flag, "--config", o.Config} }

// recovery is one action: the manager repeats the last one for every further failure.
func recovery() []mgr.RecoveryAction {
	return []mgr.RecoveryAction{{Type: mgr.ServiceRestart, Delay: restartAfter}}
}

func definition(command, user string, start uint32, actions []mgr.RecoveryAction) string {
	return fmt.Sprintf("%s\n%s\n%d\n%v", command, strings.ToLower(user), start, actions)
}

type osHost struct{}

func (osHost) Privileged() bool { return windows.GetCurrentProcessToken().IsElevated() }

func (osHost) Usable(string) error { return nil }

func (osHost) Packaged() string { return "" }

func (osHost) Fits(Options) error { return nil }

// Enabled is part of the definition here.
func (osHost) Enabled() (bool, error) { return true, nil }

func (osHost) Enable(bool) error { return nil }

// Installed reads back what the manager keeps of the service: the line and the account from the registry, where they stand as
// they were given, and what happens after a failure from the manager itself.
func (osHost) Installed() (string, bool) {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Services\`+Name, registry.QUERY_VALUE)
	if err != nil {
		return "", false
	}
	defer func() { _ = key.Close() }()
	command, _, one := key.GetStringValue("ImagePath")
	user, _, two := key.GetStringValue("ObjectName")
	start, _, three := key.GetIntegerValue("Start")
	if errors.Join(one, two, three) != nil {
		return "", true // and nobody knows which
	}
	actions, err := recoverySet()
	if err != nil {
		return "", true
	}
	return definition(command, user, uint32(start), actions), true
}

// recoverySet asks what happens after a failure; nothing where a crash alone counts as one.
func recoverySet() (actions []mgr.RecoveryAction, err error) {
	err = withService(func(s *mgr.Service) error {
		always, err := s.RecoveryActionsOnNonCrashFailures()
		if unknown(err) {
			actions = recovery() // this manager has none that could differ
			return nil
		}
		if err == nil && always {
			actions, err = s.RecoveryActions()
		}
		return err
	})
	return actions, err
}

// Renew changes the service in its place: one that runs could not be taken out and put back at once.
func (h osHost) Renew(o Options) (bool, error) {
	err := withService(func(s *mgr.Service) error {
		err := s.UpdateConfig(mgr.Config{
			ServiceType: windows.SERVICE_WIN32_OWN_PROCESS, StartType: mgr.StartAutomatic, ErrorControl: mgr.ErrorNormal,
			BinaryPathName: commandLine(o), ServiceStartName: account, DisplayName: displayName, Description: description,
		})
		if unknown(err) { // of what comes after line, account and start
			return nil
		}
		return err
	})
	if err != nil {
		return false, err
	}
	return true, h.Finish(o)
}

// Grant gives nothing: the account may write where the directory's own rights let it.
func (osHost) Grant(Options, bool) (Granted, error) { return Granted{}, nil }

// Finish sets the recovery: the library counts only crashes, so that a daemon which ends with an error of its own would
// stay away. And it sees to it that the event log knows the name.
func (osHost) Finish(Options) error {
	err := withService(func(s *mgr.Service) error {
		if err := s.SetRecoveryActions(recovery(), 10); err != nil && !unknown(err) {
			return fmt.Errorf("setting what happens after a failure: %w", err)
		}
		if err := s.SetRecoveryActionsOnNonCrashFailures(true); err != nil && !unknown(err) {
			return fmt.Errorf("setting what happens after a failure: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = eventlog.InstallAsEventCreate(Name, eventlog.Error|eventlog.Warning|eventlog.Info)
	if err != nil && !strings.Contains(err.Error(), "exists") {
		return fmt.Errorf("entering the service in the event log: %w", err)
	}
	return nil
}

// unknown reports whether this manager does not know what it was asked for, as Wine's does not.
func unknown(err error) bool {
	return errors.Is(err, windows.ERROR_INVALID_LEVEL) || errors.Is(err, windows.ERROR_CALL_NOT_IMPLEMENTED) ||
		errors.Is(err, windows.ERROR_NOT_SUPPORTED) || errors.Is(err, windows.RPC_S_UNKNOWN_IF)
}

func withService(do func(*mgr.Service) error) error {
	m, err := mgr.Connect()
	if err != nil {
		return fmt.Errorf("speaking to the service manager: %w", err)
	}
	defer func() { _ = m.Disconnect() }()
	s, err := m.OpenService(Name)
	if err != nil {
		return fmt.Errorf("opening the service: %w", err)
	}
	defer s.Close()
	return do(s)
}

// Prepare makes the state directory and closes it, with all that is in it, to everybody but the system, administrators and
// the service's account. The directory above is closed, too, where it is ours: anybody may make one in ProgramData, and who
// made it could move ours away.
func (osHost) Prepare(o Options) error {
	if err := os.MkdirAll(o.StateDir, 0o700); err != nil {
		return fmt.Errorf("making the state directory: %w", err)
	}
	if above := filepath.Dir(o.StateDir); strings.EqualFold(filepath.Base(above), displayName) {
		if err := protect(above, readable); err != nil {
			return err
		}
	}
	return filepath.WalkDir(o.StateDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("setting who may enter the state directory: %w", err)
		}
		if !entry.IsDir() && !entry.Type().IsRegular() {
			return nil // what it leads to is not ours to change
		}
		return protect(path, writable)
	})
}

// Entrust lets the service read the file, and administrators change it.
func (osHost) Entrust(_ Options, file string) error { return protect(file, readable) }

// State leaves it to the library.
func (osHost) State() (State, bool) { return "", false }

// LastError is not looked for here.
func (osHost) LastError() string { return "" }

// User is the user that the service runs as, which Prepare makes; empty: one of the system's, of whom nothing can be asked.
const User = ""
