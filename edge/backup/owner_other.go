// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package backup

import "io/fs"

const atOnce = 0

// sameOwner is not asked here: the verbs run with the rights of whoever types them.
func sameOwner(_, _ fs.FileInfo) bool { return true }
