// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"strings"
	"unicode"
)

// State is how bad a finding is.
type State string

// The states, the worst first.
const (
	Fail    State = "fail"    // it does not work, or will not soon
	Warn    State = "warn"    // it works, and somebody should look
	Skipped State = "skipped" // it could not be looked at
	OK      State = "ok"
)

// Finding is one thing that a check found.
type Finding struct {
	Check string `json:"check"`
	ID    string `json:"id"` // of its kind, for programs
	State State  `json:"state"`
	Text  string `json:"text"`         // a sentence
	Do    string `json:"do,omitempty"` // what to type; empty where nothing is to be done
}

// Kind is one thing that a check may find. In its texts {name} stands for what the check saw.
type Kind struct {
	Check string
	ID    string
	State State
	Text  string
	Do    string
}

// Catalogue lists every kind, in the order of the checks.
type Catalogue []Kind

func (c Catalogue) kind(id string) (Kind, bool) {
	for _, k := range c {
		if k.ID == id {
			return k, true
		}
	}
	return Kind{}, false
}

// Findings gathers what one check finds.
type Findings struct {
	catalogue Catalogue
	progress  func(string)
	list      []Finding
}

// NewFindings makes an empty gathering. progress may be nil.
func NewFindings(c Catalogue, progress func(string)) *Findings {
	if progress == nil {
		progress = func(string) {}
	}
	return &Findings{catalogue: c, progress: progress}
}

// Add notes a finding of a kind. pairs are the names in its texts, each with what it stands for.
func (f *Findings) Add(id string, pairs ...any) {
	k, known := f.catalogue.kind(id)
	if !known {
		panic("doctor: no kind is called " + id)
	}
	f.list = append(f.list, Finding{Check: k.Check, ID: id, State: k.State, Text: filled(k.Text, pairs), Do: filled(k.Do, pairs)})
}

// Progress tells how far a slow check is.
func (f *Findings) Progress(format string, args ...any) { f.progress(fmt.Sprintf(format, args...)) }

// All gives what was found so far.
func (f *Findings) All() []Finding { return f.list }

// filled puts what was seen in its places: on one line each, as errors may have several, and without what steers a terminal.
func filled(text string, pairs []any) string {
	var replacements []string
	for i := 0; i+1 < len(pairs); i += 2 {
		replacements = append(replacements, "{"+fmt.Sprint(pairs[i])+"}", oneLine(fmt.Sprint(pairs[i+1])))
	}
	return strings.NewReplacer(replacements...).Replace(text)
}

func oneLine(text string) string {
	text = strings.ReplaceAll(strings.TrimRight(text, "\r\n"), "\n", " ")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '�'
		}
		return r
	}, text)
}
