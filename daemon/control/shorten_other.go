// SPDX-License-Identifier: Apache-2.0

//go:build !windows && !linux

package control

import "fmt"

// longestDir is what a directory's name may have for a socket in it to fit the 104 bytes of BSD and macOS.
const longestDir = 86

// shorten refuses a directory whose sockets cannot be named.
func shorten(dir string) (name string, release func(), err error) {
	if len(dir) > longestDir {
		return "", nil, fmt.Errorf("%s is too long for a socket in it; set [state] dir to a shorter one", dir)
	}
	return dir, func() {}, nil
}
