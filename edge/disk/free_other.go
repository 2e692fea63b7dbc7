// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin && !freebsd && !windows

package disk

import "errors"

// Free knows no way to ask here.
func Free(string) (int64, error) { return 0, errors.ErrUnsupported }
