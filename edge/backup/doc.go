// SPDX-License-Identifier: Apache-2.0

// Package backup copies a state directory while its database is written to, proves each copy by restoring it, and puts one
// back. A box and head office use it alike; what they keep, how it is opened and how somebody is forgotten in it they say.
//
// A backup is a directory whose name sorts by time, with a manifest that is written last: whatever has no manifest, or a name
// that begins with a dot, is no backup.
package backup
