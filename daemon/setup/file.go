// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// stage writes the new configuration beside its place, where its relative paths mean the same, for whoever may read it.
func (j *job) stage() (err error) {
	if !j.writes() {
		return nil
	}
	if _, err := j.target(); err != nil { // before a code is used up
		return fmt.Errorf("writing the configuration: %w", err)
	}
	dir := filepath.Dir(j.wish.File)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the configuration's directory: %w", err)
	}
	j.staged, err = j.written(dir)
	return err
}

// written writes the new configuration to a file of its own in a directory.
func (j *job) written(dir string) (path string, err error) {
	file, err := os.CreateTemp(dir, ".redbench-*.toml") // 0600
	if err != nil {
		return "", fmt.Errorf("writing the configuration: %w", err)
	}
	_, err = file.WriteString(j.text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = j.machine.Entrust(file.Name())
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("writing the configuration: %w", err), os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// put moves the new configuration into its place: at each moment there is the former one or this, whole. Where the place is a
// link, as a fleet's tool may have made it, its target is replaced and the link stays.
func (j *job) put() error {
	if j.staged == "" {
		j.tell("configuration", false, j.wish.File+" says so already")
		return nil
	}
	if err := j.replace(); err != nil {
		return fmt.Errorf("putting the configuration into its place: %w", err)
	}
	j.staged = ""
	j.tellConfiguration()
	return nil
}

func (j *job) replace() error {
	target, err := j.target()
	if err != nil {
		return err
	}
	if target == j.wish.File {
		return os.Rename(j.staged, target)
	}
	fresh, err := j.written(filepath.Dir(target)) // which may be on another disk
	if err != nil {
		return err
	}
	if err := os.Rename(fresh, target); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return os.Remove(j.staged)
}

// target is the file that is to be replaced: the configuration, or what it links to.
func (j *job) target() (string, error) {
	if info, err := os.Lstat(j.wish.File); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return j.wish.File, nil
	}
	target, err := filepath.EvalSymlinks(j.wish.File)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s is a link to a file that is not there: make that, or remove the link", j.wish.File)
	}
	return target, err
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
