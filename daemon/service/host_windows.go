// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	kardianos "github.com/kardianos/service"
	"golang.org/x/sys/windows"
)

const (
	privilege   = "an administrator: open the command prompt with \"Run as administrator\""
	whereToLook = "; the Event Viewer and redbench.log in the state directory tell why"
	account     = `NT AUTHORITY\LocalService` // enough for ports above 1023 and its own directory
)

func supported(string) bool { return true }

// osOptions asks for a restart after each failure: without OnFailure, kardianos/service sets no recovery at all.
func osOptions(Options) (kardianos.KeyValue, string) {
	return kardianos.KeyValue{
		"StartType":              "automatic",
		"OnFailure":              "restart",
		"OnFailureDelayDuration": "1s",
		"OnFailureResetPeriod":   10,
	}, ""
}

type osHost struct{}

func (osHost) Privileged() bool { return windows.GetCurrentProcessToken().IsElevated() }

func (osHost) Usable(string) error { return nil }

// Installed never tells a definition: Windows keeps none as text. An installed service is installed anew, so that a
// changed path takes hold.
func (osHost) Installed() (string, bool) { return "", false }

// Prepare makes the state directory, which only the system, administrators and the service's account may enter (by
// their well-known ids: the names differ by language), and the configuration.
func (osHost) Prepare(o Options) error {
	if err := os.MkdirAll(o.StateDir, 0o700); err != nil {
		return fmt.Errorf("making the state directory: %w", err)
	}
	out, err := exec.Command("icacls", o.StateDir, "/inheritance:r", "/grant:r",
		"*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F", "*S-1-5-19:(OI)(CI)M").CombinedOutput()
	if err != nil {
		return fmt.Errorf("setting who may enter the state directory: %w: %s", err, strings.TrimSpace(string(out)))
	}
	if _, err := os.Stat(o.Config); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.Config), 0o755); err != nil {
		return fmt.Errorf("making the configuration's directory: %w", err)
	}
	if err := os.WriteFile(o.Config, []byte(o.Sample), 0o640); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return nil
}
