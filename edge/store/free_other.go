// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin && !freebsd && !windows

package store

import "errors"

// freeBytes knows no way to ask here.
func freeBytes(string) (int64, error) { return 0, errors.ErrUnsupported }
