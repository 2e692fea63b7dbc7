// SPDX-License-Identifier: Apache-2.0

package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
)

// Each call arrives as it was asked, and its answer comes back whole.
func TestEveryCallGoesThere(t *testing.T) {
	box := &fakeBox{}
	client, _ := serve(t, box)
	ctx := t.Context()
	card := edge.Identifier{Kind: edge.KindCard, Value: "6001 2"}
	cases := []struct {
		asked string
		call  func() (any, error)
		want  any
	}{
		{"status", func() (any, error) { return client.Status(ctx) },
			Status{Running: true, Version: "v1", Now: noon, Lanes: []string{"1"}, UI: Listener{Address: "127.0.0.1:1"}}},
		{"probe", func() (any, error) { return client.Probe(ctx) },
			ProbeReport{At: noon, Steps: []ProbeStep{{Name: edge.StepMQTT, Took: 3, Error: "gone"}}}},
		{"pair {Lane:3 Manager:false Name:till three}", func() (any, error) {
			return client.Pair(ctx, PairRequest{Lane: "3", Name: "till three"})
		}, Pairing{Code: "ABC", URL: "http://x", Token: "t", Expires: noon}},
		{"approve {Code:XYZ Lane: Manager:true Name:}", func() (any, error) {
			return nil, client.Approve(ctx, ApproveRequest{Code: "XYZ", Manager: true})
		}, nil},
		{"screens", func() (any, error) { return client.Screens(ctx) },
			[]Screen{{ID: "s1", Lane: "1", Paired: noon, Connected: true}}},
		{`revoke "a/b c"`, func() (any, error) { return nil, client.Revoke(ctx, "a/b c") }, nil},
		{"enroll {URL:https://hq Code:ABC Again:false}", func() (any, error) {
			return client.Enroll(ctx, EnrollRequest{URL: "https://hq", Code: "ABC"})
		}, EnrollReport{URL: "https://hq", Store: "s", Enrolled: noon}},
		{"forget card 6001 2", func() (any, error) { return client.Forget(ctx, card) }, ForgetReport{Customer: "c1", Cleared: 2}},
		{"customer card 6001 2", func() (any, error) { return client.Customer(ctx, card) },
			Customer{ID: "c1", Name: "Maya", Since: noon}},
		{"dossier card 6001 2", func() (any, error) { return client.Dossier(ctx, card) },
			edge.Dossier{ID: "c1", Visits: []edge.DossierVisit{{At: noon}}}},
		{"merge card 6001 2 into customer c9", func() (any, error) {
			return client.Merge(ctx, MergeRequest{Keep: edge.Identifier{Kind: edge.KindCustomer, Value: "c9"}, Other: card})
		}, MergeReport{Customer: "c1", Merged: "c2", Consent: edge.ConsentRemember, Undo: true, Screens: 1}},
		{"unmerge c2 from card 6001 2", func() (any, error) {
			return client.Unmerge(ctx, UnmergeRequest{Keep: card, ID: "c2"})
		}, UnmergeReport{Customer: "c1", Parted: "c2"}},
		{"try 6001 2 2026-11-22 12:00:00 +0000 UTC fr", func() (any, error) {
			return client.Try(ctx, TryRequest{Identifier: card, At: noon, Language: "fr"})
		}, Trial{Who: edge.Who{Name: "Maya"}, Considered: []Candidate{{Rule: "r", Chosen: true}}}},
		{"quarantine 7", func() (any, error) { return client.Quarantine(ctx, 7) },
			[]Quarantined{{ID: "q1", Reason: "json", At: noon}}},
		{`quarantine show "q/1"`, func() (any, error) { return client.QuarantineShow(ctx, "q/1") },
			Quarantined{ID: "q/1", Reason: "json", At: noon}},
	}
	for _, c := range cases {
		got, err := c.call()
		if err != nil {
			t.Errorf("%s: %v", c.asked, err)
		}
		if box.asked != c.asked {
			t.Errorf("asked %q, want %q", box.asked, c.asked)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.asked, diff)
		}
	}
}

func TestErrorsKeepTheirMeaning(t *testing.T) {
	box := &fakeBox{}
	client, _ := serve(t, box)
	for _, meaning := range []error{edge.ErrNotFound, edge.ErrAmbiguous, ErrNeedsDaemon} {
		box.err = fmt.Errorf("looking: %w", meaning)
		_, err := client.Customer(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "1"})
		if !errors.Is(err, meaning) || err.Error() != box.err.Error() {
			t.Errorf("%v came back as %v", box.err, err)
		}
		_, err = client.Import(t.Context(), ImportRequest{}, strings.NewReader("a\n"), nil)
		if !errors.Is(err, meaning) {
			t.Errorf("%v came back from an import as %v", box.err, err)
		}
	}
	box.err = fmt.Errorf("pairing: %w", edge.Refuse("lane", "lane %q is no lane", "a b"))
	_, err := client.Pair(t.Context(), PairRequest{})
	var refusal *edge.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "lane" || refusal.Text != `lane "a b" is no lane` {
		t.Errorf("the refusal came back as %#v", err)
	}
	box.err = errors.New("the disk is full")
	if _, err := client.Screens(t.Context()); err == nil || err.Error() != "the disk is full" {
		t.Errorf("an ordinary error came back as %v", err)
	}
}

