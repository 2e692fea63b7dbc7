// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// asked runs a part of a product's scripts by itself.
func asked(t *testing.T, p product, command string) string {
	t.Helper()
	file, err := bench(t).script(p, "deb/prerm.sh") // does nothing without an argument that it knows
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("sh", "-c", `set -- nothing; . "$0"; `+command, file).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	return string(out)
}

// Who goes back is told to copy the backups first: purging deletes them.
func TestGoingBackBeginsWithCopyingTheBackups(t *testing.T) {
	for _, p := range products() {
		for text, want := range map[string]string{
			"": p.State + "/backups", "[state]\ndir = \"/srv/x\"\n": "/srv/x/backups", "[backup]\ndir = \"/mnt/b\"\n": "/mnt/b",
		} {
			p.Config = filepath.Join(t.TempDir(), "redbench.toml")
			if err := os.WriteFile(p.Config, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			said := asked(t, p, "(refuse_downgrade 1.2.4) || true")
			first, then := strings.Index(said, "cp -a "+want+"/redbench-…"), strings.Index(said, "purge the package")
			if first < 0 || then < first {
				t.Errorf("%s: %s", p.Name, said)
			}
		}
	}
}

// A group's number is given to the next package's group, which must not read the password that was left behind.
func TestWhatPurgingLeavesIsRootsAlone(t *testing.T) {
	group, err := user.LookupGroup("daemon")
	if err != nil || os.Getuid() != 0 {
		t.Skip("takes root, and a group")
	}
	number, err := strconv.Atoi(group.Gid)
	if err != nil {
		t.Fatal(err)
	}
	dir, other := t.TempDir(), t.TempDir()
	p := products()[0]
	p.User, p.Config = "daemon", filepath.Join(dir, "redbench.toml")
	for name, mode := range map[string]os.FileMode{
		p.Config: 0o640, dir + "/mqtt pw": 0o640, dir + "/ca.pem": 0o644, other + "/key.pem": 0o640, other + "/unnamed": 0o640,
	} {
		if err := os.WriteFile(name, []byte("[ui]\nkey_file = \""+other+"/key.pem\"\n"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(name, 0, number); err != nil {
			t.Fatal(err)
		}
	}
	said := asked(t, p, "leave_to_root")
	for name, want := range map[string]string{
		dir + "/mqtt pw": "600 root", dir + "/ca.pem": "644 root", other + "/key.pem": "600 root", other + "/unnamed": "640 daemon",
	} {
		out, err := exec.Command("stat", "-c", "%a %G", name).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", name, got, err, want)
		}
		if told := strings.Contains(said, name+" stays"); told != strings.HasSuffix(want, "root") {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// rpm's record says 1.2.4 after an upgrade to it went back to 1.2.2: what runs, and would run again, is 1.2.2.
func TestWithRPMTheVersionThatRunsIsKeptAside(t *testing.T) {
	root := t.TempDir()
	put := func(name, text string, mode os.FileMode) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(root+name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(root+name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	put("/usr/bin/redbench", "the former one", 0o755)
	put("/usr/lib/systemd/system/redbench.service", "its unit", 0o644)
	put("/usr/share/redbench/version", "1.2.4\n", 0o644)
	put("/usr/lib/redbench/refused/back-to", "1.2.2\n", 0o644)
	p := products()[0]
	p.Config, p.State = root+"/none", root+"/none"
	file, err := bench(t).script(p, "rpm/pre.sh")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("sh", "-c", strings.ReplaceAll(string(text), "/usr/", root+"/usr/"), "pre", "2").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if kept, err := os.ReadFile(root + "/usr/lib/redbench/former/version"); err != nil || string(kept) != "1.2.2\n" {
		t.Errorf("%q %v", kept, err)
	}
}
