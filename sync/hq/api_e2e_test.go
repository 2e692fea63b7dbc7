// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/seal"
	"redbench/sync/hq"
	"redbench/sync/hq/authority"
	hqstore "redbench/sync/hq/store"
	"redbench/sync/link"
	"redbench/sync/wire"
)

// secured is a whole head office on a free port: SQLite, its authority, TLS.
type secured struct {
	*hq.HQ
	authority *authority.Authority
	url       string

	mu  sync.Mutex
	now time.Time
}

func (o *secured) Now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *secured) pass(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func openSecured(t *testing.T) *secured {
	t.Helper()
	dir, quiet := t.TempDir(), slog.New(slog.DiscardHandler)
	keys, err := seal.OpenChain(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := &secured{now: time.Now()}
	store, err := hqstore.Open(t.Context(), hqstore.Options{Dir: dir, Fingerprint: keys.Fingerprint(), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if o.HQ, err = hq.New(hq.Options{Store: store, Keys: keys, Now: o.Now, Log: quiet}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.HQ.Close() })
	if o.authority, err = authority.Open(authority.Options{Dir: dir, Hostname: "hq", Log: quiet}); err != nil {
		t.Fatal(err)
	}
	api, err := hq.NewAPI(t.Context(), o.HQ, hq.APIOptions{CA: o.authority.CA(), Log: quiet, Now: o.Now})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := api.Server()
	server.TLSConfig = o.authority.TLS()
	go func() { _ = server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() { api.Close(); _ = server.Close() })
	o.url = "https://" + listener.Addr().String()
	return o
}

func (o *secured) code(t *testing.T, store string) string {
	t.Helper()
	pin := o.authority.Pin()
	code, err := o.AddStore(t.Context(), store, pin[:])
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// keysOf are what a box brings that worked alone.
func keysOf(b byte) []edge.Key {
	return []edge.Key{{ID: uint32(b) + 1, Key: []byte(strings.Repeat(string('a'+rune(b)), 32))}}
}

func (o *secured) enrol(t *testing.T, store, code string, keys []edge.Key) (link.Enrolled, error) {
	t.Helper()
	return link.Enrol(t.Context(), link.EnrolOptions{URL: o.url, Code: code, Store: store, Keys: keys, Version: "test"})
}

func (o *secured) box(t *testing.T, store string) *link.Client {
	t.Helper()
	got, err := o.enrol(t, store, o.code(t, store), keysOf(7))
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, got.Credentials)
}

func newClient(t *testing.T, c link.Credentials) *link.Client {
	t.Helper()
	client, err := link.New(link.Options{Credentials: c, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestABoxEnrolsOverTLS(t *testing.T) {
	o := openSecured(t)
	code := o.code(t, "harbour-7")
	if _, err := o.enrol(t, "station-1", code, keysOf(1)); !errors.Is(err, link.ErrCode) {
		t.Errorf("another store's code: %v", err)
	}
	first, err := o.enrol(t, "harbour-7", code, keysOf(1))
	if err != nil {
		t.Fatal(err)
	}
	if first.Credentials.Store != "harbour-7" || first.Credentials.CA != string(o.authority.CA()) || wire.CheckKeys(first.Chain) != nil {
		t.Errorf("%+v", first.Credentials)
	}
	status, err := newClient(t, first.Credentials).Status(t.Context(), wire.BoxStatus{Version: "test", Run: "r", Box: "b", Clock: o.Now()})
	if err != nil || !status.Now.Equal(o.Now().UTC()) {
		t.Errorf("%v %v", status, err)
	}

	again, err := o.enrol(t, "harbour-7", code, keysOf(1)) // the answer was lost
	if err != nil || again.Credentials.Token != first.Credentials.Token {
		t.Errorf("the same box asks again: %v", err)
	}
	for name, keys := range map[string][]edge.Key{"another box": keysOf(2), "a box without keys": nil} {
		if _, err := o.enrol(t, "harbour-7", code, keys); !errors.Is(err, link.ErrCode) {
			t.Errorf("%s has used the code: %v", name, err)
		}
	}
	bare := o.code(t, "s2")
	if _, err := o.enrol(t, "s2", bare, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := o.enrol(t, "s2", bare, nil); !errors.Is(err, link.ErrCode) {
		t.Errorf("whoever saw the code asks again: %v", err)
	}
	o.pass(15 * time.Minute)
	if _, err := o.enrol(t, "harbour-7", code, keysOf(1)); !errors.Is(err, link.ErrCode) {
		t.Errorf("after a quarter of an hour: %v", err)
	}
}

func TestACodeThatCannotBeUsed(t *testing.T) {
	o, other := openSecured(t), openSecured(t)
	if _, err := other.enrol(t, "s1", o.code(t, "s1"), keysOf(1)); !errors.Is(err, link.ErrPin) {
		t.Errorf("somebody else answers: %v", err)
	}
	code := o.code(t, "s1")
	o.code(t, "s1")
	if _, err := o.enrol(t, "s1", code, keysOf(1)); !errors.Is(err, link.ErrCode) {
		t.Errorf("a newer one was made: %v", err)
	}
	code = o.code(t, "s1")
	o.pass(hq.CodeLife)
	if _, err := o.enrol(t, "s1", code, keysOf(1)); !errors.Is(err, link.ErrCode) {
		t.Errorf("a week later: %v", err)
	}
	code = o.code(t, "s1")
	if err := o.RevokeStore(t.Context(), "s1"); err != nil {
		t.Fatal(err)
	}
	if _, err := o.enrol(t, "s1", code, keysOf(1)); !errors.Is(err, link.ErrCode) {
		t.Errorf("revoked: %v", err)
	}
	// A link to sign in is a code, too, and no store's.
	if _, err := o.AddUser(t.Context(), "jo", hq.RolePages); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.SignInLink(t.Context(), "jo"); err != nil {
		t.Fatal(err)
	}
	if _, err := o.enrol(t, "user:jo", o.code(t, "s2"), keysOf(1)); err == nil {
		t.Error("a user was enrolled")
	}
}

func TestAnEnrolmentIsNotRepeatedOnceItsCredentialsAreVoid(t *testing.T) {
	for name, void := range map[string]func(*secured, link.Enrolled) error{
		"revoked": func(o *secured, _ link.Enrolled) error { return o.RevokeStore(t.Context(), "s1") },
		"rotated": func(o *secured, got link.Enrolled) error { return newClient(t, got.Credentials).Rotate(t.Context()) },
	} {
		o := openSecured(t)
		code := o.code(t, "s1")
		got, err := o.enrol(t, "s1", code, keysOf(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := void(o, got); err != nil {
			t.Fatal(err)
		}
		if _, err := o.enrol(t, "s1", code, keysOf(1)); !errors.Is(err, link.ErrCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFormerTokenIsVoidOnceTheNewOneWasUsed(t *testing.T) {
	o := openSecured(t)
	got, err := o.enrol(t, "s1", o.code(t, "s1"), keysOf(1))
	if err != nil {
		t.Fatal(err)
	}
	former, box := newClient(t, got.Credentials), newClient(t, got.Credentials)
	if err := box.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := former.Changes(t.Context(), "", 0); err != nil {
		t.Errorf("before the new one was used: %v", err)
	}
	if _, err := box.Changes(t.Context(), "", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := former.Changes(t.Context(), "", 0); !errors.Is(err, link.ErrRevoked) {
		t.Errorf("after it was: %v", err)
	}
}

// waiting asks for changes after all that there is, and gives what came of it.
func waiting(t *testing.T, box *link.Client) (answer chan error, pages chan edge.Page) {
	t.Helper()
	page, err := box.Changes(t.Context(), "", 0)
	for err == nil && page.More {
		page, err = box.Changes(t.Context(), page.Cursor, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	answer, pages = make(chan error, 1), make(chan edge.Page, 1)
	go func() {
		next, err := box.Changes(t.Context(), page.Cursor, 50*time.Second)
		pages <- next
		answer <- err
	}()
	return answer, pages
}

func TestRevokingEndsTheQuestionThatWaits(t *testing.T) {
	o := openSecured(t)
	answer, _ := waiting(t, o.box(t, "s1"))
	if err := o.RevokeStore(t.Context(), "s1"); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; !errors.Is(err, link.ErrRevoked) {
		t.Errorf("%v", err)
	}
}

func TestAnErasureReachesTheQuestionThatWaits(t *testing.T) {
	o := openSecured(t)
	answer, pages := waiting(t, o.box(t, "s1"))
	if _, err := o.Forget(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "6001002003004"}); err != nil {
		t.Fatal(err)
	}
	if page := <-pages; len(page.Changes) != 1 || page.Changes[0].Kind != edge.ChangeErasure {
		t.Errorf("%+v", page)
	}
	if err := <-answer; err != nil {
		t.Error(err)
	}
}

func TestALinkIsUsedOnce(t *testing.T) {
	o, ctx := openSecured(t), t.Context()
	if _, _, err := o.SignInLink(ctx, "jo"); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	for name, role := range map[string]hq.Role{"jo": hq.RolePages, "crm": hq.RoleFeed} {
		if _, err := o.AddUser(ctx, name, role); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := o.SignInLink(ctx, "crm"); err == nil {
		t.Error("a program signs in")
	}
	link := func() string {
		code, _, err := o.SignInLink(ctx, "jo")
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	refused := func(what, code string) {
		t.Helper()
		if _, _, err := o.SignInByLink(ctx, code); !errors.Is(err, hq.ErrSignIn) {
			t.Errorf("%s: %v", what, err)
		}
	}
	older, code := link(), link()
	refused("an older link", older)
	token, expires, err := o.SignInByLink(ctx, code)
	if err != nil || expires.Sub(o.Now()) < 24*time.Hour {
		t.Fatalf("%v %v", expires, err)
	}
	refused("a used link", code)
	if user, err := o.Session(ctx, token); err != nil || user.Name != "jo" {
		t.Errorf("%v %v", user, err)
	}
	code = link()
	o.pass(hq.LinkLife)
	refused("an old link", code)
	code = link()
	if err := o.RevokeUser(ctx, "jo"); err != nil {
		t.Fatal(err)
	}
	refused("a revoked user's link", code)
	if _, err := o.Session(ctx, token); err == nil {
		t.Error("a revoked user's session")
	}
	refused("a store's code", o.code(t, "s1"))
}

// The feed end to end: what a box told, with its cursor.
func TestTheFeedOverTLS(t *testing.T) {
	o := openSecured(t)
	box := o.box(t, "s1")
	lines, err := wire.EncodeRecords(nil, "b1", []edge.Record{{
		Seq: 1, ID: "r1", Kind: edge.RecordVisit, At: o.Now(),
		Visit: &edge.VisitState{ID: "v1", At: o.Now(), Lane: "3", Total: edge.Money{Minor: 390, Currency: "EUR"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if ack, err := box.Records(t.Context(), box.Pack(lines)); err != nil || ack.Upto != 1 {
		t.Fatalf("%v %v", ack, err)
	}
	secret, err := o.AddUser(t.Context(), "crm", hq.RoleFeed)
	if err != nil {
		t.Fatal(err)
	}
	text := o.get(t, "/v1/feed", hq.FeedToken("crm", secret))
	if !strings.Contains(text, `"kind":"visit"`) || strings.Count(text, "\n") != 2 || !strings.Contains(text, "\n{\"cursor\":") {
		t.Errorf("%s", text)
	}
}

func (o *secured) get(t *testing.T, path, token string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", o.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	transport := &http.Transport{TLSClientConfig: o.authority.TLS().Clone(), ForceAttemptHTTP2: true}
	transport.TLSClientConfig.RootCAs = rootsOf(t, o.authority.CA())
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 || answer.ProtoMajor != 2 {
		t.Fatalf("%s %d %s %v", answer.Proto, answer.StatusCode, text, err)
	}
	return string(text)
}

func rootsOf(t *testing.T, pem []byte) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate")
	}
	return pool
}
