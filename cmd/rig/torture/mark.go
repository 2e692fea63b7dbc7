// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"redbench/sync/hq"
)

// markFile stands beside head office's database and tells how far that was, as the program that serves keeps it: at its start,
// and once a minute.
const (
	markFile  = "hq.mark"
	markEvery = time.Minute
)

// compare has head office look whether its database is older than the marker beside it.
func (o *office) compare() error {
	var m *hq.Marker
	data, err := os.ReadFile(filepath.Join(o.dir, markFile))
	if err == nil {
		m = &hq.Marker{}
		err = json.Unmarshal(data, m)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := o.hq.Opened(o.w.ctx, m); err != nil {
		return err
	}
	return o.mark()
}

// mark writes how far the database is.
func (o *office) mark() error {
	m, err := o.hq.Marker(o.w.ctx)
	if err != nil {
		return err
	}
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	o.marked = o.w.now
	return os.WriteFile(filepath.Join(o.dir, markFile), data, 0o600)
}

// markInTime writes the marker where a minute has passed.
func (o *office) markInTime() {
	if o.dead || o.w.now.Sub(o.marked) < markEvery {
		return
	}
	if err := o.mark(); err != nil {
		o.w.fail("noting how far head office is: %v", err)
	}
}

// putBack starts with a copy of a directory, or of the database in it, which leaves the marker that stands there.
func (o *office) putBack(dir string, alone bool) {
	var mark []byte
	if alone {
		var err error
		if mark, err = os.ReadFile(filepath.Join(o.dir, markFile)); err != nil {
			o.w.fail("reading the marker beside head office's database: %v", err)
		}
	}
	o.reopenWith(dir, mark)
}
