// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package machine

import (
	"context"
	"errors"
)

// ServiceUnit knows no systemd here.
func ServiceUnit(context.Context, string) (u Unit, known bool) { return u, false }

// Journal knows none here.
func Journal(context.Context, string, int) (string, error) {
	return "", errors.New("this system has no journal")
}
