// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"errors"
	"io"
	"iter"

	"redbench/edge"
)

var errNotYet = errors.New("not built yet")

// ImportCustomers takes customers in, as a store's import does. The same rows may come again and change nothing.
func (h *HQ) ImportCustomers(ctx context.Context, rows iter.Seq2[edge.CustomerRow, error], o edge.ImportOptions) (edge.ImportReport, error) {
	return edge.ImportReport{}, errNotYet
}

// ImportVisits takes visits in, a line of a receipt a row; the rows of one visit stand together.
func (h *HQ) ImportVisits(ctx context.Context, rows iter.Seq2[edge.VisitRow, error], o edge.ImportOptions) (edge.ImportReport, error) {
	return edge.ImportReport{}, errNotYet
}

// Exported counts what an export wrote.
type Exported struct {
	Customers int `json:"customers"`
	Facts     int `json:"facts"`
	Visits    int `json:"visits"`
	Outcomes  int `json:"outcomes"`
	Summaries int `json:"summaries"`
}

// Export writes everything as JSON lines of FeedItem: the customers first, then what belongs to them.
func (h *HQ) Export(ctx context.Context, to io.Writer) (Exported, error) {
	return Exported{}, errNotYet
}
