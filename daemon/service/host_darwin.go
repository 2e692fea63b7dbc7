// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"

	kardianos "github.com/kardianos/service"
)

const (
	privilege   = "root: try it with sudo"
	whereToLook = "; /var/log/redbench.log tells why"
	account     = "" // the property list names the user
	unitFile    = "/Library/LaunchDaemons/" + Name + ".plist"
)

func supported(platform string) bool { return platform == "darwin-launchd" }

func osOptions(o Options) (kardianos.KeyValue, string) {
	return kardianos.KeyValue{"LaunchdConfig": PropertyList(o)}, PropertyList(o)
}

type osHost struct{}

func (osHost) Privileged() bool { return os.Geteuid() == 0 }

// Usable refuses nothing: launchd hides no directory.
func (osHost) Usable(string) error { return nil }

func (osHost) Packaged() string { return "" }

func (osHost) Fits(Options) error { return nil }

// Enabled is part of the property list here.
func (osHost) Enabled() (bool, error) { return true, nil }

func (osHost) Enable(bool) error { return nil }

func (osHost) Renew(Options) (bool, error) { return false, nil }

// Grant gives nothing: launchd keeps nobody from writing.
func (osHost) Grant(Options, bool) (Granted, error) { return Granted{}, nil }

func (osHost) Finish(Options) error { return nil }

func (osHost) Installed() (string, bool) {
	list, err := os.ReadFile(unitFile)
	return string(list), err == nil
}

// Prepare makes the user, and the directory that it alone may enter.
func (osHost) Prepare(o Options) error {
	if err := ensureUser(); err != nil {
		return err
	}
	uid, gid, err := ids()
	if err != nil {
		return err
	}
	return inherit(o.StateDir, heir{launchdUser, uid, gid})
}

// Entrust lets the service's group read the file.
func (osHost) Entrust(_ Options, file string) error {
	_, gid, err := ids()
	if err == nil {
		err = errors.Join(os.Chown(file, 0, gid), os.Chmod(file, 0o640))
	}
	if err != nil {
		return fmt.Errorf("giving the configuration to the group %s: %w", launchdUser, err)
	}
	return nil
}

func ensureUser() error {
	_, err := user.Lookup(launchdUser)
	var unknown user.UnknownUserError
	if !errors.As(err, &unknown) {
		return err
	}
	id, err := freeID(func(id string) bool {
		_, byUser := user.LookupId(id)
		_, byGroup := user.LookupGroupId(id)
		return byUser != nil && byGroup != nil
	})
	if err != nil {
		return err
	}
	for _, words := range accountCommands(id) {
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("making the user %s: %s: %w: %s", launchdUser, strings.Join(words, " "), err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}

func ids() (uid, gid int, err error) {
	u, err := user.Lookup(launchdUser)
	if err != nil {
		return 0, 0, fmt.Errorf("looking for the user %s: %w", launchdUser, err)
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, fmt.Errorf("reading the id of the user %s: %w", launchdUser, err)
	}
	if gid, err = strconv.Atoi(u.Gid); err != nil {
		return 0, 0, fmt.Errorf("reading the group of the user %s: %w", launchdUser, err)
	}
	return uid, gid, nil
}

// State leaves it to the library.
func (osHost) State() (State, bool) { return "", false }

// LastError is not looked for here.
func (osHost) LastError() string { return "" }

// User is the user that the service runs as, which Prepare makes; empty: one of the system's, of whom nothing can be asked.
const User = launchdUser
