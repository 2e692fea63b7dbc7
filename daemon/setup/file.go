// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// stage writes the new configuration beside its place, where its relative paths mean the same, for whoever may read it.
func (j *job) stage() (err error) {
	if !j.writes() {
		return nil
	}
	dir := filepath.Dir(j.wish.File)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the configuration's directory: %w", err)
	}
	file, err := os.CreateTemp(dir, ".redbench-*.toml") // 0600
	if err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	_, err = file.WriteString(j.text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = j.machine.Entrust(file.Name())
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing the configuration: %w", err), os.Remove(file.Name()))
	}
	j.staged = file.Name()
	return nil
}

// put moves the new configuration into its place: at each moment there is the former one or this, whole.
func (j *job) put() error {
	if j.staged == "" {
		j.tell("configuration", false, j.wish.File+" says so already")
		return nil
	}
	if err := os.Rename(j.staged, j.wish.File); err != nil {
		return fmt.Errorf("putting the configuration into its place: %w", err)
	}
	j.staged = ""
	j.tellConfiguration()
	return nil
}

func (j *job) tellConfiguration() {
	if !j.present {
		j.tell("configuration", true, "the file "+j.wish.File+" from the sample")
	}
	for _, c := range j.report.Settings {
		text := c.Key + " = " + c.Value
		switch {
		case c.Value == "":
			text = c.Key
		case c.Former != "" && c.Former != c.Value:
			text += " (was " + c.Former + ")"
		}
		j.tell("configuration", true, text)
	}
}