// TestAnExportArrivesWhole: its parts in order, its progress and its report; or the error that ended it.
func TestAnExportArrivesWhole(t *testing.T) {
	box := &fakeBox{}
	client, _ := serve(t, box)
	var out strings.Builder
	last := 0
	report, err := client.Export(t.Context(), ExportRequest{Kind: ImportVisits, Format: FormatCSV}, &out, func(p edge.ExportProgress) { last = p.Done })
	if err != nil || report.Rows != 3 || last != 2 || out.String() != "part 0\npart 1\npart 2\n" || box.asked != "export visits csv" {
		t.Errorf("%+v, %v, %d, %q, %q", report, err, last, out.String(), box.asked)
	}
	box.err = edge.ErrNotFound
	if _, err := client.Export(t.Context(), ExportRequest{}, io.Discard, nil); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestAnImportStreamsBothWays(t *testing.T) {
	box := &fakeBox{}
	client, _ := serve(t, box)
	reader, writer := io.Pipe()
	told := make(chan int, 3)
	go func() {
		// Each row is written only once the progress of the row before has come back: neither way is held until the end.
		for want := 1; want <= 3; want++ {
			_, _ = io.WriteString(writer, "row\n")
			if got := <-told; got != want {
				t.Errorf("progress told %d rows, want %d", got, want)
			}
		}
		_ = writer.Close()
	}()
	req := ImportRequest{Kind: ImportVisits, Format: FormatCSV, Consent: edge.ConsentRecognise}
	report, err := client.Import(t.Context(), req, reader, func(p edge.ImportProgress) { told <- p.Rows })
	if err != nil || report.Rows != 3 {
		t.Errorf("got %+v, %v", report, err)
	}
	if want := fmt.Sprintf("import %+v", req); box.asked != want {
		t.Errorf("asked %q, want %q", box.asked, want)
	}
}

func TestAnImportEndsWhenThePersonGivesUp(t *testing.T) {
	for _, open := range []bool{true, false} { // while the file is being sent, and after all of it was
		box := &fakeBox{started: make(chan struct{}), ended: make(chan error, 1)}
		client, _ := serve(t, box)
		reader, writer := io.Pipe()
		go func() {
			_, _ = io.WriteString(writer, "row\n")
			if !open {
				_ = writer.Close()
			}
		}()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-box.started
			cancel()
		}()
		_, err := client.Import(ctx, ImportRequest{}, reader, nil)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("file open %v: the person saw %v", open, err)
		}
		if err := <-box.ended; !errors.Is(err, context.Canceled) {
			t.Errorf("file open %v: the box saw %v", open, err)
		}
		_ = writer.Close()
	}
}

func TestAFileThatCannotBeReadIsToldAsSuch(t *testing.T) {
	client, _ := serve(t, &fakeBox{})
	broken := io.MultiReader(strings.NewReader("row\n"), brokenReader{})
	_, err := client.Import(t.Context(), ImportRequest{}, broken, nil)
	if err == nil || err.Error() != "reading the file: the stick was pulled" {
		t.Errorf("got %v", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("the stick was pulled") }

func TestADaemonThatStopsEndsTheImport(t *testing.T) {
	dir := t.TempDir()
	l, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	box := &fakeBox{err: context.Canceled, started: make(chan struct{}), ended: make(chan error, 1)}
	server := NewServer(box, slog.New(slog.DiscardHandler))
	go func() { _ = server.Serve(l) }()
	client, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	reader, writer := io.Pipe()
	go func() {
		_, _ = io.WriteString(writer, "row\n")
		<-box.started
		_ = writer.Close()
		_ = server.Stop(context.Background())
	}()
	_, err = client.Import(t.Context(), ImportRequest{}, reader, nil)
	if err == nil || err.Error() != "the daemon stopped before the import was done; run it again" {
		t.Errorf("the person saw %v", err)
	}
	if err := <-box.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the box saw %v", err)
	}
}

func TestNothingOfACallIsLogged(t *testing.T) {
	var out bytes.Buffer
	h := handler(&fakeBox{err: edge.ErrNotFound}, slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	body := `{"kind":"card","value":"6001002003004"}`
	for _, path := range []string{"/forget", "/customer", "/import?kind=customers"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", path, strings.NewReader(body)))
	}
	if !strings.Contains(out.String(), "POST /forget") || strings.Contains(out.String(), "6001002003004") {
		t.Errorf("logged %s", out.String())
	}
}

func TestAGarbledRequestIsRefusedWithoutRepeatingIt(t *testing.T) {
	h := handler(&fakeBox{}, slog.New(slog.DiscardHandler))
	for _, body := range []string{`{"kind":"card","valve":"600100"}`, `{"kind":"card"`, `"600100"`, ``} {
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, httptest.NewRequest("POST", "/forget", strings.NewReader(body)))
		if recorder.Code != 422 || strings.Contains(recorder.Body.String(), "600100") || strings.Contains(recorder.Body.String(), "valve") {
			t.Errorf("%s: %d %s", body, recorder.Code, recorder.Body)
		}
	}
}

func FuzzWireError(f *testing.F) {
	f.Add([]byte(`{"code":"refused","refusal":"lane","text":"no"}`))
	f.Add([]byte(`{"code":"not-found","text":"x"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var wire wireError
		if json.Unmarshal(raw, &wire) != nil {
			return
		}
		if wire.err() == nil {
			t.Errorf("%s is no error", raw)
		}
	})
}
