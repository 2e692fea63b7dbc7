// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// work is one run: from a tree at a commit into a folder.
type work struct {
	top     string // of the tree
	out     string // where packages go
	dir     string // where what they are made of is laid together
	version versions
	time    time.Time // the commit's: the only time that anything bears
	signKey string
	log     io.Writer
	built   map[string]bool // programs and tools that this run has built
}

func (w *work) say(format string, args ...any) { fmt.Fprintf(w.log, format+"\n", args...) }

// commitTime is when the commit was made, or what SOURCE_DATE_EPOCH says.
func commitTime(ctx context.Context, top string) (time.Time, error) {
	given := os.Getenv("SOURCE_DATE_EPOCH")
	if given == "" {
		out, err := exec.CommandContext(ctx, "git", "-C", top, "log", "-1", "--format=%ct").Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("asking git for the commit's time (set SOURCE_DATE_EPOCH where there is no git): %w", err)
		}
		given = strings.TrimSpace(string(out))
	}
	seconds, err := strconv.ParseInt(given, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the commit's time, %q: %w", given, err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// put writes a file of the work folder, with its folders.
func (w *work) put(name string, content []byte, mode fs.FileMode) (string, error) {
	file := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", fmt.Errorf("laying %s together: %w", name, err)
	}
	if err := os.WriteFile(file, content, mode); err != nil {
		return "", fmt.Errorf("laying %s together: %w", name, err)
	}
	return file, nil
}

// top finds the top of the tree, from the folder that this runs in upwards.
func top() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "packaging", "tools", "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			err = errors.New("there is no packaging/tools above")
		}
		dir = filepath.Dir(dir)
	}
	return "", fmt.Errorf("finding the top of the tree: %w", err)
}
