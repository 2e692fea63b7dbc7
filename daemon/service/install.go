// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
)

// Check says why nothing can be installed here (rights, the service manager, paths that the service could not see), or nil.
func (m *Manager) Check() error {
	if err := m.allowed("installing"); err != nil {
		return err
	}
	if err := m.fits(); err != nil {
		return err
	}
	_, err := m.Grant(true)
	return err
}

func (m *Manager) fits() error {
	if m.Packaged() != "" {
		return m.host.Fits(m.options)
	}
	for _, path := range []string{m.options.Executable, m.options.Config} {
		if err := m.host.Usable(path); err != nil {
			return err
		}
	}
	return nil
}

// Packaged gives the file of the definition that a package brought; empty: there is none, and the service is ours to define.
func (m *Manager) Packaged() string { return m.host.Packaged() }

// Overridden gives the definition that stands before the packaged one, left by an installation by hand or made by a
// person; empty: there is none.
func (m *Manager) Overridden() string {
	if _, ours := m.host.Installed(); ours && m.Packaged() != "" {
		return unitFile
	}
	return ""
}

// Prepare makes what the service needs beside its definition: its user, and its state directory.
func (m *Manager) Prepare() error { return m.host.Prepare(m.options) }

// Entrust gives a file that is to become the configuration to those who may read it.
func (m *Manager) Entrust(file string) error { return m.host.Entrust(m.options, file) }

// Pending reports whether Install would change anything.
func (m *Manager) Pending() (bool, error) {
	if m.Packaged() == "" {
		present, installed := m.installed()
		if !installed || present != m.definition {
			return true, nil
		}
	}
	enabled, err := m.host.Enabled()
	return !enabled, err
}

// Install installs the service, or brings an older installation up to date. It reports whether anything changed; what
// already stands as it should is left alone, so that it may be run again. A packaged service is only enabled.
func (m *Manager) Install() (changed bool, err error) {
	if err := m.Check(); err != nil {
		return false, err
	}
	if err := m.Prepare(); err != nil {
		return false, err
	}
	if m.Packaged() == "" {
		if changed, err = m.define(); err != nil {
			return changed, err
		}
	}
	enabled, err := m.host.Enabled()
	if err != nil || enabled {
		return changed, err
	}
	return true, m.host.Enable(true)
}

// define writes our own definition, unless it is there.
func (m *Manager) define() (changed bool, err error) {
	present, installed := m.installed()
	if installed && present == m.definition {
		return false, nil
	}
	if installed {
		renewed, err := m.host.Renew(m.options)
		if err != nil {
			return false, fmt.Errorf("bringing the service up to date: %w", err)
		}
		if renewed {
			return true, nil
		}
		if err := m.system.Uninstall(); err != nil {
			return false, fmt.Errorf("taking the former installation out: %w", err)
		}
	}
	if err := m.system.Install(); err != nil {
		return false, fmt.Errorf("installing the service: %w", err)
	}
	if err := m.host.Finish(m.options); err != nil {
		return true, fmt.Errorf("installing the service: %w", err)
	}
	return true, nil
}

// Uninstall stops the service and takes it out. Configuration and state stay. It reports whether there was one. A packaged
// service is stopped and disabled; the rest is the package manager's.
func (m *Manager) Uninstall() (changed bool, err error) {
	if err := m.allowed("uninstalling"); err != nil {
		return false, err
	}
	if _, installed := m.installed(); !installed {
		return false, nil
	}
	state, _ := m.Status()
	if state.Up() {
		if err := m.system.Stop(); err != nil {
			return false, fmt.Errorf("stopping the service: %w", err)
		}
	}
	if m.Packaged() != "" {
		enabled, err := m.host.Enabled()
		if err == nil && enabled {
			err = m.host.Enable(false)
		}
		granted, more := m.revoke()
		return state.Up() || enabled || granted, errors.Join(err, more)
	}
	if err := m.system.Uninstall(); err != nil {
		return false, fmt.Errorf("uninstalling the service: %w", err)
	}
	_, err = m.revoke()
	return true, err
}

// revoke takes back what Grant gave.
func (m *Manager) revoke() (changed bool, err error) {
	o := m.options
	o.BackupDir = ""
	g, err := m.host.Grant(o, false)
	return g.Changed, err
}

// installed gives the definition that is there, where the system can tell, and whether there is one.
func (m *Manager) installed() (definition string, is bool) {
	if definition, is = m.host.Installed(); is {
		return definition, true
	}
	if m.Packaged() != "" {
		return "", true
	}
	state, err := m.Status()
	return "", err == nil && state != NotInstalled
}
