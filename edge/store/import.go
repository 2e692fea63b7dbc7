// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"iter"

	"redbench/edge"
)

// ImportCustomers takes customers in, row by row. An error among the rows that is an *edge.BadRow is counted and skipped;
// any other ends the import. What was taken in before stays, and the same rows may come again: they change nothing.
func (s *Store) ImportCustomers(ctx context.Context, rows iter.Seq2[edge.CustomerRow, error], o edge.ImportOptions) (edge.ImportReport, error) {
	return edge.ImportReport{}, errors.ErrUnsupported
}

// ImportVisits takes visits in, whose rows stand together. Errors among the rows are as in ImportCustomers.
func (s *Store) ImportVisits(ctx context.Context, rows iter.Seq2[edge.VisitRow, error], o edge.ImportOptions) (edge.ImportReport, error) {
	return edge.ImportReport{}, errors.ErrUnsupported
}
