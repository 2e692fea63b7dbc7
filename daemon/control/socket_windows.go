// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"strings"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

// onlyTrusted lets the system, administrators and the daemon's own account in, and nobody from the network.
const onlyTrusted = "D:P(D;;GA;;;NU)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;OW)"

// Address is where the daemon on a state directory answers: a pipe named after the directory, as pipes have no place in
// the file system.
func Address(stateDir string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(filepath.Clean(stateDir))))
	return `\\.\pipe\redbench-` + hex.EncodeToString(sum[:8])
}

// Listen takes the pipe of a state directory. Only one process can make the first instance of a pipe, so that a second
// daemon gets [ErrRunning].
func Listen(stateDir string) (net.Listener, error) {
	l, err := winio.ListenPipe(Address(stateDir), &winio.PipeConfig{SecurityDescriptor: onlyTrusted})
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_PIPE_BUSY) {
		return nil, ErrRunning
	}
	if err != nil {
		return nil, fmt.Errorf("opening the control pipe: %w", err)
	}
	return l, nil
}

func dial(ctx context.Context, stateDir string) (net.Conn, error) {
	return winio.DialPipeContext(ctx, Address(stateDir))
}

func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
