// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"redbench/sync/hq"
)

// check looks whether all is as it has to be, now that everybody has heard everything.
func (w *world) check() {
	w.say("-- check")
	w.rough.outbox = 0 // what a machine knows is read from what it offers
	for _, m := range w.boxes {
		m.restart()
	}
	known := w.export()
	w.checkVisits(known)
	w.checkFeed(known)
	w.checkEverybody(known)
	w.checkForgotten(known)
	w.checkClear()
}

// export is everything that head office has.
func (w *world) export() (items []hq.FeedItem) {
	var out bytes.Buffer
	if _, err := w.office.hq.Export(w.ctx, &out); err != nil {
		w.fail("head office cannot be exported: %v", err)
		return nil
	}
	for dec := json.NewDecoder(&out); dec.More(); {
		var item hq.FeedItem
		if err := dec.Decode(&item); err != nil {
			w.fail("what head office exported cannot be read: %v", err)
			return nil
		}
		items = append(items, item)
	}
	return items
}

// checkVisits: each visit is at head office once, or counted in one sum.
func (w *world) checkVisits(known []hq.FeedItem) {
	times := map[string]int{}
	summed := 0
	for _, item := range known {
		if v := item.Visit; v != nil {
			times[v.Checkout]++
			if w.ledger.visits[v.Checkout] == nil {
				w.fail("head office has a visit %q that nobody made", v.Checkout)
			}
			w.checkWhose(item)
		}
		if s := item.Summary; s != nil {
			summed += s.Counts["visit"]
		}
	}
	missing := 0
	for _, v := range w.ledger.order {
		n := times[v.checkout]
		switch {
		case n > 1:
			w.fail("visit %s of %s is at head office %d times", v.checkout, v.by.name, n)
		case n == 0 && !v.mayMiss:
			missing++
			w.say("visit %s of %s is not at head office", v.checkout, v.by.name)
		}
	}
	switch {
	case missing > summed:
		w.fail("%d visits are not at head office, and %d are counted in sums", missing, summed)
	case missing < summed && !w.ledger.loses:
		w.fail("%d visits are counted in sums, and %d are missing", summed, missing)
	}
}

func (w *world) checkWhose(item hq.FeedItem) {
	v := w.ledger.visits[item.Visit.Checkout]
	if v == nil {
		return
	}
	if v.person == nil && item.Visit.Customer != "" {
		w.fail("the visit %s of a stranger is somebody's", v.checkout)
	}
	if item.Store != "" && item.Store != v.by.store {
		w.fail("visit %s was at %s, and head office says %s", v.checkout, v.by.store, item.Store)
	}
}

// checkFeed: who has followed the feed knows what is there, and so does who reads it from its beginning.
func (w *world) checkFeed(known []hq.FeedItem) {
	fresh := newReader()
	for _, r := range []*reader{w.reader, fresh} {
		r.read(w)
		for _, item := range known {
			item.Cursor = ""
			got, is := r.item(keyOf(item))
			if !is {
				w.fail("the feed did not tell %s %s (from the beginning: %v)", item.Kind, keyOf(item).id, r == fresh)
				return
			}
			if r.takenBack(got) {
				estrange(&got)
				estrange(&item)
			}
			if item.Customer != nil { // an export says who she is, not who told so last
				got.Store, got.At, item.Store, item.At = "", time.Time{}, "", time.Time{}
			}
			if a, b := text(got), text(item); a != b {
				w.fail("the feed tells of %s %s\n  %s\nand head office has\n  %s", item.Kind, keyOf(item).id, a, b)
				return
			}
		}
	}
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// checkClear: nobody's name and nothing told rests in clear, in any file of anybody.
func (w *world) checkClear() {
	dirs := []string{w.office.dir}
	for _, m := range w.boxes {
		dirs = append(dirs, m.dir)
	}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			w.fail("listing %s: %v", dir, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				continue // a lock
			}
			for _, mark := range []string{nameMark, factMark, cardMark, phoneMark} {
				if at := bytes.Index(data, []byte(mark)); at >= 0 {
					w.fail("%s holds in clear: %q", filepath.Base(file), data[at:min(at+20, len(data))])
				}
			}
		}
	}
}

// tx reads head office's tables.
func (w *world) tx(f func(tx hq.Tx) error) {
	if err := w.office.db.View(context.WithoutCancel(w.ctx), f); err != nil {
		w.fail("head office's tables cannot be read: %v", err)
	}
}
