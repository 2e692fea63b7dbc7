// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package machine

import "time"

// Synchronised is not known here.
func Synchronised() (synced, known bool) { return false, false }

// Zone is the machine's time zone; empty: unknown.
func Zone() string {
	zone, _ := time.Now().Zone()
	return zone
}
