// SPDX-License-Identifier: Apache-2.0

// Package house_test holds the rules of the house: who may import whom, and how a file looks.
package house_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module   = "redbench"
	mostLine = 500
	licence  = "SPDX-License-Identifier: Apache-2.0"
)

// pure rooms decide; they neither touch disk or network nor look at the clock.
var pure = []string{"edge/guard", "edge/lane", "edge/memory", "edge/playbook"}

// rooms says what each folder may import of ours. A new folder must be entered here, which is the moment to think.
func rooms() map[string][]string {
	adapter := append([]string{"edge", "edge/seal"}, pure...)
	return map[string][]string{
		"edge":          {},
		"edge/guard":    {"edge"},
		"edge/lane":     {"edge"},
		"edge/memory":   {"edge"},
		"edge/playbook": {"edge", "edge/memory"},
		"edge/seal":     {"edge"},
		"edge/adapt":    {"edge", "edge/guard"},
		"edge/exchange": {"edge", "edge/guard"},
		"edge/mqtt":     adapter,
		"edge/scrub":    {},
		"edge/disk":     {},
		"edge/backup":   {"edge/disk"},
		"edge/store":    append([]string{"edge/scrub", "edge/disk", "edge/backup"}, adapter...),
		"edge/serve":    {"edge", "edge/adapt", "edge/guard", "edge/lane", "edge/memory", "edge/playbook"},
		"edge/simulate": {"edge"},

		"edge/mqtt/mqtttest": {"edge"},
		"ui/uitest":          {"edge"},

		"ui":        append([]string{"ui/words"}, adapter...),
		"ui/words":  {"edge"},
		"packaging": {},

		"daemon/config":       {"edge", "daemon/config/keyed"},
		"daemon/config/keyed": {"edge"},

		"daemon/config/keyed/keyedtest": {"daemon/config/keyed"},

		"daemon/control": {"edge", "edge/backup"},
		"daemon/service": {"packaging"},
		"daemon/doctor":  {"edge", "daemon/control", "daemon/doctor/machine"},

		"daemon/doctor/machine": {},

		"daemon/setup": {"daemon/config", "daemon/config/keyed", "daemon/control", "daemon/service", "sync/link"},

		"sync/wire":     {"edge"},
		"sync/link":     {"edge", "sync/wire"},
		"sync/uplink":   append([]string{"edge", "sync/wire", "sync/link"}, pure...),
		"sync/downlink": append([]string{"edge", "sync/wire", "sync/link"}, pure...),
		"sync/hqtest":   {"edge", "sync/wire", "sync/link"},

		"sync/hq":           {"edge", "edge/seal", "edge/guard", "edge/adapt", "edge/exchange", "edge/playbook", "ui/words", "sync/wire", "sync/link"},
		"sync/hq/store":     {"edge", "edge/backup", "edge/scrub", "edge/seal", "sync/wire", "sync/hq"},
		"sync/hq/authority": {},
		"sync/hq/config":    {"edge", "daemon/config/keyed"},
		"sync/hq/pages":     {"edge", "ui/words", "sync/wire", "sync/hq"},
	}
}

// everywhere are folders that may import anything but what only the top may.
var everywhere = []string{"daemon", "cmd"}

func TestEachRoomImportsOnlyWhatItMay(t *testing.T) {
	allowed := rooms()
	for dir, files := range packages(t, false) {
		if within(dir, everywhere...) && allowed[dir] == nil {
			continue
		}
		may, known := allowed[dir]
		if !known {
			t.Errorf("%s: a new folder; say in house_test.go what it may import", dir)
			continue
		}
		for _, file := range files {
			for _, imported := range imports(t, file) {
				ours, isOurs := strings.CutPrefix(imported, module+"/")
				switch {
				case isOurs && !slices.Contains(may, ours):
					t.Errorf("%s imports %s, which %s may not", file, imported, dir)
				case !isOurs && dir == "edge" && strings.Contains(imported, "."):
					t.Errorf("%s imports %s; package edge has the standard library only", file, imported)
				}
			}
		}
	}
}

func TestNobodyImportsTheTop(t *testing.T) {
	for dir, files := range packages(t, false) {
		for _, file := range files {
			for _, imported := range imports(t, file) {
				if strings.HasPrefix(imported, module+"/cmd") && !strings.HasPrefix(dir, "cmd/") {
					t.Errorf("%s imports a command, %s", file, imported)
				}
				if imported == module+"/daemon" && !strings.HasPrefix(dir, "cmd/") {
					t.Errorf("%s imports the daemon, which only a command may", file)
				}
			}
		}
	}
}

// impure are the imports and calls that a pure room may not have.
var (
	impureImports = []string{"os", "os/exec", "net", "net/http", "database/sql", "io/ioutil", "log", "log/slog", "crypto/rand"}
	impureCalls   = []string{"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.NewTimer", "time.NewTicker", "time.AfterFunc"}
)

