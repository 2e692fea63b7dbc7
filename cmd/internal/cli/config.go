// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"redbench/daemon/config/keyed"
)

// Checked is what `config check --json` prints.
type Checked struct {
	File     string   `json:"file,omitempty"`
	OK       bool     `json:"ok"`
	Warnings []string `json:"warnings"`
	Problems []Wrong  `json:"problems"`
}

// Wrong is one mistake in a configuration.
type Wrong struct {
	Line int    `json:"line,omitempty"` // in the file
	Key  string `json:"key,omitempty"`  // "[section] key", or the variable in the environment
	Text string `json:"text"`
}

// BadConfig tells what is wrong with the configuration in file: as JSON on standard output when that is wanted, else as
// any error.
func BadConfig(cmd *cobra.Command, file string, err error) error {
	if !WantsJSON(cmd) || errors.Is(err, keyed.ErrNotAllowed) {
		return err
	}
	result := Checked{File: file, Warnings: []string{}}
	var told *keyed.Error
	if errors.As(err, &told) {
		for _, p := range told.Problems {
			result.Problems = append(result.Problems, Wrong(p))
		}
	} else {
		for line := range strings.Lines(err.Error()) { // a file each
			result.Problems = append(result.Problems, Wrong{Text: strings.TrimSpace(line)})
		}
	}
	if err := Printed(cmd, result, nil); err != nil {
		return err
	}
	return Silent{ExitUsage}
}

// GoodConfig tells that nothing is wrong with the configuration in file, which source names for people.
func GoodConfig(cmd *cobra.Command, file, source string, warnings []string) error {
	result := Checked{File: file, OK: true, Warnings: append([]string{}, warnings...), Problems: []Wrong{}}
	return Printed(cmd, result, func(out io.Writer) {
		for _, warning := range warnings {
			fmt.Fprintf(out, "warning: %s\n", warning)
		}
		fmt.Fprintf(out, "%s: nothing is wrong\n", source)
	})
}

// ConfigSource names the file that was read, or says that there is none.
func ConfigSource(file, otherwise string) string {
	if file == "" {
		return "no configuration file; " + otherwise + " does not exist"
	}
	return file
}
