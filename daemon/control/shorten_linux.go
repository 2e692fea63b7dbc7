// SPDX-License-Identifier: Apache-2.0

package control

import (
	"fmt"
	"os"
)

// longestDir is what a directory's name may have for a socket in it to fit the kernel's 108 bytes.
const longestDir = 90

// shorten gives another name of a directory, by which a socket in it can be reached however long its own name is.
func shorten(dir string) (name string, release func(), err error) {
	if len(dir) <= longestDir {
		return dir, func() {}, nil
	}
	open, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d", open.Fd()), func() { _ = open.Close() }, nil
}
