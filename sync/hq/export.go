// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Exported counts what an export wrote.
type Exported struct {
	Customers int `json:"customers"`
	Facts     int `json:"facts"`
	Visits    int `json:"visits"`
	Outcomes  int `json:"outcomes"`
	Summaries int `json:"summaries"`
}

// exportPage is how many rows are read at a time: nobody who writes is held up, and the journal can be brought home.
const exportPage = 1000

// Export writes everything as JSON lines of FeedItem: each customer with her facts, then visits, outcomes and summaries in
// the order of their last changes. What is told while it runs may be in it or not.
func (h *HQ) Export(ctx context.Context, to io.Writer) (Exported, error) {
	out := bufio.NewWriterSize(to, 1<<16)
	x := exporter{HQ: h, out: json.NewEncoder(out)}
	x.out.SetEscapeHTML(false)
	err := errors.Join(x.customers(ctx), x.rest(ctx))
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return x.done, fmt.Errorf("exporting: %w", err)
	}
	return x.done, nil
}

type exporter struct {
	*HQ
	out  *json.Encoder
	done Exported
}

func (x *exporter) customers(ctx context.Context) error {
	last, more := int64(0), true
	for more {
		err := x.view(ctx, "", func(w *work) error {
			people, err := w.tx.PersonsAfter(last, exportPage)
			if err != nil {
				return err
			}
			more = len(people) == exportPage
			for _, row := range people {
				last = row.Number
				if err := x.customer(w, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) customer(w *work, row Person) error {
	p, err := w.open(row)
	if err != nil {
		return err
	}
	w.people[row.Number] = p
	x.done.Customers++
	if err := x.out.Encode(FeedItem{Kind: "customer", Customer: &p.state}); err != nil {
		return err
	}
	facts, err := w.tx.EntitiesOf(row.Number, EntityFact, 0)
	if err != nil {
		return err
	}
	for _, e := range facts {
		state, err := w.factState(e)
		if err != nil {
			return err
		}
		if state.Gone || len(state.Fields) == 0 {
			continue
		}
		x.done.Facts++
		if err := x.out.Encode(FeedItem{Kind: "fact", Store: e.Store, At: time.UnixMicro(e.At).UTC(), Fact: &state}); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) rest(ctx context.Context) error {
	pos, more := int64(0), true
	for more {
		err := x.view(ctx, "", func(w *work) error {
			rows, err := w.tx.EntitiesAfter(pos, exportPage)
			if err != nil {
				return err
			}
			more = len(rows) == exportPage
			for _, e := range rows {
				pos = e.Pos
				if err := x.one(w, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) one(w *work, e Entity) error {
	switch e.Kind {
	case EntityVisit:
		x.done.Visits++
	case EntityOutcome:
		x.done.Outcomes++
	case EntitySummary:
		x.done.Summaries++
	default:
		return nil
	}
	item, err := w.item(e)
	if err != nil {
		return err
	}
	return x.out.Encode(item)
}
