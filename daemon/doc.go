// SPDX-License-Identifier: Apache-2.0

// Package daemon is the process on the box. [New] wires the rooms in one straight function, [App.Run] starts them,
// waits, and stops them in reverse. Only this package knows everybody.
package daemon
