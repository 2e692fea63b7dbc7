// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"io/fs"
)

// Files are the state directory and what the configuration names.
type Files struct {
	Known bool // owners and rights mean something on this system

	Dir     string
	Absent  bool
	Mode    fs.FileMode
	Owner   string // of the state directory
	Service string // whom the service runs as; empty: nobody knows
	Content []StateFile
	HasKeys bool
	Record  bool  // there is a database
	Keys    error // why keys.json cannot be used
	Between bool  // a restore was broken off between two moves: record and keys are of two states

	Named []NamedFile
}

// StateFile is a file of the state directory.
type StateFile struct {
	Path  string
	Mode  fs.FileMode
	Owner string
}

// NamedFile is a file that a key of the configuration names.
type NamedFile struct {
	Key        string // "[section] key"
	Path       string
	Secret     bool
	Unreadable bool // for the service's user
	Mode       fs.FileMode
}

// Judge tells which files are not as they should be.
func (x Files) Judge(f *Findings) {
	if x.Absent {
		f.Add("state-absent", "dir", x.Dir)
		return
	}
	before := len(f.list)
	switch {
	case x.Between:
	case x.Record && !x.HasKeys:
		f.Add("keys-absent", "dir", x.Dir)
	case x.Keys != nil:
		f.Add("keys-damaged", "problem", x.Keys)
	}
	if !x.Known {
		f.Add("files-unknown")
		return
	}
	x.state(f)
	user := x.Service
	if user == "" {
		user = x.Owner
	}
	for _, n := range x.Named {
		switch {
		case n.Unreadable:
			f.Add("file-unreadable", "user", user, "file", n.Path, "key", n.Key)
		case n.Secret && n.Mode.Perm()&0o004 != 0:
			f.Add("secret-shared", "user", user, "file", n.Path, "key", n.Key)
		}
	}
	if len(f.list) == before {
		f.Add("files-good", "dir", x.Dir, "count", Count(len(x.Named), "file", "files"))
	}
}

// state judges the state directory. Its own closed door makes up for an open file within, but not for one of another owner.
func (x Files) state(f *Findings) {
	if x.Mode.Perm()&0o077 != 0 {
		f.Add("state-open", "dir", x.Dir, "mode", octal(x.Mode))
		for _, file := range x.Content {
			if file.Mode.Perm()&0o077 != 0 {
				f.Add("state-shared", "file", file.Path, "mode", octal(file.Mode))
			}
		}
	}
	if x.Service != "" && x.Owner != x.Service {
		f.Add("state-owner-service", "dir", x.Dir, "owner", x.Owner, "want", x.Service)
		return
	}
	for _, file := range x.Content {
		if file.Owner != x.Owner {
			f.Add("state-owner", "file", file.Path, "owner", file.Owner, "want", x.Owner, "dir", x.Dir)
			return // one is enough: what to do mends them all
		}
	}
}

func octal(mode fs.FileMode) string { return fmt.Sprintf("%04o", mode.Perm()) }
