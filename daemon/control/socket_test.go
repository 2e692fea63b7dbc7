// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package control

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// helperEnv makes this test binary play another process: one that listens, or one of another user that dials.
const helperEnv = "CONTROL_TEST_HELPER"

func TestMain(m *testing.M) {
	what, dir, _ := strings.Cut(os.Getenv(helperEnv), ":")
	switch what {
	case "listen":
		l, err := Listen(dir)
		fmt.Println("listening", err)
		if err == nil {
			_ = NewServer(&fakeBox{}, slog.New(slog.DiscardHandler)).Serve(l)
		}
	case "dial":
		_, err := net.Dial("unix", Address(dir))
		fmt.Println("permission:", errors.Is(err, fs.ErrPermission))
	default:
		os.Exit(m.Run())
	}
}

func helper(t *testing.T, what, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	if _, err := os.Stat(cmd.Path); err != nil {
		t.Skip("needs /proc")
	}
	cmd.Env = append(os.Environ(), helperEnv+"="+what+":"+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestOnlyTheOwnerMayOpenTheSocket(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	_, dir := serve(t, &fakeBox{})
	info, err := os.Stat(Address(dir))
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode(); mode.Perm() != 0o600 || mode.Type() != fs.ModeSocket {
		t.Errorf("the socket is %v", mode)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("the state directory holds %v, want the socket and its lock", entries)
	}
	if os.Geteuid() != 0 {
		return
	}
	for at := dir; at != "/" && at != os.TempDir(); at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	stranger := helper(t, "dial", dir)
	stranger.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := stranger.Output()
	if err != nil || string(out) != "permission: true\n" {
		t.Errorf("another user got %q, %v", out, err)
	}
}

func TestDialTellsWhyNobodyAnswers(t *testing.T) {
	dir := t.TempDir()
	if _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := Dial(t.Context(), filepath.Join(dir, "absent")); !errors.Is(err, ErrNotRunning) {
		t.Errorf("no directory: %v", err)
	}
	if err := dialError(&net.OpError{Err: os.NewSyscallError("connect", syscall.EACCES)}); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("no permission: %v", err)
	}
}

func TestASecondDaemonIsRefused(t *testing.T) {
	client, dir := serve(t, &fakeBox{})
	if _, err := Listen(dir); !errors.Is(err, ErrRunning) {
		t.Errorf("the second got %v", err)
	}
	if _, err := client.Status(t.Context()); err != nil {
		t.Errorf("the first was disturbed: %v", err)
	}
}

func TestWhatAKilledDaemonLeftIsReplaced(t *testing.T) {
	dir := t.TempDir()
	first := helper(t, "listen", dir)
	out, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "listening <nil>\n" {
		t.Fatalf("it said %q, %v", line, err)
	}
	if _, err := Listen(dir); !errors.Is(err, ErrRunning) {
		t.Errorf("while it ran, a second got %v", err)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // it was killed
	if _, err := os.Stat(Address(dir)); err != nil {
		t.Fatalf("it left no socket, so nothing is tested: %v", err)
	}
	if _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("dialling the dead one told %v", err)
	}
	l, err := Listen(dir)
	if err != nil {
		t.Fatalf("its successor got %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(Address(dir)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a clean end left the socket: %v", err)
	}
}

func TestALongStateDirectoryHasASocketToo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("a-long-name/", 15))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := Listen(dir)
	if _, _, cannot := shorten(dir); cannot != nil {
		if err == nil || !strings.Contains(err.Error(), "set [state] dir") {
			t.Errorf("told %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}
