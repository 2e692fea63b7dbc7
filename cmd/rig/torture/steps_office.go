// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"context"
	"maps"

	"redbench/sync/hq"
)

// officeCopy is a backup of head office's directory.
type officeCopy struct {
	dir  string
	upto map[outboxKey]uint64
}

func (w *world) backupOffice() {
	o := w.office
	if o.dead {
		o.restart()
	}
	c := officeCopy{dir: w.newDir("hq-copy"), upto: maps.Clone(o.upto)}
	if err := copyDir(c.dir, o.dir); err != nil {
		w.fail("backing head office up: %v", err)
	}
	o.copies = append(o.copies, c)
}

// restoreOffice puts an older copy in the place of head office's disk.
func (w *world) restoreOffice() {
	o := w.office
	if len(o.copies) == 0 {
		return
	}
	c := pick(w, o.copies)
	alone := w.chance(0.5)
	w.say("head office is restored from a copy (of the database alone: %v)", alone)
	w.ledger.loses = true
	w.ledger.officeLost = true
	before, orders := o.visits(), w.orders()
	kept := w.keptOrders(orders)
	o.upto = maps.Clone(c.upto)
	o.putBack(c.dir, alone) // nobody tells it that it was restored
	w.mourn(before)
	w.loseOfficeOrders(orders, kept)
}

// visits are the checkouts that head office has one by one.
func (o *office) visits() map[string]bool {
	out := map[string]bool{}
	for _, item := range o.everything() {
		if item.Visit != nil {
			out[item.Visit.Checkout] = true
		}
	}
	return out
}

// everything is the feed from its beginning.
func (o *office) everything() (all []hq.FeedItem) {
	cursor := ""
	for {
		var items []hq.FeedItem
		err := o.ask("reading the feed", func(ctx context.Context) (err error) {
			items, cursor, err = o.hq.Feed(ctx, cursor, 500)
			return err
		})
		if err != nil {
			o.w.fail("the feed cannot be read: %v", err)
			return all
		}
		all = append(all, items...)
		if len(items) < 500 {
			return all
		}
	}
}
