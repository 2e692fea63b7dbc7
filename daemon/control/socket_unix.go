// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"
)

const (
	socketName = "control.sock"
	lockName   = "control.lock"
)

// Address is where the daemon on a state directory answers.
func Address(stateDir string) string { return filepath.Join(stateDir, socketName) }

// Listen takes the control socket of a state directory, 0600. A lock that the kernel frees when its holder dies tells a
// running daemon ([ErrRunning]) from the socket that a killed one left, which is replaced.
func Listen(stateDir string) (net.Listener, error) {
	lock := flock.New(filepath.Join(stateDir, lockName), flock.SetPermissions(0o600))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the control socket: %w", err)
	}
	if !held {
		return nil, ErrRunning
	}
	l, err := bind(stateDir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the control socket: %w", err), lock.Close())
	}
	return &listener{UnixListener: l, lock: lock, path: Address(stateDir)}, nil
}

// bind makes the socket in a directory that nobody else may enter and moves it into its place: at no moment can another
// user reach it, whatever the umask is.
func bind(stateDir string) (*net.UnixListener, error) {
	private, err := os.MkdirTemp(stateDir, ".c")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(private)
	short, release, err := shorten(private)
	if err != nil {
		return nil, err
	}
	defer release()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(short, "s"), Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it would remove the name that it was made under
	made := filepath.Join(private, "s")
	if err := errors.Join(os.Chmod(made, 0o600), os.Rename(made, Address(stateDir))); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// listener removes its socket and frees its lock when it is closed.
type listener struct {
	*net.UnixListener
	lock *flock.Flock
	path string
}

func (l *listener) Close() error {
	err := l.UnixListener.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil // http.Server closes twice; the name may be a successor's by now
	}
	return errors.Join(err, os.Remove(l.path), l.lock.Close())
}

func dial(ctx context.Context, stateDir string) (net.Conn, error) {
	short, release, err := shorten(stateDir)
	if err != nil {
		return nil, err
	}
	defer release()
	var d net.Dialer
	return d.DialContext(ctx, "unix", filepath.Join(short, socketName))
}

// absent reports whether err says that nobody listens: no directory, no socket, or one whose daemon was killed.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOTDIR)
}
