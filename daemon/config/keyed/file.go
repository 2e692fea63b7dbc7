// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// MaxFileBytes is more than any configuration needs; a larger file is something else.
const MaxFileBytes = 1 << 20

// ErrNotAllowed says that a file is kept from this user: nothing is known to be wrong with it.
var ErrNotAllowed = errors.New("this user may not read")

// NotAllowed is [ErrNotAllowed] for a file, with what to do.
func NotAllowed(path string) error {
	if runtime.GOOS == "windows" {
		return fmt.Errorf("%w %s: open the command prompt with \"Run as administrator\"", ErrNotAllowed, path)
	}
	return fmt.Errorf("%w %s: try it with sudo", ErrNotAllowed, path)
}

// Open reads the file at path, or with an empty path the one at otherwise where that exists. It gives the path that was
// read, empty for none, and the text. What goes wrong is an *[Error], but for [ErrNotAllowed].
func Open(path, otherwise string) (read, text string, err error) {
	named := path != ""
	if !named {
		path = otherwise
	}
	text, err = readFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return "", "", nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return "", "", NotAllowed(path)
	}
	if err != nil {
		return "", "", &Error{File: path, Problems: []Problem{{Text: err.Error()}}}
	}
	return path, text, nil
}

func readFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("reading the configuration: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", fmt.Errorf("reading the configuration: %w", err)
	}
	if info.IsDir() {
		return "", fmt.Errorf("reading the configuration: %s is a directory; name the file in it", path)
	}
	if info.Size() > MaxFileBytes {
		return "", fmt.Errorf("reading the configuration: %s has %d bytes; that is no configuration", path, info.Size())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading the configuration: %w", err)
	}
	return strings.TrimPrefix(string(raw), "\ufeff"), nil // Windows' Notepad starts a file with it
}

// absolute names a file so that another process, in another directory, finds it. Messages keep the name that was given.
func absolute(path string) string {
	if path == "" {
		return ""
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// Readable tells whether a file that a key names can be opened; an empty path can.
func Readable(section, key, path string) error {
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading %s: %w", Label(section, key), err)
	}
	return file.Close()
}
