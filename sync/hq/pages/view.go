// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// group is the rows of one state.
type group struct {
	State State
	Title string
	Rows  []Row
}

var titles = map[State]string{Trouble: "Need a look", Waiting: "Waiting to be enrolled", Well: "All well", Revoked: "Revoked"}

// groups cuts rows, which are in order, where the state changes, and leaves out what was not looked for.
func groups(rows []Row, query string) (list []group) {
	for _, row := range rows {
		if !row.matches(query) {
			continue
		}
		if len(list) == 0 || list[len(list)-1].State != row.State {
			list = append(list, group{State: row.State, Title: titles[row.State]})
		}
		last := &list[len(list)-1]
		last.Rows = append(last.Rows, row)
	}
	return list
}

// Heard reports whether there is anything to tell of the store's box.
func (r Row) Heard() bool { return r.State == Trouble || r.State == Well }

// Text is what a search looks through.
func (r Row) Text() string {
	return strings.ToLower(strings.Join([]string{r.Store, r.Sentence(), r.Version, "playbook " + r.Playbook}, " "))
}

// matches reports whether each word of a query stands in the row.
func (r Row) matches(query string) bool {
	text := r.Text()
	for _, word := range strings.Fields(strings.ToLower(query)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// Headline is the whole page in one sentence.
func (f Fleet) Headline() string {
	all := fmt.Sprintf("all %s stores", grouped(f.Stores))
	switch {
	case f.Stores == 0:
		return "No store yet"
	case f.Stores == 1:
		all = "the one store"
	}
	joined := f.Stores - f.Waiting
	switch {
	case f.Trouble == 0 && f.Waiting == 0:
		return strings.ToUpper(all[:1]) + all[1:] + verb(f.Stores, " is well", " are well")
	case f.Trouble == 0 && joined == 0:
		return counted(f.Waiting, "store waits", "stores wait") + " to be enrolled"
	case f.Trouble == 0:
		return counted(joined, "store is well", "stores are well") + ", " + counted(f.Waiting, "waits", "wait") + " to be enrolled"
	}
	return fmt.Sprintf("%s of %s %s", grouped(f.Trouble), counted(f.Stores, "store", "stores"), verb(f.Trouble, "needs a look", "need a look"))
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func functions() template.FuncMap {
	return template.FuncMap{
		"grouped": grouped,
		"utc":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"clock":   func(t time.Time) string { return t.UTC().Format("15:04") + " UTC" },
	}
}
