// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redbench/cmd/internal/cli"
)

// TestTheServiceWritesInItsStateDirectoryAlone: the unit lets it write nowhere else, and its log is the journal's. What it holds open for
// writing lies there while it runs, and nothing lies elsewhere when it has ended: not where it was started, not among temporary files.
func TestTheServiceWritesInItsStateDirectoryAlone(t *testing.T) {
	dir := t.TempDir()
	for _, each := range []string{"home", "tmp", "cwd"} {
		if err := os.Mkdir(filepath.Join(dir, each), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	file := "[state]\ndir = \"" + filepath.Join(dir, "state") + "\"\n[ui]\nlisten = \"127.0.0.1:0\"\n[mqtt]\nlisten = \"127.0.0.1:0\"\n"
	if err := os.WriteFile(filepath.Join(dir, "redbench.toml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = systemd.Close() })
	for name, value := range map[string]string{"NOTIFY_SOCKET": filepath.Join(dir, "notify"), "INVOCATION_ID": "0123456789abcdef0123456789abcdef",
		"HOME": filepath.Join(dir, "home"), "TMPDIR": filepath.Join(dir, "tmp"), "XDG_CACHE_HOME": "", "XDG_STATE_HOME": ""} {
		t.Setenv(name, value)
	}
	t.Chdir(filepath.Join(dir, "cwd"))
	before := writable(t)
	ctx, cancel := context.WithCancel(t.Context())
	var messages bytes.Buffer
	root := cli.Ready(newRoot())
	root.SetArgs([]string{"run", "--config", filepath.Join(dir, "redbench.toml")})
	root.SetOut(&messages)
	root.SetErr(&messages)
	ended := make(chan error, 1)
	go func() { ended <- root.ExecuteContext(ctx) }()
	if got := hear(t, systemd); !strings.HasPrefix(got, "READY=1") {
		t.Errorf("first it said %q", got)
	}
	for path := range writable(t) {
		if !before[path] && !strings.HasPrefix(path, filepath.Join(dir, "state")+"/") {
			t.Errorf("it holds %s open for writing", path)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("%v\n%s", err, messages.String())
	}
	strays(t, dir)
}

// strays tells of files that are not of the state directory, and of logs in it.
func strays(t *testing.T, dir string) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if err == nil && d.Type().IsRegular() && name != "redbench.toml" && (!strings.HasPrefix(name, "state/") || strings.Contains(name, ".log")) {
			t.Errorf("it left %s", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// writable are the files that this process holds open for writing.
func writable(t *testing.T) map[string]bool {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	for _, each := range open {
		path, err := os.Readlink("/proc/self/fd/" + each.Name())
		if err != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "/dev/") {
			continue // closed meanwhile, or no file
		}
		info, err := os.ReadFile("/proc/self/fdinfo/" + each.Name())
		if err != nil {
			continue
		}
		var pos, flags int
		if _, err := fmt.Sscanf(strings.ReplaceAll(string(info), "\n", " "), "pos: %d flags: %o", &pos, &flags); err != nil {
			t.Fatalf("%q: %v", info, err)
		}
		if flags&(os.O_WRONLY|os.O_RDWR) != 0 {
			paths[path] = true
		}
	}
	return paths
}
