// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"errors"

	"github.com/mattn/go-sqlite3"
)

// Broken reports whether an error says that a database is damaged, or is none. Any other may be the disk's or the moment's: who
// cannot read a backup does not know what is in it.
func Broken(err error) bool {
	if errors.Is(err, ErrDamaged) {
		return true
	}
	var told sqlite3.Error
	if !errors.As(err, &told) {
		return false
	}
	switch told.Code {
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrError, sqlite3.ErrFormat: // ErrError: it lacks what is asked for
		return true
	}
	return false
}
