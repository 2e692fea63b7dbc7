// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// archive makes the .tar.gz: both programs and all that the packages hold, as it is laid down below /usr/local.
func (w *work) archive(ctx context.Context, t target) error {
	top := fmt.Sprintf("redbench-%s-linux-%s", w.version.Linux, t.Arch)
	var files []laid
	for _, p := range products() {
		found, err := w.layout(ctx, p, t)
		if err != nil {
			return err
		}
		for _, file := range found {
			if strings.HasSuffix(file.To, "/changelog.gz") || strings.Contains(file.To, "/lintian/") {
				continue // Debian's
			}
			if strings.HasPrefix(file.To, "/usr/lib/systemd/") {
				if file.From, err = w.local(file.From, p); err != nil {
					return err
				}
			}
			file.To = top + strings.TrimPrefix(file.To, "/usr")
			files = append(files, file)
		}
	}
	sort.Slice(files, func(i, j int) bool { return files[i].To < files[j].To })
	var plain bytes.Buffer
	if err := w.tar(&plain, files); err != nil {
		return fmt.Errorf("packing %s: %w", top, err)
	}
	packed, err := zipped(plain.Bytes())
	if err != nil {
		return fmt.Errorf("packing %s: %w", top, err)
	}
	if err := os.WriteFile(filepath.Join(w.out, top+".tar.gz"), packed, 0o644); err != nil {
		return fmt.Errorf("packing %s: %w", top, err)
	}
	return w.finished(top + ".tar.gz")
}

// local is a unit for what lies below /usr/local.
func (w *work) local(unit string, p product) (string, error) {
	content, err := os.ReadFile(unit)
	if err != nil {
		return "", fmt.Errorf("reading a unit: %w", err)
	}
	text := strings.NewReplacer("=/usr/bin/", "=/usr/local/bin/", "=/usr/share/", "=/usr/local/share/").Replace(string(content))
	return w.put(filepath.Join("local", filepath.Base(unit)), []byte(text), 0o644)
}

func (w *work) tar(to io.Writer, files []laid) error {
	out := tar.NewWriter(to)
	made := map[string]bool{}
	for _, file := range files {
		if err := w.tarDirs(out, filepath.ToSlash(filepath.Dir(file.To)), made); err != nil {
			return err
		}
		content, err := os.ReadFile(file.From)
		if err != nil {
			return err
		}
		head := tar.Header{Typeflag: tar.TypeReg, Name: file.To, Size: int64(len(content)), Mode: int64(file.Mode), ModTime: w.time,
			Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
		if err := out.WriteHeader(&head); err != nil {
			return err
		}
		if _, err := out.Write(content); err != nil {
			return err
		}
	}
	return out.Close()
}

// tarDirs enters a folder and those above it, once each.
func (w *work) tarDirs(out *tar.Writer, dir string, made map[string]bool) error {
	if dir == "." || made[dir] {
		return nil
	}
	if err := w.tarDirs(out, filepath.ToSlash(filepath.Dir(dir)), made); err != nil {
		return err
	}
	made[dir] = true
	return out.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: w.time, Uname: "root", Gname: "root", Format: tar.FormatUSTAR})
}
