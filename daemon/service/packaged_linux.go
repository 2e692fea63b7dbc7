// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// packagedDirs are where packages put their units.
var packagedDirs = [...]string{"/usr/lib/systemd/system", "/lib/systemd/system"}

// Packaged looks for a unit that a package brought.
func (osHost) Packaged() string {
	for _, dir := range packagedDirs {
		file := dir + "/" + Name + ".service"
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return ""
}

// Fits refuses paths that the packaged unit does not serve: it names its configuration, and may write one directory.
func (h osHost) Fits(o Options) error {
	file := h.Packaged()
	unit, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the package's unit: %w", err)
	}
	return fits(file, string(unit), o)
}

func fits(file, unit string, o Options) error {
	if !strings.Contains(unit, " --config "+word(dollars(o.Config))+"\n") {
		return fmt.Errorf("the package's service (%s) reads /etc/redbench/redbench.toml, and not %s: leave --config and "+
			"REDBENCH_CONFIG away", file, o.Config)
	}
	if strings.Contains(unit, "StateDirectory="+Name+"\n") && o.StateDir != "/var/lib/"+Name {
		return fmt.Errorf("the package's service (%s) may write /var/lib/redbench only: leave [state] dir as it is, and mount "+
			"another disk there if need be", file)
	}
	return nil
}

// Enabled asks systemd whether the unit starts with the machine.
func (osHost) Enabled() (bool, error) {
	out, err := exec.Command("systemctl", "is-enabled", Name+".service").CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return false, fmt.Errorf("asking systemd whether the service starts with the machine: %w", err)
	}
	state := strings.TrimSpace(string(out))
	if strings.HasPrefix(state, "masked") {
		return false, errors.New("the service is masked: `systemctl unmask redbench` first")
	}
	return err == nil && state == "enabled", nil
}

// Enable tells systemd.
func (osHost) Enable(yes bool) error {
	verb := "disable"
	if yes {
		verb = "enable"
	}
	if out, err := exec.Command("systemctl", verb, Name+".service").CombinedOutput(); err != nil {
		return fmt.Errorf("systemctl %s %s: %w: %s", verb, Name, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Renew leaves a changed unit to be written anew, which a running service does not notice.
func (osHost) Renew(Options) (bool, error) { return false, nil }

// Finish has nothing to add: the unit says it all.
func (osHost) Finish(Options) error { return nil }
