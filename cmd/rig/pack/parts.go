// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// part is something of others that is linked into a program.
type part struct {
	Name, Version string
	Licence       string // SPDX; empty: not recognised
	URL           string // package URL
	Sum           string // Go's own checksum of a module
	Text          string // its licence and notices, in full
}

// parts are what is really linked into a program, as the program itself tells, and the C that no program tells of.
func (w *work) parts(ctx context.Context, file string, t target) ([]part, error) {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading what %s was built of: %w", file, err)
	}
	dirs, err := w.moduleDirs(ctx)
	if err != nil {
		return nil, err
	}
	goroot, err := w.output(ctx, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	text := licenceText(goroot)
	if text == "" { // Debian keeps it elsewhere
		text = "Go's standard library: https://go.dev/LICENSE\n"
	}
	version := strings.TrimPrefix(info.GoVersion, "go")
	found := []part{{Name: "std", Version: version, Licence: "BSD-3-Clause", URL: "pkg:golang/std@" + version, Text: text}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		text := licenceText(dirs[m.Path])
		if text == "" {
			return nil, fmt.Errorf("%s %s is linked in, and its licence is not found", m.Path, m.Version)
		}
		found = append(found, part{Name: m.Path, Version: m.Version, Licence: licence(text), URL: "pkg:golang/" + m.Path + "@" + m.Version, Sum: m.Sum, Text: text})
		if m.Path == "github.com/mattn/go-sqlite3" {
			sqlite, err := sqlite(dirs[m.Path])
			if err != nil {
				return nil, err
			}
			found = append(found, sqlite)
		}
	}
	c, err := w.runtime(ctx, t)
	return append(found, c...), err
}

// moduleDirs says where each module's source is.
func (w *work) moduleDirs(ctx context.Context) (map[string]string, error) {
	out, err := w.output(ctx, "go", "list", "-m", "-f", "{{.Path}}\t{{.Dir}}", "all")
	if err != nil {
		return nil, err
	}
	dirs := map[string]string{}
	for line := range strings.Lines(out) {
		path, dir, _ := strings.Cut(strings.TrimSpace(line), "\t")
		dirs[path] = dir
	}
	return dirs, nil
}

var sqliteVersion = regexp.MustCompile(`#define SQLITE_VERSION +"([0-9.]+)"`)

func sqlite(dir string) (part, error) {
	header, err := os.ReadFile(filepath.Join(dir, "sqlite3-binding.h"))
	if err != nil {
		return part{}, fmt.Errorf("reading SQLite's version: %w", err)
	}
	version := sqliteVersion.FindSubmatch(header)
	if version == nil {
		return part{}, fmt.Errorf("reading SQLite's version: %s does not tell it", dir)
	}
	return part{Name: "SQLite", Version: string(version[1]), Licence: "blessing", URL: "pkg:generic/sqlite@" + string(version[1]),
		Text: "SQLite is in the public domain: https://www.sqlite.org/copyright.html\n"}, nil
}

var (
	glibcBanner = regexp.MustCompile(`GNU C Library \(([^)]+)\)`)
	mingwMacro  = regexp.MustCompile(`__MINGW64_VERSION_STR "([^"]+)"|__MINGW64_VERSION_MAJOR (\d+)`)
)

// runtime is what the C compiler links in of its own.
func (w *work) runtime(ctx context.Context, t target) ([]part, error) {
	gcc, err := w.output(ctx, t.CC, "-dumpfullversion")
	if err != nil {
		return nil, err
	}
	libgcc := part{Name: "libgcc", Version: gcc, Licence: "GPL-3.0-or-later WITH GCC-exception-3.1", URL: "pkg:generic/gcc@" + gcc,
		Text: "The runtime library of GCC, under the GCC Runtime Library Exception: https://www.gnu.org/licenses/gcc-exception-3.1.html\n"}
	if t.OS == "windows" {
		macros, err := w.output(ctx, t.CC, "-dM", "-E", "-include", "_mingw.h", "-x", "c", "/dev/null")
		if err != nil {
			return nil, err
		}
		version := "unknown"
		if m := mingwMacro.FindStringSubmatch(macros); m != nil {
			version = m[1] + m[2]
		}
		return []part{libgcc, {Name: "mingw-w64", Version: version, Licence: "ZPL-2.1", URL: "pkg:generic/mingw-w64@" + version,
			Text: "The runtime of mingw-w64: https://www.mingw-w64.org/\n"}}, nil
	}
	archive, err := w.output(ctx, t.CC, "-print-file-name=libc.a")
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(archive)
	if err != nil {
		return nil, fmt.Errorf("reading the C library's version: %w", err)
	}
	version := "unknown"
	if m := glibcBanner.FindSubmatch(content); m != nil {
		words := strings.Fields(string(m[1]))
		version = words[len(words)-1]
	}
	return []part{libgcc, {Name: "glibc", Version: version, Licence: "LGPL-2.1-or-later", URL: "pkg:generic/glibc@" + version,
		Text: "The C library of GNU, linked in statically, under the GNU Lesser General Public License 2.1 or later:\n" +
			"https://www.gnu.org/licenses/old-licenses/lgpl-2.1.html. `make packages` in Redbench's source links the program again\n" +
			"with another version of it.\n"}}, nil
}

// licenceText is what a folder holds of licences and notices.
func licenceText(dir string) string {
	if dir == "" {
		return ""
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	var text strings.Builder
	for _, entry := range entries {
		name := strings.ToUpper(entry.Name())
		if entry.IsDir() || !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "NOTICE") {
			continue
		}
		if content, err := os.ReadFile(filepath.Join(dir, entry.Name())); err == nil {
			text.WriteString(strings.TrimSpace(strings.ReplaceAll(string(content), "\r", "")) + "\n")
		}
	}
	return text.String()
}

// licence recognises the licences that our modules have, by words that only they have.
func licence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, known := range [][2]string{
		{"Apache License Version 2.0", "Apache-2.0"}, {"Eclipse Public License - v 2.0", "EPL-2.0"},
		{"Mozilla Public License", "MPL-2.0"}, {"CC0 1.0 Universal", "CC0-1.0"},
		{"Permission to use, copy, modify, and/or distribute", "ISC"}, {"Permission is hereby granted, free of charge", "MIT"},
		{"Neither the name", "BSD-3-Clause"}, {"Redistribution and use in source and binary forms", "BSD-2-Clause"}, {"zlib", "Zlib"},
	} {
		if strings.Contains(text, known[0]) {
			return known[1]
		}
	}
	return ""
}

// output is what a tool prints.
func (w *work) output(ctx context.Context, name string, args ...string) (string, error) {
	tool := exec.CommandContext(ctx, name, args...)
	tool.Dir = w.top
	out, err := tool.Output()
	if err != nil {
		return "", fmt.Errorf("asking %s: %w", name, err)
	}
	return strings.TrimSpace(string(out)), nil
}
