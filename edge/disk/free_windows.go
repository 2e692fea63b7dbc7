// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"math"

	"golang.org/x/sys/windows"
)

// Free is how much of a directory's disk may still be written.
func Free(dir string) (int64, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return 0, err
	}
	return int64(min(free, math.MaxInt64)), nil
}
