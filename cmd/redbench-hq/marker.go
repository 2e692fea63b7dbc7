// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"redbench/sync/hq"
)

const (
	// markerFile stands beside the database and tells how far it was: an older copy of the database alone, or one that was
	// taken along without it, is noticed at the start.
	markerFile = "hq.mark"
	// markEvery is how often it is written while head office runs, where anything has changed.
	markEvery = time.Minute
)

// mark compares the database with the marker beside it, and keeps the marker up to date until it is ended.
func mark(ctx context.Context, dir string, o *office, log *slog.Logger) (end func() error, err error) {
	if _, err := o.Opened(ctx, readMarker(dir, log)); err != nil {
		return nil, err
	}
	last, err := writeMarker(ctx, dir, o, hq.Marker{})
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	wait.Go(func() {
		ticker := time.NewTicker(markEvery)
		defer ticker.Stop()
		for {
			select {
			case <-running.Done():
				return
			case <-ticker.C:
			}
			if now, err := writeMarker(running, dir, o, last); err == nil {
				last = now
			} else if running.Err() == nil {
				log.Error("noting how far the database is", "error", err)
			}
		}
	})
	return func() error {
		cancel()
		wait.Wait()
		_, err := writeMarker(context.WithoutCancel(ctx), dir, o, last)
		return err
	}, nil
}

// readMarker gives nil where there is none that can be read.
func readMarker(dir string, log *slog.Logger) *hq.Marker {
	var m hq.Marker
	data, err := os.ReadFile(filepath.Join(dir, markerFile))
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err == nil {
		return &m
	}
	if !errors.Is(err, fs.ErrNotExist) {
		log.Warn("the marker beside the database is not readable", "error", err)
	}
	return nil
}

// writeMarker writes how far the database is, unless that is where it was.
func writeMarker(ctx context.Context, dir string, o *office, was hq.Marker) (hq.Marker, error) {
	now, err := o.Marker(ctx)
	if err != nil || now == was {
		return now, err
	}
	data, err := json.Marshal(now)
	if err != nil {
		return was, err
	}
	if err := replaceDurably(dir, markerFile, data); err != nil {
		return was, fmt.Errorf("writing %s: %w", markerFile, err)
	}
	return now, nil
}

// replaceDurably leaves the former file or the new one, also after a power cut.
func replaceDurably(dir, name string, data []byte) error {
	tmp, err := os.CreateTemp(dir, name+".*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), filepath.Join(dir, name)); err != nil || runtime.GOOS == "windows" {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
