// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"redbench/cmd/rig/machine/nspawn"
)

const top = "../../.."

// writer gives what a test logs to whoever writes lines.
type writer struct{ t *testing.T }

func (w writer) Write(line []byte) (int, error) {
	w.t.Log(string(line))
	return len(line), nil
}

// packed makes the package that is shipped.
func packed(t *testing.T) string {
	t.Helper()
	out, err := filepath.Abs(filepath.Join(top, ".test", "packages"))
	if err != nil {
		t.Fatal(err)
	}
	pack := exec.CommandContext(t.Context(), "go", "run", "./cmd/rig", "pack", "--version", "1.0.0", "--out", out, "--only", "deb-"+runtime.GOARCH)
	pack.Dir = top
	if said, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("making the package: %v: %s", err, said)
	}
	return filepath.Join(out, "redbench_1.0.0_"+runtime.GOARCH+".deb")
}

// The package on a real Debian with systemd and Mosquitto: what tills were told is stored is there after a kill and an upgrade, and after
// a purge nothing is. `bin/rig machine` proves more.
func TestThePackageOnARealDebian(t *testing.T) {
	if err := nspawn.Able(); err != nil {
		t.Skip(err)
	}
	o := Options{Package: packed(t), Cache: filepath.Join(top, ".test", "machine"), Base: "/var/tmp", Debian: nspawn.Default(), Log: writer{t},
		Tell: func(s Step) { s.print(writer{t}) }}
	p, err := open(t.Context(), o)
	if unable := (*nspawn.UnableError)(nil); errors.As(err, &unable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	err = p.through(t.Context(), p.short())
	if err := errors.Join(err, p.close()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p.run.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the machine left %s: %v", p.run.Path, err)
	}
}
