// SPDX-License-Identifier: Apache-2.0

package control

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/backup"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// fakeBox answers with what it was made with and notes what it was asked.
type fakeBox struct {
	err     error
	asked   string
	started chan struct{} // closed when an import has its first row
	ended   chan error    // what the import's context said
}

func (f *fakeBox) note(format string, args ...any) { f.asked = fmt.Sprintf(format, args...) }

func (f *fakeBox) Status(context.Context) (Status, error) {
	f.note("status")
	return Status{Running: true, Version: "v1", Now: noon, Lanes: []string{"1"}, UI: Listener{Address: "127.0.0.1:1"}}, f.err
}

func (f *fakeBox) Probe(context.Context) (ProbeReport, error) {
	f.note("probe")
	return ProbeReport{At: noon, Steps: []ProbeStep{{Name: edge.StepMQTT, Took: 3, Error: "gone"}}}, f.err
}

func (f *fakeBox) Pair(_ context.Context, req PairRequest) (Pairing, error) {
	f.note("pair %+v", req)
	return Pairing{Code: "ABC", URL: "http://x", Token: "t", Expires: noon}, f.err
}

func (f *fakeBox) Approve(_ context.Context, req ApproveRequest) error {
	f.note("approve %+v", req)
	return f.err
}

func (f *fakeBox) Screens(context.Context) ([]Screen, error) {
	f.note("screens")
	return []Screen{{ID: "s1", Lane: "1", Paired: noon, Connected: true}}, f.err
}

func (f *fakeBox) Revoke(_ context.Context, id string) error {
	f.note("revoke %q", id)
	return f.err
}

// Import reads lines until the end, telling progress after each.
func (f *fakeBox) Import(ctx context.Context, req ImportRequest, r io.Reader, progress func(edge.ImportProgress)) (edge.ImportReport, error) {
	f.note("import %+v", req)
	report := edge.ImportReport{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		report.Rows++
		progress(edge.ImportProgress{Rows: report.Rows, Bytes: int64(len(lines.Bytes()))})
		if report.Rows == 1 && f.started != nil {
			close(f.started)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if f.ended != nil {
		<-ctx.Done()
		f.ended <- ctx.Err()
	}
	if f.err != nil {
		return edge.ImportReport{}, f.err
	}
	return report, lines.Err()
}

func (f *fakeBox) Backup(_ context.Context, progress func(backup.Progress)) (backup.Backup, error) {
	f.note("backup")
	progress(backup.Progress{Doing: "copying", Done: 1, Of: 2})
	return backup.Backup{Name: "b1"}, f.err
}

func (f *fakeBox) Forget(_ context.Context, id edge.Identifier) (ForgetReport, error) {
	f.note("forget %s %s", id.Kind, id.Value)
	return ForgetReport{Customer: "c1", Cleared: 2}, f.err
}

func (f *fakeBox) Enroll(_ context.Context, req EnrollRequest) (EnrollReport, error) {
	f.note("enroll %+v", req)
	return EnrollReport{URL: "https://hq", Store: "s", Enrolled: noon}, f.err
}

func (f *fakeBox) Customer(_ context.Context, id edge.Identifier) (Customer, error) {
	f.note("customer %s %s", id.Kind, id.Value)
	return Customer{ID: "c1", Name: "Maya", Since: noon}, f.err
}

func (f *fakeBox) Dossier(_ context.Context, id edge.Identifier) (edge.Dossier, error) {
	f.note("dossier %s %s", id.Kind, id.Value)
	return edge.Dossier{ID: "c1", Visits: []edge.DossierVisit{{At: noon}}}, f.err
}

func (f *fakeBox) Export(_ context.Context, req ExportRequest, to io.Writer, progress func(edge.ExportProgress)) (edge.ExportReport, error) {
	f.note("export %s %s", req.Kind, req.Format)
	for part := range 3 {
		if _, err := fmt.Fprintf(to, "part %d\n", part); err != nil {
			return edge.ExportReport{}, err
		}
		progress(edge.ExportProgress{Done: part, Of: 3})
	}
	return edge.ExportReport{Rows: 3}, f.err
}

func (f *fakeBox) Merge(_ context.Context, req MergeRequest) (MergeReport, error) {
	f.note("merge %s %s into %s %s", req.Other.Kind, req.Other.Value, req.Keep.Kind, req.Keep.Value)
	return MergeReport{Customer: "c1", Merged: "c2", Consent: edge.ConsentRemember, Undo: true, Screens: 1}, f.err
}

func (f *fakeBox) Unmerge(_ context.Context, req UnmergeRequest) (UnmergeReport, error) {
	f.note("unmerge %s from %s %s", req.ID, req.Keep.Kind, req.Keep.Value)
	return UnmergeReport{Customer: "c1", Parted: "c2"}, f.err
}

func (f *fakeBox) Try(_ context.Context, req TryRequest) (Trial, error) {
	f.note("try %s %s %s", req.Identifier.Value, req.At, req.Language)
	return Trial{Who: edge.Who{Name: "Maya"}, Considered: []Candidate{{Rule: "r", Chosen: true}}}, f.err
}

func (f *fakeBox) Quarantine(_ context.Context, limit int) ([]Quarantined, error) {
	f.note("quarantine %d", limit)
	return []Quarantined{{ID: "q1", Reason: "json", At: noon}}, f.err
}

func (f *fakeBox) QuarantineShow(_ context.Context, id string) (Quarantined, error) {
	f.note("quarantine show %q", id)
	return Quarantined{ID: id, Reason: "json", At: noon}, f.err
}

// serve starts a server for box on a state directory of its own and gives a client of it.
func serve(t *testing.T, box Box) (*Client, string) {
	t.Helper()
	dir := t.TempDir()
	l, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(box, slog.New(slog.DiscardHandler))
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	client, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client, dir
}
