// SPDX-License-Identifier: Apache-2.0

package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Programs are the binaries of the product.
type Programs struct {
	Box    string // redbench
	Office string // redbench-hq
}

// Built gives the programs below a folder, as `make build` leaves them.
func Built(dir string) (Programs, error) {
	p := Programs{Box: filepath.Join(dir, "redbench"), Office: filepath.Join(dir, "redbench-hq")}
	for _, file := range []string{p.Box, p.Office} {
		if _, err := os.Stat(file); err != nil {
			return p, fmt.Errorf("%s is not there: run make build first (%w)", file, err)
		}
	}
	return p, nil
}

// Build builds the programs of this tree for a test. Tests of several packages share them: what is up to date is not
// built again.
func Build() (Programs, error) {
	top, err := top()
	if err != nil {
		return Programs{}, err
	}
	dir := filepath.Join(top, ".test", "bin")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Programs{}, fmt.Errorf("making a folder for the programs: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	if err := lock.Lock(); err != nil {
		return Programs{}, fmt.Errorf("waiting for another build: %w", err)
	}
	defer func() { _ = lock.Unlock() }()
	for _, name := range []string{"redbench", "redbench-hq"} {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, name), "./cmd/"+name)
		build.Dir = top
		if out, err := build.CombinedOutput(); err != nil {
			return Programs{}, fmt.Errorf("building %s: %w: %s", name, err, out)
		}
	}
	return Built(dir)
}

// top finds the top of the tree, above the folder that the test runs in.
func top() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("finding the top of the tree: there is no go.mod above")
		}
		dir = filepath.Dir(dir)
	}
}

// Cross builds the box's program for another system or processor: env as in GOOS=windows, and more words for `go build`.
func Cross(ctx context.Context, out string, env []string, args ...string) error {
	top, err := top()
	if err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", append(append([]string{"build", "-trimpath", "-o", out}, args...), "./cmd/redbench")...)
	build.Dir = top
	build.Env = append(append(os.Environ(), "CGO_ENABLED=1"), env...)
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building redbench for %v: %w: %s", env, err, said)
	}
	return nil
}
