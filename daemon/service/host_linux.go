// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"

	kardianos "github.com/kardianos/service"

	"redbench/packaging"
)

const (
	privilege   = "root: try it with sudo"
	whereToLook = "; `journalctl -u redbench -n 50` tells why"
	account     = "" // the unit names the user
	unitUser    = "redbench"
	unitFile    = "/etc/systemd/system/" + Name + ".service"
)

func supported(platform string) bool { return platform == "linux-systemd" }

func osOptions(o Options) (kardianos.KeyValue, string) {
	unit := Unit(o)
	return kardianos.KeyValue{"SystemdScript": unit}, unit
}

// Unit is the systemd unit for o: the packaged one with the program, the configuration and the state directory of this
// box. It holds nothing that kardianos/service's template engine would touch.
func Unit(o Options) string {
	unit := strings.Replace(packaging.SystemdUnit,
		"ExecStart=/usr/bin/redbench run --config /etc/redbench/redbench.toml",
		"ExecStart="+word(dollars(o.Executable))+" run --config "+word(dollars(o.Config)), 1)
	if o.StateDir != "/var/lib/redbench" {
		unit = strings.Replace(unit, "StateDirectory=redbench\nStateDirectoryMode=0700\n", "ReadWritePaths="+word(o.StateDir)+"\n", 1)
	}
	return unit
}

// word quotes a path for a unit: % stands for something there, and {{ for something in the template engine.
func word(path string) string {
	path = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "{{", `\x7b\x7b`).Replace(path)
	if strings.ContainsAny(path, " \t'\"\\;") {
		return `"` + path + `"`
	}
	return path
}

// dollars keeps a path in a command line from naming variables.
func dollars(path string) string { return strings.ReplaceAll(path, "$", "$$") }

type osHost struct{}

func (osHost) Privileged() bool { return os.Geteuid() == 0 }

// Usable refuses what the unit's ProtectHome and PrivateTmp would hide from the service, which would otherwise show
// itself only as an obscure failure to start.
func (osHost) Usable(path string) error {
	for _, hidden := range []string{"/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/"} {
		if strings.HasPrefix(path, hidden) {
			return fmt.Errorf("the service cannot see %s, as it has no access to %s: put the program in /usr/local/bin "+
				"and its configuration in /etc/redbench first", path, strings.TrimSuffix(hidden, "/"))
		}
	}
	return nil
}

func (osHost) Installed() (string, bool) {
	unit, err := os.ReadFile(unitFile)
	return string(unit), err == nil
}

// Prepare makes the user, and the directory that it alone may enter.
func (osHost) Prepare(o Options) error {
	if err := ensureUser(); err != nil {
		return err
	}
	uid, gid, err := ids(unitUser)
	if err != nil {
		return err
	}
	return inherit(o.StateDir, heir{unitUser, uid, gid})
}

func ensureUser() error {
	_, err := user.Lookup(unitUser)
	var unknown user.UnknownUserError
	if !errors.As(err, &unknown) {
		return err
	}
	out, err := exec.Command("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/var/lib/redbench",
		"--shell", "/usr/sbin/nologin", "--comment", displayName, unitUser).CombinedOutput()
	if err != nil {
		return fmt.Errorf("making the user %s: %w: %s", unitUser, err, strings.TrimSpace(string(out)))
	}
	return nil
}

func ids(name string) (uid, gid int, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, fmt.Errorf("looking for the user %s: %w", name, err)
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, fmt.Errorf("reading the id of the user %s: %w", name, err)
	}
	if gid, err = strconv.Atoi(u.Gid); err != nil {
		return 0, 0, fmt.Errorf("reading the group of the user %s: %w", name, err)
	}
	return uid, gid, nil
}

// Entrust lets the service's group read the file, or whoever may read the one that it is to replace.
func (osHost) Entrust(o Options, file string) error {
	_, gid, err := ids(unitUser)
	if err != nil {
		return err
	}
	uid, mode := 0, fs.FileMode(0o640)
	if info, err := os.Stat(o.Config); err == nil {
		if owner, ok := info.Sys().(*syscall.Stat_t); ok {
			uid, gid, mode = int(owner.Uid), int(owner.Gid), info.Mode().Perm()
		}
	}
	if err := errors.Join(os.Chown(file, uid, gid), os.Chmod(file, mode)); err != nil {
		return fmt.Errorf("giving the configuration to the group %s: %w", unitUser, err)
	}
	return nil
}
