// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Synchronised tells whether something keeps the clock right, by the kernel's word: it is what `timedatectl` prints.
func Synchronised() (synced, known bool) {
	var t unix.Timex // no mode: nothing is set
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return false, false
	}
	return state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0, true
}

// Zone is the machine's time zone; empty: unknown.
func Zone() string {
	if zone := os.Getenv("TZ"); zone != "" {
		return strings.TrimPrefix(zone, ":")
	}
	if link, err := os.Readlink("/etc/localtime"); err == nil {
		if _, zone, ok := strings.Cut(link, "zoneinfo/"); ok {
			return zone
		}
	}
	return ""
}
