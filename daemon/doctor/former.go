// SPDX-License-Identifier: Apache-2.0

package doctor

import "strings"

// Formers are what restores have replaced: whole records, which nobody but a person takes away.
type Formers struct {
	Dirs   []string
	Remove string // what to type
}

// Judge tells of them: people are in them, also those who were forgotten since.
func (x Formers) Judge(f *Findings) {
	if len(x.Dirs) > 0 {
		f.Add("former-kept", "count", Count(len(x.Dirs), "record", "records"), "dirs", strings.Join(x.Dirs, ", "), "remove", x.Remove)
	}
}

func former() Catalogue {
	return Catalogue{{"backups", "former-kept", Warn, "What a restore replaced is still here ({count}), with the people in it, whoever was forgotten since among them: {dirs}.",
		"`{remove}`, once all is well."}}
}