func TestPureRoomsArePure(t *testing.T) {
	all := packages(t, false)
	for _, dir := range append([]string{"edge"}, pure...) {
		if len(all[dir]) == 0 {
			t.Errorf("%s: there is no such room", dir)
		}
		for _, file := range all[dir] {
			for _, imported := range imports(t, file) {
				if slices.Contains(impureImports, imported) {
					t.Errorf("%s imports %s; %s is pure", file, imported, dir)
				}
			}
			for _, call := range calls(t, file) {
				if slices.Contains(impureCalls, call) {
					t.Errorf("%s calls %s; %s takes the time as a value", file, call, dir)
				}
			}
		}
	}
}

func TestTestsNeverSleep(t *testing.T) {
	for _, files := range packages(t, true) {
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") && slices.Contains(calls(t, file), "time.Sleep") &&
				!slices.Contains(imports(t, file), "testing/synctest") {
				t.Errorf("%s sleeps; wait for what happens, or sleep by the clock of testing/synctest", file)
			}
		}
	}
}

func TestErrorsSayWhatWasBeingDone(t *testing.T) {
	for _, files := range packages(t, false) {
		for _, file := range files {
			ast.Inspect(parse(t, file, 0), func(n ast.Node) bool {
				if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && strings.Contains(strings.ToLower(text.Value), "failed to ") {
					t.Errorf("%s says %s; say what was being done", file, text.Value)
				}
				return true
			})
		}
	}
}

func TestEachPackageHasOnePackageComment(t *testing.T) {
	for dir, files := range packages(t, true) {
		comments := map[string][]string{}
		for _, file := range files {
			parsed := parse(t, file, parser.PackageClauseOnly|parser.ParseComments)
			name := parsed.Name.Name
			if _, seen := comments[name]; !seen {
				comments[name] = nil
			}
			if parsed.Doc != nil {
				comments[name] = append(comments[name], file)
			}
		}
		for name, documented := range comments {
			external := strings.HasSuffix(name, "_test")
			if _, main := comments[strings.TrimSuffix(name, "_test")]; external && main {
				continue // the tests of a package that has its comment
			}
			if len(documented) != 1 {
				t.Errorf("%s: package %s has %d package comments: %v", dir, name, len(documented), documented)
			}
		}
	}
}

func TestSyncHoldsNoGoFile(t *testing.T) {
	if files := packages(t, true)["sync"]; len(files) > 0 {
		t.Errorf("%v: the folder's name would shadow the standard library's", files)
	}
}

// written are the kinds of file that people write by hand, and how many lines of their start may hold the licence.
var written = map[string]int{".go": 1, ".js": 1, ".css": 1, ".html": 2, ".sh": 2, ".service": 1, ".py": 2}

func TestEachSourceFileIsShortAndLicensed(t *testing.T) {
	for _, file := range tree(t) {
		within, ours := written[path.Ext(file)]
		if !ours {
			continue
		}
		lines := readLines(t, file)
		if len(lines) >= mostLine {
			t.Errorf("%s has %d lines; a file is about one thing, in fewer than %d", file, len(lines), mostLine)
		}
		if !strings.Contains(strings.Join(lines[:min(within, len(lines))], "\n"), licence) {
			t.Errorf("%s does not start with its licence, %s", file, licence)
		}
	}
}

// within reports whether dir is one of the folders or below one.
func within(dir string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return dir == f || strings.HasPrefix(dir, f+"/") })
}

// packages gives the Go files of each folder, tests included or not.
func packages(t *testing.T, tests bool) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, file := range tree(t) {
		if path.Ext(file) == ".go" && (tests || !strings.HasSuffix(file, "_test.go")) {
			found[path.Dir(file)] = append(found[path.Dir(file)], file)
		}
	}
	if len(found["edge"]) == 0 {
		t.Fatal("found no package edge: is this the top of the tree?")
	}
	return found
}

// tree lists the files of the repository, slashes forward.
func tree(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() && name != "." && (strings.HasPrefix(base, ".") || base == "bin" || base == "dist" || base == "testdata") {
			return filepath.SkipDir
		}
		if !entry.IsDir() {
			files = append(files, filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func parse(t *testing.T, file string, mode parser.Mode) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, mode)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func imports(t *testing.T, file string) []string {
	t.Helper()
	var found []string
	for _, each := range parse(t, file, parser.ImportsOnly).Imports {
		name, err := strconv.Unquote(each.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, name)
	}
	return found
}

// calls lists what a file calls of other packages, as package.Name.
func calls(t *testing.T, file string) []string {
	t.Helper()
	var found []string
	ast.Inspect(parse(t, file, parser.SkipObjectResolution), func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if base, ok := selector.X.(*ast.Ident); ok {
				found = append(found, base.Name+"."+selector.Sel.Name)
			}
		}
		return true
	})
	return found
}

func readLines(t *testing.T, file string) []string {
	t.Helper()
	opened, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	var lines []string
	scanner := bufio.NewScanner(opened)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return lines
}
