// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// target is a system that programs are built for.
type target struct {
	OS, Arch string
	CC       string // the compiler of its C
	Needs    string // what .ci/needs installs for it
}

// targets are the systems that packages are made for.
var targets = map[string]target{
	"amd64":   {OS: "linux", Arch: "amd64", CC: "x86_64-linux-gnu-gcc", Needs: "amd64"},
	"arm64":   {OS: "linux", Arch: "arm64", CC: "aarch64-linux-gnu-gcc", Needs: "arm64"},
	"windows": {OS: "windows", Arch: "amd64", CC: "x86_64-w64-mingw32-gcc", Needs: "windows"},
}

// program builds one program for a system, and gives its file. It holds all that it needs of C, so that one file runs
// on any Linux; and nothing of the folder, the machine or the hour that it was built in.
func (w *work) program(ctx context.Context, name string, t target) (string, error) {
	file := filepath.Join(w.dir, "bin", t.OS+"-"+t.Arch, name)
	if t.OS == "windows" {
		file += ".exe"
	}
	if w.built[file] {
		return file, nil
	}
	w.say("building %s for %s/%s", name, t.OS, t.Arch)
	flags := "-s -w -buildid= -linkmode external -extldflags -static -X main.stamped=" + w.version.Program
	err := w.run(ctx, w.top, []string{"CGO_ENABLED=1", "GOOS=" + t.OS, "GOARCH=" + t.Arch, "CC=" + t.CC, "GOFLAGS=", "CGO_CFLAGS=-O2", "CGO_LDFLAGS=", "GOAMD64=v1", "GOARM64=v8.0"},
		"go", "build", "-trimpath", "-buildvcs=false", "-tags", "osusergo,netgo,sqlite_omit_load_extension", "-ldflags", flags, "-o", file, "./cmd/"+name)
	if err != nil {
		return "", fmt.Errorf("building %s for %s/%s: %w", name, t.OS, t.Arch, err)
	}
	w.built[file] = true
	return file, nil
}

// run runs a tool, and tells what it said only when it went wrong.
func (w *work) run(ctx context.Context, dir string, env []string, name string, args ...string) error {
	tool := exec.CommandContext(ctx, name, args...)
	tool.Dir = dir
	tool.Env = append(append(os.Environ(), "SOURCE_DATE_EPOCH="+fmt.Sprint(w.time.Unix()), "LC_ALL=C", "TZ=UTC"), env...)
	if out, err := tool.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}
