// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"redbench/edge"
)

// ExportRequest says what is written, and how.
type ExportRequest struct {
	Kind   string `json:"kind"`   // ImportCustomers or ImportVisits
	Format string `json:"format"` // FormatCSV or FormatJSONL
}

// exportLine is one line of the answer to an export: any number of parts of the file and of progress, then a report or an error.
type exportLine struct {
	Part     []byte               `json:"part,omitempty"`
	Progress *edge.ExportProgress `json:"progress,omitempty"`
	Report   *edge.ExportReport   `json:"report,omitempty"`
	Error    *wireError           `json:"error,omitempty"`
}

var errExportCutShort = errors.New("the daemon stopped before the export was done; what was written is not whole")

// partWriter sends a file in parts. Progress goes between them.
type partWriter struct{ lines *json.Encoder }

func (p partWriter) Write(part []byte) (int, error) {
	if err := p.lines.Encode(exportLine{Part: part}); err != nil {
		return 0, err
	}
	return len(part), nil
}

// serveExport answers with the file, progress and the report.
func serveExport(box Box, w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	w.Header().Set("Content-Type", "application/jsonl")
	lines := json.NewEncoder(w)
	report, err := box.Export(r.Context(), ExportRequest{Kind: query.Get("kind"), Format: query.Get("format")}, partWriter{lines},
		func(p edge.ExportProgress) { _ = lines.Encode(exportLine{Progress: &p}) }) // whoever has gone shows by the next part
	if err != nil {
		_ = lines.Encode(exportLine{Error: toWire(err)})
		return
	}
	_ = lines.Encode(exportLine{Report: &report})
}

// Export writes what the daemon knows to a writer. When ctx ends, the daemon gives it up.
func (c *Client) Export(ctx context.Context, req ExportRequest, to io.Writer, progress func(edge.ExportProgress)) (edge.ExportReport, error) {
	query := url.Values{"kind": {req.Kind}, "format": {req.Format}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/export?"+query.Encode(), nil)
	if err != nil {
		return edge.ExportReport{}, fmt.Errorf("asking the daemon: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return edge.ExportReport{}, c.explain(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return edge.ExportReport{}, readError(response)
	}
	for decoder := json.NewDecoder(response.Body); ; {
		var line exportLine
		if err := decoder.Decode(&line); err != nil {
			if ctx.Err() != nil {
				return edge.ExportReport{}, ctx.Err()
			}
			return edge.ExportReport{}, errExportCutShort
		}
		switch {
		case line.Error != nil && line.Error.Code == codeCancelled:
			return edge.ExportReport{}, errExportCutShort
		case line.Error != nil:
			return edge.ExportReport{}, line.Error.err()
		case line.Report != nil:
			return *line.Report, nil
		case line.Part != nil:
			if _, err := to.Write(line.Part); err != nil {
				return edge.ExportReport{}, err
			}
		case line.Progress != nil && progress != nil:
			progress(*line.Progress)
		}
	}
}
