// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"redbench/daemon/config"
	"redbench/daemon/service"
)

// maxLogBytes is where a log file is moved aside. Two of them are kept.
const maxLogBytes = 10 << 20

// logFile gives where the log goes: standard error, or a file in the state directory under a service manager that keeps
// no standard error, as Windows' does not.
func logFile(cfg *config.Config, standard io.Writer) (io.Writer, func(), error) {
	if !service.Managed() {
		return standard, func() {}, nil
	}
	if err := os.MkdirAll(cfg.State.Dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("making the state directory ([state] dir): %w", err)
	}
	log, err := openRotating(filepath.Join(cfg.State.Dir, "redbench.log"), maxLogBytes)
	if err != nil {
		return nil, nil, err
	}
	return log, func() { _ = log.Close() }, nil
}

// rotating is a file that moves aside to .old when it is full, so that a log never fills the disk.
type rotating struct {
	path string
	most int64

	mu   sync.Mutex
	file *os.File
	size int64
}

func openRotating(path string, most int64) (*rotating, error) {
	r := &rotating{path: path, most: most}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *rotating) open() error {
	file, err := os.OpenFile(r.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("opening the log: %w", err), file.Close())
	}
	r.file, r.size = file, info.Size()
	return nil
}

// Write appends, moving the file aside before it would grow beyond its most.
func (r *rotating) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.size > 0 && r.size+int64(len(p)) > r.most {
		if err := r.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := r.file.Write(p)
	r.size += int64(n)
	return n, err
}

// rotate closes before it moves: Windows moves no open file.
func (r *rotating) rotate() error {
	old := r.path + ".old"
	err := r.file.Close()
	if removed := os.Remove(old); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return errors.Join(err, os.Rename(r.path, old), r.open())
}

// Close closes the file.
func (r *rotating) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file.Close()
}
