// SPDX-License-Identifier: Apache-2.0

package doctor

// Database is what was found in the record.
type Database struct {
	Dir    string
	Absent bool

	Between bool // a restore was broken off between two moves: no file says anything yet

	Error error // why it could not be opened, or read at all

	Have, Known int  // schema
	OtherKeys   bool // it was made with other keys

	Problems []string // of its pages and indexes
	Tables   int      // that were looked through
	Of       int      // how many there are

	Tried, Bad int   // sealed rows that were opened
	Unsealed   error // why no row could be tried
}

// Judge tells whether the record is sound.
func (d Database) Judge(f *Findings) {
	switch {
	case d.Between:
		f.Add("database-between", "dir", d.Dir)
		return
	case d.Absent:
		f.Add("database-absent", "dir", d.Dir)
		return
	case d.Error != nil:
		f.Add("database-unopened", "problem", d.Error)
		return
	}
	before := len(f.list)
	if len(d.Problems) > 0 {
		f.Add("database-damaged", "count", Count(len(d.Problems), "place", "places"), "problem", d.Problems[0])
	}
	switch {
	case d.Have > d.Known:
		f.Add("database-newer", "have", d.Have, "known", d.Known)
	case d.Have < d.Known:
		f.Add("database-older", "have", d.Have, "known", d.Known)
	}
	switch {
	case d.OtherKeys:
		f.Add("database-keys")
	case d.Bad > 0:
		f.Add("database-rotten", "bad", d.Bad, "tried", d.Tried)
	}
	if d.Tables < d.Of || d.Unsealed != nil {
		f.Add("database-unfinished", "done", done(d))
	}
	if len(f.list) == before {
		f.Add("database-good", "tables", Count(d.Tables, "table", "tables"), "schema", d.Have, "tried", d.Tried)
	}
}

func done(d Database) string {
	text := Count(d.Tables, "table", "tables") + " of " + Count(d.Of, "was", "were") + " looked through"
	if d.Unsealed != nil {
		text += ", and sealed rows were not tried: " + d.Unsealed.Error()
	}
	return text
}
