// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"io"

	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/exchange"
)

// Export writes customers or visits as an import takes them back.
func (r record) Export(ctx context.Context, req control.ExportRequest, to io.Writer, progress func(edge.ExportProgress)) (edge.ExportReport, error) {
	newWriter := exchange.NewCustomersWriter
	if req.Kind == control.ImportVisits {
		newWriter = exchange.NewVisitsWriter
	}
	out, err := newWriter(to, exchange.Format(req.Format))
	if err != nil {
		return edge.ExportReport{}, err
	}
	var report edge.ExportReport
	if req.Kind == control.ImportVisits {
		report, err = r.store.ExportVisits(ctx, out.Visit, progress)
	} else {
		report, err = r.store.ExportCustomers(ctx, out.Customer, progress)
	}
	if err != nil {
		return report, err
	}
	report.Rows = out.Rows()
	return report, out.Close()
}
