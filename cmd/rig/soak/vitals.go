// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	_ "github.com/mattn/go-sqlite3" // to count what is in the record

	"redbench/daemon/control"
	"redbench/edge/store"
)

// Day is how the daemon stands at the end of a day.
type Day struct {
	Day        int     `json:"day"`
	Sold       Sold    `json:"sold"` // since the first day
	RSS        float64 `json:"rss_bytes"`
	Heap       float64 `json:"heap_bytes"` // after a collection
	Goroutines float64 `json:"goroutines"`
	Handles    float64 `json:"handles"`
	Threads    float64 `json:"threads"`

	Database float64 `json:"database_bytes"`
	Journal  float64 `json:"journal_bytes"`
	State    float64 `json:"state_bytes"` // of all files, backups and all
	Bound    float64 `json:"bound_bytes"` // what the box says that it may take
	Files    float64 `json:"files"`
	Temp     float64 `json:"temp_files"` // that no box has at rest

	Visits  int    `json:"visits"` // rows
	Prompts int    `json:"prompts"`
	Seen    int    `json:"events"`
	Waiting int    `json:"waiting_for_office"`
	Backups int    `json:"backups"`
	Office  string `json:"office"`
}

// measure looks at the daemon from outside, and asks it.
func (w *world) measure(ctx context.Context, day int) (d Day, err error) {
	d.Day = day
	d.Sold, _ = w.ledger.read()
	if err := ofProcess(&d, w.box.PID()); err != nil {
		return d, err
	}
	asked, err := w.clock.self(ctx)
	if err != nil {
		return d, err
	}
	d.Heap, d.Goroutines = float64(asked.Heap), float64(asked.Goroutines)
	status, err := w.box.Status(ctx)
	if err != nil {
		return d, err
	}
	if status.Disk == nil || status.Backup == nil {
		return d, errors.New("the box does not tell of its disk")
	}
	d.Office = reach(status)
	d.Backups, d.Bound = status.Backup.Count, float64(status.Disk.Bound)
	if status.HQ != nil {
		d.Waiting = int(status.HQ.Backlog.Records)
	}
	return d, errors.Join(ofDisk(&d, w.box.State()), ofRecord(ctx, &d, filepath.Join(w.box.State(), store.File)))
}

// reach tells whether head office can be reached.
func reach(s control.Status) string {
	switch {
	case s.HQ == nil:
		return "none"
	case s.HQ.Connected:
		return "there"
	}
	return "away"
}

// ofProcess reads what the kernel tells of a process.
func ofProcess(d *Day, pid int) error {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	file, err := os.Open(filepath.Join(dir, "status"))
	if err != nil {
		return fmt.Errorf("looking at the daemon: %w", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		n, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64) // 0 of what is no number
		switch key {
		case "VmRSS":
			d.RSS = n * 1024
		case "Threads":
			d.Threads = n
		}
	}
	handles, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		return fmt.Errorf("counting the daemon's handles: %w", err)
	}
	d.Handles = float64(len(handles))
	return lines.Err()
}

// ofDisk adds up the state directory.
func ofDisk(d *Day, state string) error {
	return filepath.WalkDir(state, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went meanwhile
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return nil // it went meanwhile
		}
		size := float64(info.Size())
		d.State += size
		d.Files++
		switch {
		case path == filepath.Join(state, store.File):
			d.Database = size
		case path == filepath.Join(state, store.File+"-wal"):
			d.Journal = size
		case temporary(entry.Name()):
			d.Temp++
		}
		return nil
	})
}

func temporary(name string) bool {
	return strings.HasPrefix(name, "etilqs_") || strings.Contains(name, ".tmp") || strings.HasPrefix(name, "tmp")
}

// ofRecord counts rows beside the daemon.
func ofRecord(ctx context.Context, d *Day, file string) (err error) {
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		return fmt.Errorf("opening the record: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for table, into := range map[string]*int{"visits": &d.Visits, "prompts": &d.Prompts, "events": &d.Seen} {
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(into); err != nil {
			return fmt.Errorf("counting %s: %w", table, err)
		}
	}
	return nil
}
