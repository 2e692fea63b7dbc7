// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"redbench/daemon/control"
	"redbench/daemon/service"
)

// hint writes a command line that can be typed as it stands: the program as it was called, and the configuration that
// was named.
func hint(cmd *cobra.Command, verb string) string {
	file, err := cmd.Flags().GetString("config")
	if err != nil {
		file = ""
	}
	return "`" + commandLine(verb, file) + "`"
}

func commandLine(verb, config string) string {
	line := program() + " " + verb
	if config != "" {
		line += " --config " + quoted(config)
	}
	return line
}

// program is how the shell finds this program: by its name where that leads here, else as it was called.
func program() string {
	const name = "redbench"
	called := os.Args[0]
	if filepath.Base(called) == called { // the shell found it
		return called
	}
	self, err := os.Executable()
	found, absent := exec.LookPath(name)
	if err == nil && absent == nil && sameFile(self, found) {
		return name
	}
	return quoted(called)
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, also := os.Stat(b)
	return err == nil && also == nil && os.SameFile(one, other)
}

// quoted keeps a path one word in a shell.
func quoted(path string) string {
	if strings.ContainsAny(path, " \t'\"$&;()") {
		return `"` + path + `"`
	}
	return path
}

// advised says what to type where the box must run, or be installed, first.
func advised(cmd *cobra.Command, err error) error {
	switch {
	case errors.Is(err, control.ErrNotRunning), errors.Is(err, control.ErrNeedsDaemon):
		return fmt.Errorf("%w. %s starts the service, %s runs it in this terminal", err, hint(cmd, "start"), hint(cmd, "run"))
	case errors.Is(err, service.ErrNotInstalled):
		return fmt.Errorf("%w; %s installs it", err, hint(cmd, "install"))
	}
	return err
}
