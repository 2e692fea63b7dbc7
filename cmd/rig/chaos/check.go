// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	_ "github.com/mattn/go-sqlite3" // to look whether the databases are sound

	"redbench/cmd/rig/count"
	"redbench/edge/store"
	"redbench/sync/hq"
	hqstore "redbench/sync/hq/store"
)

// Report is what came of a run.
type Report struct {
	Seed        uint64        `json:"seed"`
	BoxKills    int           `json:"box_kills"`
	OfficeKills int           `json:"office_kills"`
	Stops       int           `json:"stops"`  // of a box and head office, as a service manager does
	Faults      map[Fault]int `json:"faults"` // how often each met something on its way
	Counted     count.Counted `json:"checkouts"`
	Erasures    int           `json:"erasures"` // ordered, and confirmed by all
	Databases   int           `json:"databases"`
	Problems    []string      `json:"problems,omitempty"`
}

func newReport(seed uint64) Report { return Report{Seed: seed, Faults: map[Fault]int{}} }

func (r *Report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// String tells it in one line.
func (r Report) String() string {
	faults := make([]string, 0, len(r.Faults))
	for _, f := range Faults() {
		faults = append(faults, fmt.Sprintf("%s %d", f, r.Faults[f]))
	}
	line := fmt.Sprintf("seed %d: %d kills of boxes, %d of head office, %d stops; %s; checkouts: %v; %d erasures confirmed by all; %d databases sound",
		r.Seed, r.BoxKills, r.OfficeKills, r.Stops, strings.Join(faults, ", "), r.Counted, r.Erasures, r.Databases)
	if len(r.Problems) > 0 {
		line += "; PROBLEMS: " + strings.Join(r.Problems, "; ")
	}
	return line
}

// check looks at what there is when everything has arrived.
func (w *world) check(ctx context.Context) error {
	for _, s := range w.shops {
		for f, n := range s.proxy.Did() {
			w.report.Faults[f] += n
		}
	}
	arrived := map[string][]string{} // by till: each tells one checkout after the other
	placed := map[string]bool{}      // still in the place at which it came
	erasures := 0
	err := w.office.Feed(ctx, func(item hq.FeedItem, line []byte) error {
		switch {
		case item.Visit != nil:
			till := item.Store + "/" + item.Visit.Lane
			visit := key(item.Store, item.Visit.Lane, item.Visit.Checkout)
			arrived[till] = append(arrived[till], visit)
			placed[visit] = item.Visit.Customer != "" // of who is forgotten, the feed tells visits anew, at its end
		case item.Erasure != nil:
			erasures++
		}
		for _, name := range w.forgot {
			if strings.Contains(string(line), name+`"`) {
				w.report.problem("%s is still in the feed", name)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.count(arrived, placed)
	w.report.Erasures = erasures
	if erasures != len(w.forgot) {
		w.report.problem("%d erasures are known of %d that were ordered", erasures, len(w.forgot))
	}
	return w.sound(ctx)
}

func (w *world) count(arrived map[string][]string, placed map[string]bool) {
	var all, first []string
	for _, s := range w.shops {
		for _, t := range s.tills {
			till := t.store + "/" + t.lane
			counted := count.Once(t.stored, arrived[till])
			counted.Disorder = count.Once(only(placed, t.stored), only(placed, arrived[till])).Disorder
			w.report.Counted = w.report.Counted.And(counted)
			all, first = append(all, t.stored...), append(first, arrived[till]...)
			delete(arrived, till)
		}
	}
	for till := range arrived {
		w.report.problem("checkouts of a till that is none, %s", till)
	}
	if !w.report.Counted.Clean() {
		w.report.problem("%v: %s", w.report.Counted, missing(all, first))
	} else if err := count.Control(only(placed, all), only(placed, first)); err != nil {
		w.report.problem("%v", err)
	}
}

// only gives those of a list that are in a set.
func only(set map[string]bool, list []string) (out []string) {
	for _, each := range list {
		if set[each] {
			out = append(out, each)
		}
	}
	return out
}

// missing names some of what was lost or doubled.
func missing(told, arrived []string) string {
	times := map[string]int{}
	for _, id := range arrived {
		times[id]++
	}
	var out []string
	for _, id := range told {
		if times[id] != 1 && len(out) < 10 {
			out = append(out, fmt.Sprintf("%s %d times", id, times[id]))
		}
	}
	return strings.Join(out, ", ")
}

// sound stops everybody and checks the databases.
func (w *world) sound(ctx context.Context) error {
	files := []string{filepath.Join(w.office.State(), hqstore.File)}
	err := w.office.Stop()
	for _, s := range w.shops {
		files = append(files, filepath.Join(s.box.State(), store.File))
		err = errors.Join(err, s.box.Stop())
	}
	if err != nil {
		return err
	}
	slices.Sort(files)
	for _, file := range files {
		said, err := integrity(ctx, file)
		if err != nil {
			return err
		}
		if said != "ok" {
			w.report.problem("%s: %s", file, said)
			continue
		}
		w.report.Databases++
	}
	return nil
}

func integrity(ctx context.Context, file string) (said string, err error) {
	db, err := sql.Open("sqlite3", "file:"+file)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&said); err != nil {
		return "", fmt.Errorf("checking %s: %w", file, err)
	}
	return said, nil
}
