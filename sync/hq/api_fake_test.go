// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"redbench/edge"
	"redbench/sync/wire"
)

var apiStart = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// fakeOffice answers as it is told. What is nil answers with something empty.
type fakeOffice struct {
	mu      sync.Mutex
	revoked map[string]bool
	user    User
	fail    error // of every call that takes something from a box

	take    func(context.Context, string, string, []edge.Record) (wire.Ack, error)
	wait    func(context.Context, string, string) error
	changes func(cursor string) edge.Page
	feed    func(after string, limit int) ([]FeedItem, string, error)
	enrol   func(wire.EnrolRequest) (Enrolled, error)
	lookup  func([]edge.IdentifierHash) (edge.Found, error)
	relay   func(vendor string, events []edge.Event) (int, error)
	ready   error
}

func (f *fakeOffice) revoke(store string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.revoked == nil {
		f.revoked = map[string]bool{}
	}
	f.revoked[store] = true
}

func (f *fakeOffice) Enrol(_ context.Context, r wire.EnrolRequest) (Enrolled, error) {
	if f.enrol != nil {
		return f.enrol(r)
	}
	return Enrolled{}, ErrCode
}

func (f *fakeOffice) Authenticate(_ context.Context, store string, serial uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.revoked[store] || serial != 7 {
		return ErrRevoked
	}
	return nil
}

func (f *fakeOffice) Rotate(context.Context, string) (uint64, error) { return 8, f.fail }

func (f *fakeOffice) Secret(context.Context, string) ([]byte, error) {
	return bytes.Repeat([]byte{1}, 32), nil
}

func (f *fakeOffice) Take(ctx context.Context, store, box string, records []edge.Record) (wire.Ack, error) {
	if f.take != nil {
		return f.take(ctx, store, box, records)
	}
	return wire.Ack{Upto: records[len(records)-1].Seq}, f.fail
}

func (f *fakeOffice) Orders(context.Context, string, []edge.Order) error { return f.fail }

// Changes knows no cursor of a store that was revoked, as head office does not.
func (f *fakeOffice) Changes(_ context.Context, store, cursor string, _ int) (edge.Page, error) {
	page := edge.Page{Cursor: "c1"}
	if f.changes != nil {
		page = f.changes(cursor)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if cursor == "bad" || f.revoked[store] {
		return edge.Page{}, ErrCursor
	}
	return page, f.fail
}

func (f *fakeOffice) Wait(ctx context.Context, store, cursor string) error {
	if f.wait != nil {
		return f.wait(ctx, store, cursor)
	}
	<-ctx.Done()
	return ctx.Err()
}

func (f *fakeOffice) Lookup(_ context.Context, _ string, hashes []edge.IdentifierHash) (edge.Found, error) {
	if f.lookup != nil {
		return f.lookup(hashes)
	}
	return edge.Found{}, edge.ErrNotFound
}

func (f *fakeOffice) Status(context.Context, string, wire.BoxStatus) (wire.StatusAnswer, error) {
	return wire.StatusAnswer{Now: apiStart}, f.fail
}

func (f *fakeOffice) FeedWithin(_ context.Context, after string, limit, _ int) ([]FeedItem, string, bool, error) {
	if f.feed != nil {
		items, next, err := f.feed(after, limit)
		return items, next, len(items) == limit, err
	}
	return nil, "f0", false, f.fail
}

func (f *fakeOffice) Relay(_ context.Context, vendor string, events []edge.Event) (int, error) {
	if f.relay != nil {
		return f.relay(vendor, events)
	}
	return len(events), f.fail
}

func (f *fakeOffice) CheckUser(_ context.Context, name, secret string) (User, error) {
	if secret != "right" {
		return User{}, ErrSignIn
	}
	return User{Name: name, Role: f.user.Role}, nil
}

func (f *fakeOffice) SignInByLink(_ context.Context, code string) (string, time.Time, error) {
	if code != "good" {
		return "", time.Time{}, ErrSignIn
	}
	return "session", apiStart.Add(sessionLife), nil
}

func (f *fakeOffice) Session(_ context.Context, token string) (User, error) {
	if token != "session" {
		return User{}, ErrSignIn
	}
	return f.user, nil
}

func (f *fakeOffice) SignOut(context.Context, string) error { return nil }

func (f *fakeOffice) Ready(context.Context) error { return f.ready }

// testAPI is an API over HTTP with a fake behind it.
type testAPI struct {
	*API
	office *fakeOffice
	url    string
	log    *syncBuffer
	now    *testClock
}

// testClock is a clock that a test sets.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// syncBuffer is a log that several goroutines write.
type syncBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

func fakeAPI(t testing.TB, office *fakeOffice) *testAPI {
	t.Helper()
	registry := prometheus.NewRegistry()
	log, now := &syncBuffer{}, &testClock{now: apiStart}
	a, err := newAPI(t.Context(), office, APIOptions{
		CA: []byte("PEM"), Registry: registry, Metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), MetricsToken: "scrape",
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: now.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = a.Server()
	server.Start()
	t.Cleanup(func() { a.Close(); server.Close() })
	return &testAPI{API: a, office: office, url: server.URL, log: log, now: now}
}

// bearer is the header of store s1's token.
func (a *testAPI) bearer() string { return "Bearer " + a.key.mint(claims{Store: "s1", Serial: 7}) }

// ask makes a request; headers are given as name, value.
type asked struct {
	method, path, body string
	header             []string
	plain              bool // without the token of store s1
}

type answered struct {
	status  int
	header  http.Header
	body    string
	problem wire.Problem // where it is one
}

func (a *testAPI) do(t testing.TB, q asked) answered {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), q.method, a.url+q.path, strings.NewReader(q.body))
	if err != nil {
		t.Fatal(err)
	}
	if !q.plain {
		r.Header.Set("Authorization", a.bearer())
	}
	if q.body != "" {
		r.Header.Set("Content-Type", wire.TypeJSON)
	}
	for i := 0; i+1 < len(q.header); i += 2 {
		r.Header.Set(q.header[i], q.header[i+1])
	}
	return send(t, r)
}

func send(t testing.TB, r *http.Request) answered {
	t.Helper()
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answered{status: answer.StatusCode, header: answer.Header, body: string(body)}
	if answer.Header.Get("Content-Type") == wire.TypeProblem && len(body) > 0 {
		if err := wire.Unmarshal(body, &got.problem); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
	}
	return got
}

func records(t testing.TB, count int) string {
	t.Helper()
	list := make([]edge.Record, count)
	for i := range list {
		seq := uint64(i + 1)
		list[i] = edge.Record{
			Seq: seq, Prev: seq - 1, ID: "r" + strings.Repeat("i", i%9), Kind: edge.RecordVoid, At: apiStart,
		}
	}
	data, err := wire.EncodeRecords(nil, "box-1", list)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
