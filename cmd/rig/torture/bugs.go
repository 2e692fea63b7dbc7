// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"bytes"
	"io"
	"maps"
	"net/http"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/sync/wire"
)

// bug is a mistake that is planted from outside, to see that it is found. The product knows nothing of it.
type bug string

// The bugs.
const (
	noBug               bug = ""
	bugAckBeforeDurable bug = "ack-before-durable"  // head office says that a batch is durable, and it is not
	bugNewIDs           bug = "resend-new-ids"      // what is sent again has other ids
	bugAckHigher        bug = "ack-higher"          // head office acknowledges one more than it has
	bugCursorFirst      bug = "cursor-first"        // the cursor moves before the page is applied
	bugLateRecords      bug = "late-records"        // erasures do not hold for what comes later
	bugArrivalOrder     bug = "arrival-order"       // what comes last wins
	bugTombstoneLost    bug = "tombstone-lost"      // a restored box does not hear again whom to forget
	bugSummaryTwice     bug = "summary-twice"       // a sum counts what is in it twice
	bugKeepBox          bug = "keep-box"            // a restored box keeps its id
	bugTillTooEarly     bug = "till-before-durable" // a till is told that its event is stored, and it is not
	bugReceiptFirst     bug = "receipt-first"       // an erasure is confirmed that was not carried out
)

// bugs lists all of them.
func bugs() []bug {
	return []bug{bugAckBeforeDurable, bugNewIDs, bugAckHigher, bugCursorFirst, bugLateRecords, bugArrivalOrder, bugTombstoneLost,
		bugSummaryTwice, bugKeepBox, bugTillTooEarly, bugReceiptFirst}
}

func (w *world) plants(b bug) bool { return w.bug == b }

// plantInRecords changes what a machine reads of its outbox.
func (m *machine) plantInRecords(records []edge.Record) []edge.Record {
	switch m.w.bug {
	case bugNewIDs:
		for i := range records {
			records[i].ID = uuid.Must(uuid.NewV7()).String()
		}
	case bugSummaryTwice:
		for i := range records {
			if s := records[i].Summary; s != nil {
				s.Counts = maps.Clone(s.Counts)
				for kind := range s.Counts {
					s.Counts[kind] *= 2
				}
			}
		}
	}
	return records
}

// plantInPage changes what a machine is told.
func (m *machine) plantInPage(page edge.Page) edge.Page {
	switch m.w.bug {
	case bugArrivalOrder:
		for i := range page.Changes {
			if c := page.Changes[i].Customer; c != nil {
				c.Fields = m.byArrival(c.Fields)
			}
			if f := page.Changes[i].Fact; f != nil {
				f.Fields = m.byArrival(f.Fields)
			}
		}
	case bugReceiptFirst:
		for i := range page.Changes {
			if e := page.Changes[i].Erasure; e != nil {
				e.Customers, e.Tombstones = nil, nil
			}
		}
	}
	return page
}

// byArrival gives what arrives a stamp that wins.
func (m *machine) byArrival(fields edge.Fields) edge.Fields {
	out := fields.Merge(nil)
	for name, r := range out {
		r.At = edge.Stamp{Wall: m.now().UnixMicro(), Origin: "arrival"}
		r.Rank = edge.RankCorrected
		out[name] = r
	}
	return out
}

// plantInAck makes an acknowledgement one higher.
func (w *world) plantInAck(answer *http.Response, body []byte) []byte {
	var ack wire.Ack
	if err := wire.Unmarshal(body, &ack); err != nil {
		return body
	}
	ack.Upto++
	body, err := wire.Marshal(ack)
	if err != nil {
		w.fail("encoding an acknowledgement: %v", err)
	}
	answer.Header.Del("Content-Encoding")
	wire.Body{Type: wire.TypeJSON, Data: body}.SetHeader(answer.Header)
	answer.ContentLength = int64(len(body))
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return body
}
