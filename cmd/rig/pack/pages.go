// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// pages are the manual pages and completions, as the program itself tells them.
func (w *work) pages(ctx context.Context, p product, _ target) ([]laid, error) {
	dir := filepath.Join(w.dir, "manual", p.Name)
	if err := w.manual(ctx, p, dir); err != nil {
		return nil, fmt.Errorf("writing the manual of %s: %w", p.Name, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for the manual: %w", err)
	}
	var files []laid
	for _, entry := range entries {
		name := entry.Name()
		file := filepath.Join(dir, name)
		switch {
		case strings.HasSuffix(name, ".1.gz"):
			files = append(files, laid{file, "/usr/share/man/man1/" + name, 0o644})
		case strings.HasSuffix(name, ".bash"):
			files = append(files, laid{file, "/usr/share/bash-completion/completions/" + p.Name, 0o644})
		case strings.HasPrefix(name, "_"):
			files = append(files, laid{file, "/usr/share/zsh/vendor-completions/" + name, 0o644})
		case strings.HasSuffix(name, ".fish"):
			files = append(files, laid{file, "/usr/share/fish/vendor_completions.d/" + name, 0o644})
		}
	}
	return files, nil
}

// manual has the program, built for this machine with the tag that makes it do nothing else, write its manual.
func (w *work) manual(ctx context.Context, p product, dir string) error {
	if w.built[dir] {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	writer := filepath.Join(w.dir, "tools", p.Name+"-manual")
	if err := w.run(ctx, w.top, []string{"GOOS=" + runtime.GOOS, "GOARCH=" + runtime.GOARCH}, "go", "build", "-tags", "manual", "-o", writer, "./cmd/"+p.Name); err != nil {
		return err
	}
	// What this machine has set is nobody's default.
	if err := w.run(ctx, w.top, []string{"REDBENCH_CONFIG=", "REDBENCH_HQ_CONFIG="}, writer, dir); err != nil {
		return err
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil {
		return err
	}
	for _, page := range pages {
		content, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		packed, err := zipped(content)
		if err != nil {
			return err
		}
		if err := os.WriteFile(page+".gz", packed, 0o644); err != nil {
			return err
		}
	}
	w.built[dir] = true
	return nil
}

// kiosk is what shows a lane's screen when a machine starts.
func (w *work) kiosk(_ context.Context, p product, _ target) ([]laid, error) {
	if !p.Kiosk {
		return nil, nil
	}
	from := filepath.Join(w.top, "packaging", "kiosk")
	return []laid{
		{filepath.Join(from, "redbench-kiosk"), "/usr/share/redbench/kiosk/redbench-kiosk", 0o755},
		{filepath.Join(from, "redbench-kiosk.desktop"), "/usr/share/redbench/kiosk/redbench-kiosk.desktop", 0o644},
		{filepath.Join(from, "redbench-kiosk@.service"), "/usr/lib/systemd/user/redbench-kiosk@.service", 0o644},
	}, nil
}
