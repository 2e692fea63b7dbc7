// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// Hint writes a command line that can be typed as it stands: the program as it was called, and the flags that were given
// for all verbs (--config and the like, but not --json).
func Hint(cmd *cobra.Command, verb string) string {
	return "`" + CommandLine(cmd.Root().Name(), verb, "") + given(cmd) + "`"
}

// CommandLine is Hint without quotes for whoever has no command: the program's own name, a verb, and a configuration file
// or none.
func CommandLine(name, verb, config string) string {
	line := Program(name) + " " + verb
	if config != "" {
		line += " --config " + Quoted(config)
	}
	return line
}

func given(cmd *cobra.Command) string {
	line := ""
	for _, name := range []string{"config", "state-dir", "database"} {
		flag := cmd.Flags().Lookup(name)
		if flag != nil && flag.Value.String() != "" {
			line += " --" + name + " " + Quoted(flag.Value.String())
		}
	}
	return line
}

// Program is how the shell finds the program of that name: by the name where that leads here, else as it was called.
func Program(name string) string {
	called := os.Args[0]
	if filepath.Base(called) == called { // the shell found it
		return called
	}
	self, err := os.Executable()
	found, absent := exec.LookPath(name)
	if err == nil && absent == nil && sameFile(self, found) {
		return name
	}
	return Quoted(called)
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, also := os.Stat(b)
	return err == nil && also == nil && os.SameFile(one, other)
}

// Quoted keeps a path one word in a shell.
func Quoted(path string) string {
	if strings.ContainsAny(path, " \t'\"$&;()") {
		return `"` + path + `"`
	}
	return path
}
