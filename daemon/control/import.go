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
	"sync"

	"redbench/edge"
)

// importLine is one line of the answer to an import: any number of progress, then a report or an error.
type importLine struct {
	Progress *edge.ImportProgress `json:"progress,omitempty"`
	Report   *edge.ImportReport   `json:"report,omitempty"`
	Error    *wireError           `json:"error,omitempty"`
}

var errCutShort = errors.New("the daemon stopped before the import was done; run it again")

// serveImport reads the file from the request while it answers with progress.
func serveImport(box Box, w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	req := ImportRequest{Kind: query.Get("kind"), Format: query.Get("format"), Consent: edge.Consent(query.Get("consent"))}
	control := http.NewResponseController(w)
	if err := control.EnableFullDuplex(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/jsonl")
	lines := &lineWriter{w: w, flush: control.Flush}
	report, err := box.Import(r.Context(), req, r.Body, func(p edge.ImportProgress) { lines.write(importLine{Progress: &p}) })
	if err != nil {
		lines.write(importLine{Error: toWire(err)})
		return
	}
	lines.write(importLine{Report: &report})
}

// lineWriter writes JSON lines, each at once. A reader that has gone shows itself by the request's context.
type lineWriter struct {
	mu    sync.Mutex
	w     io.Writer
	flush func() error
}

func (l *lineWriter) write(line importLine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if json.NewEncoder(l.w).Encode(line) == nil {
		_ = l.flush()
	}
}

// Import sends r to the daemon and gives its report. When ctx ends, the daemon stops after the commit it is at; what
// is committed stays, and the same file may be sent again.
func (c *Client) Import(ctx context.Context, req ImportRequest, r io.Reader, progress func(edge.ImportProgress)) (edge.ImportReport, error) {
	query := url.Values{"kind": {req.Kind}, "format": {req.Format}, "consent": {string(req.Consent)}}
	source := &sendError{r: r}
	body, stop := pumped(ctx, source)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/import?"+query.Encode(), body)
	if err != nil {
		return edge.ImportReport{}, fmt.Errorf("asking the daemon: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return edge.ImportReport{}, source.or(c.explain(ctx, err))
	}
	defer response.Body.Close()
	report, err := readImport(response, progress)
	if err != nil {
		return edge.ImportReport{}, source.or(c.explain(ctx, err))
	}
	return report, nil
}

// pumped reads r in a goroutine of its own and lets go of it when ctx ends. The transport waits for a body's reader even
// after that, and r (a pipe, a terminal) may not answer for long.
func pumped(ctx context.Context, r io.Reader) (body io.ReadCloser, stop func() bool) {
	reader, writer := io.Pipe()
	go func() {
		_, err := io.Copy(writer, r)
		_ = writer.CloseWithError(err) // never fails
	}()
	return reader, context.AfterFunc(ctx, func() { _ = reader.CloseWithError(ctx.Err()) })
}

func readImport(response *http.Response, progress func(edge.ImportProgress)) (edge.ImportReport, error) {
	decoder := json.NewDecoder(response.Body)
	for {
		var line importLine
		if err := decoder.Decode(&line); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = errCutShort
			}
			return edge.ImportReport{}, err
		}
		switch {
		case line.Error != nil && line.Error.Code == codeCancelled:
			return edge.ImportReport{}, errCutShort
		case line.Error != nil:
			return edge.ImportReport{}, line.Error.err()
		case line.Report != nil:
			return *line.Report, nil
		case line.Progress != nil && progress != nil:
			progress(*line.Progress)
		}
	}
}

// sendError remembers that reading the file failed: the transport then only says that the connection broke.
type sendError struct {
	r   io.Reader
	mu  sync.Mutex
	err error
}

func (s *sendError) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.mu.Lock()
		s.err = err
		s.mu.Unlock()
	}
	return n, err
}

func (s *sendError) or(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return fmt.Errorf("reading the file: %w", s.err)
	}
	return err
}
