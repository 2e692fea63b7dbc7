// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin && !freebsd

package machine

import (
	"errors"
	"io/fs"
)

// HasOwners says that what rights files have cannot be told by their mode here.
const HasOwners = false

// Owner is not known here.
func Owner(fs.FileInfo) string { return "" }

// MayRead is not known here.
func MayRead(string, string) error { return nil }

// MayWrite is not known here.
func MayWrite(string, string) error { return nil }

// FreeFiles is not known here.
func FreeFiles(string) int64 { return -1 }

// FreeBytes is not known here.
func FreeBytes(string) (int64, error) { return 0, errors.ErrUnsupported }
