// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var commit = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func TestVersionsSortAsTheyShould(t *testing.T) {
	for given, want := range map[string]versions{
		"1.2.3":                        {"1.2.3", "1.2.3", "1.2.3"},
		"v1.2.3":                       {"1.2.3", "1.2.3", "1.2.3"},
		"1.2.3-rc.1":                   {"1.2.3-rc.1", "1.2.3~rc.1", "1.2.3"},
		"v1.2.3-4-gabcdef0":            {"1.2.3-4-gabcdef0", "1.2.3+4.gabcdef0", "1.2.3"},
		"v1.2.3-dirty":                 {"1.2.3-dirty", "1.2.3+dirty", "1.2.3"},
		"0.0.0-dev+0123456789":         {"0.0.0-dev+0123456789", "0.0.0~dev.20261122093000+0123456789", "0.0.0"},
		"v1.2.3-rc.1-4-gabcdef0-dirty": {"1.2.3-rc.1-4-gabcdef0-dirty", "1.2.3~rc.1+4.gabcdef0.dirty", "1.2.3"},
	} {
		got, err := parseVersion(given, commit)
		if err != nil {
			t.Errorf("%s: %v", given, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", given, diff)
		}
	}
	for _, given := range []string{"", "1.2", "one", "1.2.3 4", "256.0.0", "1.2.3;rm"} {
		if got, err := parseVersion(given, commit); err == nil {
			t.Errorf("%q was taken for a version: %v", given, got)
		}
	}
	sorted(t, "0.0.0~dev.20261122093000+0123456789", "1.2.3~rc.1", "1.2.3~rc.1+4.gabcdef0", "1.2.3", "1.2.3+4.gabcdef0", "1.2.4", "1.10.0")
}

// sorted asks those who will compare versions: dpkg, and `sort -V` where there is no dpkg.
func sorted(t *testing.T, versions ...string) {
	t.Helper()
	for i := 1; i < len(versions); i++ {
		older, newer := versions[i-1], versions[i]
		out, err := exec.Command("sh", "-c", `printf '%s\n%s\n' "$1" "$2" | sort -V | tail -n 1`, "sh", newer, older).Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(string(out)) != newer {
			t.Errorf("sort -V takes %s for newer than %s", older, newer)
		}
		if _, err := exec.LookPath("dpkg"); err == nil && exec.Command("dpkg", "--compare-versions", newer, "gt", older).Run() != nil {
			t.Errorf("dpkg does not take %s for newer than %s", newer, older)
		}
	}
}

// bench is a run in a folder of its own, with nothing built.
func bench(t *testing.T) *work {
	t.Helper()
	tree, err := top()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return &work{top: tree, out: dir, dir: filepath.Join(dir, ".work"), version: versions{"1.2.3", "1.2.3", "1.2.3"}, time: commit,
		log: &bytes.Buffer{}, built: map[string]bool{}}
}

func TestScriptsStandAlone(t *testing.T) {
	w := bench(t)
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Log("shellcheck is not there: scripts are only parsed (apt-get install shellcheck)")
	}
	for _, p := range products() {
		names := []string{"purge.sh", "go-back.sh"}
		for _, f := range families() {
			for _, name := range f.Scripts {
				names = append(names, name)
			}
		}
		for _, name := range names {
			file, err := w.script(p, name)
			if err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("sh", "-n", file).CombinedOutput(); err != nil {
				t.Errorf("%s of %s: %v: %s", name, p.Name, err, out)
			}
			if shellcheck == "" || p.Name != "redbench" {
				continue // the other's differ in their head only
			}
			if out, err := exec.Command(shellcheck, "--exclude", "SC2034,SC2016", file).CombinedOutput(); err != nil {
				t.Errorf("%s of %s: %s", name, p.Name, out)
			}
		}
	}
}

// The parts of a script that decide are asked by themselves.
func TestScriptsRefuseToGoBack(t *testing.T) {
	w := bench(t)
	file, err := w.script(products()[0], "deb/prerm.sh") // does nothing without an argument that it knows
	if err != nil {
		t.Fatal(err)
	}
	for present, refused := range map[string]bool{"": false, "1.2.2": false, "1.2.3": false, "1.2.3~rc.1": false, "1.2.4": true, "1.10.0": true, "1.2.3+1.gabc": true} {
		run := exec.Command("sh", "-c", `present=$1; set -- nothing; . "$0"; refuse_downgrade "$present"`, file, present)
		said, err := run.CombinedOutput()
		if (err != nil) != refused {
			t.Errorf("with %q installed, 1.2.3 was refused: %v, want %v: %s", present, err != nil, refused, said)
		}
		if refused && !strings.Contains(string(said), "version "+present+" is installed, and 1.2.3 is older") {
			t.Errorf("with %q installed, it said %q", present, said)
		}
	}
}

func TestStateDirectoryOfTheConfigurationIsFound(t *testing.T) {
	w := bench(t)
	for text, want := range map[string]string{
		"":                                  "/var/lib/redbench",
		"[state]\n#dir = \"/no\"\n":         "/var/lib/redbench",
		"[state]\ndir = \"/srv/red bench\"": "/srv/red bench",
		"[backup]\ndir = \"/b\"\n[state]\n": "/var/lib/redbench",
		"[state]\n\n[backup]\ndir = \"/b\"": "/var/lib/redbench",
		"[store]\nid=\"1\"\n[state]\n  dir=\"/srv/x\" # here\n[ui]\ndir = \"/no\"": "/srv/x",
	} {
		p := products()[0]
		p.Config = filepath.Join(t.TempDir(), "redbench.toml")
		if err := os.WriteFile(p.Config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := w.script(p, "deb/prerm.sh")
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("sh", "-c", `set -- nothing; . "$0"; state_dir`, file).Output()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%q: state directory %q (%v), want %q", text, out, err, want)
		}
	}
}
