// SPDX-License-Identifier: Apache-2.0

package doctor

import "strings"

// Disk is the room that there is and that is needed.
type Disk struct {
	Dir     string
	Error   error
	Free    int64
	Files   int64 // how many more; negative: unknown
	Record  int64 // the database and its journal
	Journal int64
	Ballast int64 // that is held back now
	Reserve int64 // that should be

	Bound, Total int64 // what the box may take by its configuration, and takes; no bound or a box that is stopped: 0
	Most         int64 // what the database may have
}

const leastFiles = 1000

// grown is the part of its bound from which on a record is believed to come to it: one of a small store never does, and need not
// have the room.
const grown = 4

// journalBound is a journal that upkeep, which cuts it at 64 MiB, does not get to.
const journalBound = 256 << 20

// Judge tells whether there is room. Scrubbing the record after an order to forget, and backing it up, each write it once
// more beside itself.
func (d Disk) Judge(f *Findings) {
	if d.Error != nil {
		f.Add("disk-unknown", "dir", d.Dir, "problem", d.Error)
		return
	}
	before := len(f.list)
	missing := max(d.Reserve-d.Ballast, 0)
	least := missing + max(d.Reserve, 32<<20)
	needed := least + 2*d.Record
	why := []string{"twice the record, which is written anew after an order to forget and for a backup", "room to work"}
	if missing > 0 {
		why = append(why, "the reserve for a full disk, which is not there")
	}
	switch {
	case d.Free < least:
		f.Add("disk-full", "dir", d.Dir, "free", Bytes(d.Free), "needed", Bytes(least))
	case d.Free < needed:
		f.Add("disk-low", "dir", d.Dir, "free", Bytes(d.Free), "needed", Bytes(needed), "why", strings.Join(why, ", "))
	case d.Bound > 0 && d.Free < d.Bound-d.Total && d.Record > d.Most/grown:
		f.Add("disk-bound", "dir", d.Dir, "free", Bytes(d.Free), "bound", Bytes(d.Bound), "total", Bytes(d.Total))
	}
	if d.Files >= 0 && d.Files < leastFiles {
		f.Add("disk-files", "dir", d.Dir, "files", d.Files)
	}
	if d.Journal > journalBound {
		f.Add("database-journal", "size", Bytes(d.Journal))
	}
	if len(f.list) == before {
		f.Add("disk-good", "dir", d.Dir, "free", Bytes(d.Free), "used", Bytes(d.Record))
	}
}
