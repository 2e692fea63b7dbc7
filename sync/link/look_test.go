// SPDX-License-Identifier: Apache-2.0

package link_test

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"redbench/edge/seal"
	"redbench/sync/hq"
	"redbench/sync/hq/authority"
	"redbench/sync/hq/store"
	"redbench/sync/link"
)

// office is a whole head office, with a box that is enrolled there.
type office struct {
	*hq.HQ
	url         string
	credentials link.Credentials
	ahead       time.Duration // of its clock's word

	mu    sync.Mutex
	calls []string
}

func openOffice(t *testing.T) *office {
	t.Helper()
	dir, quiet := t.TempDir(), slog.New(slog.DiscardHandler)
	keys, err := seal.OpenChain(dir)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := store.Open(t.Context(), store.Options{Dir: dir, Fingerprint: keys.Fingerprint(), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	o := &office{}
	if o.HQ, err = hq.New(hq.Options{Store: opened, Keys: keys, Log: quiet}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.HQ.Close() })
	signs, err := authority.Open(authority.Options{Dir: dir, Hostname: "hq", Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	api, err := hq.NewAPI(t.Context(), o.HQ, hq.APIOptions{CA: signs.CA(), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	answer := api.Server().Handler
	o.url = serve(t, signs.TLS(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.calls = append(o.calls, r.URL.Path)
		o.mu.Unlock()
		w.Header().Set("Date", time.Now().Add(o.ahead).UTC().Format(http.TimeFormat))
		answer.ServeHTTP(w, r)
	}))
	pin := signs.Pin()
	code, err := o.AddStore(t.Context(), "harbour", pin[:])
	if err != nil {
		t.Fatal(err)
	}
	enrolled, err := link.Enrol(t.Context(), link.EnrolOptions{URL: o.url, Code: code, Store: "harbour"})
	if err != nil {
		t.Fatal(err)
	}
	o.credentials = enrolled.Credentials
	o.asked()
	return o
}

// asked gives the calls since it was last asked.
func (o *office) asked() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	calls := o.calls
	o.calls = nil
	return calls
}

func serve(t *testing.T, secure *tls.Config, handler http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, TLSConfig: secure,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)} // refused handshakes are what the tests make
	go func() { _ = server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() { _ = server.Close() })
	return "https://" + listener.Addr().String()
}

func (o *office) look(t *testing.T, change func(*link.Credentials)) link.Seen {
	t.Helper()
	c := o.credentials
	if change != nil {
		change(&c)
	}
	return link.LookAt(t.Context(), link.Options{Credentials: c, Version: "v1"})
}

// A look tells whether head office answers, takes the box, what its clock says and until when its certificate is good; and it
// changes nothing there.
func TestALookAtHeadOffice(t *testing.T) {
	o := openOffice(t)
	o.ahead = 10 * time.Minute
	seen := o.look(t, nil)
	if seen.Reach != nil || seen.Refused != nil || seen.Leaf == nil || time.Until(seen.Leaf.NotAfter) < 300*24*time.Hour || seen.Took <= 0 {
		t.Errorf("a good head office: %+v", seen)
	}
	if off := time.Until(seen.Date); off < 9*time.Minute || off > 11*time.Minute {
		t.Errorf("its clock is ten minutes ahead, and was seen %s ahead", off)
	}
	stores, err := o.Stores(t.Context())
	calls := o.asked()
	if err != nil || len(stores) != 1 || !stores[0].Seen.IsZero() || len(calls) != 1 || !strings.HasSuffix(calls[0], "/lookup") {
		t.Errorf("a look left a trace: %+v, calls %v, %v", stores, calls, err)
	}
	if seen := o.look(t, nil); seen.Refused != nil {
		t.Errorf("the token is void after a look: %v", seen.Refused)
	}

	if seen := o.look(t, func(c *link.Credentials) { c.Token += "x" }); seen.Refused == nil || seen.Reach != nil {
		t.Errorf("a wrong token: %+v", seen)
	}
	if err := o.RevokeStore(t.Context(), "harbour"); err != nil {
		t.Fatal(err)
	}
	if seen := o.look(t, nil); seen.Refused == nil || seen.Leaf == nil || seen.Date.IsZero() {
		t.Errorf("a store that was taken out: %+v", seen)
	}
}

// What keeps a box from head office is told apart from what head office says.
func TestALookAtWhoIsNotHeadOffice(t *testing.T) {
	o := openOffice(t)
	former := func() time.Time { return time.Now().AddDate(-2, 0, 0) }
	ended, err := authority.Open(authority.Options{Dir: t.TempDir(), Hostname: "hq", Now: former})
	if err != nil {
		t.Fatal(err)
	}
	teapot := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "https://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	strange, err := authority.Open(authority.Options{Dir: t.TempDir(), Hostname: "hq"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		url, ca, want string
	}{
		"a certificate that ended": {serve(t, ended.TLS(), teapot), string(ended.CA()), "expired"},
		"somebody else's":          {serve(t, strange.TLS(), teapot), o.credentials.CA, "certificate"},
		"nobody":                   {closed, o.credentials.CA, "refused"},
		"another program":          {serve(t, strange.TLS(), teapot), string(strange.CA()), ""},
	} {
		seen := o.look(t, func(k *link.Credentials) { k.URL, k.CA = c.url, c.ca })
		if seen.Reach == nil || seen.Refused != nil || !strings.Contains(seen.Reach.Error(), c.want) {
			t.Errorf("%s: %+v", name, seen)
		}
	}
}
