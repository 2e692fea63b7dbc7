// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

// poll asks for changes without a network, so that time is the bubble's.
func poll(t *testing.T, ctx context.Context, a *API, query string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(ctx, "GET", "/v1/stores/s1/changes"+query, nil)
	r.Header.Set("Authorization", "Bearer "+a.key.mint(claims{Store: "s1", Serial: 7}))
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w
}

func quietAPI(t *testing.T, office *fakeOffice) *API {
	t.Helper()
	a, err := newAPI(t.Context(), office, APIOptions{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAQuestionForChangesWaits(t *testing.T) {
	for name, each := range map[string]struct {
		query   string
		after   time.Duration // when something is told; 0: never
		revoked time.Duration // when the credentials are; 0: never
		status  int
		took    time.Duration
	}{
		"nothing to tell, no wait":  {"?after=c1", 0, 0, 200, 0},
		"something is told":         {"?after=c1&wait=50", 7 * time.Second, 0, 200, 7 * time.Second},
		"nothing is told":           {"?after=c1&wait=20", 0, 0, 200, 20 * time.Second},
		"never longer than we wait": {"?after=c1&wait=300", 0, 0, 200, maxWait},
		"revoked while it waits":    {"?after=c1&wait=50", 0, 5500 * time.Millisecond, 401, 6 * time.Second},
		"revoked, and woken by it":  {"?after=c1&wait=50", 5500 * time.Millisecond, 5400 * time.Millisecond, 401, 5500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				told := make(chan struct{})
				if each.after > 0 {
					time.AfterFunc(each.after+time.Nanosecond, func() { close(told) })
				}
				office := &fakeOffice{
					wait: func(ctx context.Context, _, _ string) error {
						select {
						case <-told:
							return nil
						case <-ctx.Done():
							return ctx.Err()
						}
					},
					changes: func(string) edge.Page {
						select {
						case <-told:
							return edge.Page{Cursor: "c2", Changes: []edge.Change{{Kind: edge.ChangeSettings, Settings: &edge.Settings{}}}}
						default:
							return edge.Page{Cursor: "c1"}
						}
					},
				}
				if each.revoked > 0 {
					time.AfterFunc(each.revoked, func() { office.revoke("s1") })
				}
				began := time.Now()
				got := poll(t, t.Context(), quietAPI(t, office), each.query)
				if took := time.Since(began).Truncate(time.Millisecond); got.Code != each.status || took != each.took {
					t.Errorf("%d after %v; want %d after %v", got.Code, took, each.status, each.took)
				}
				if got.Code == 200 {
					page, err := wire.DecodePage(got.Body.Bytes())
					if err != nil || (each.after > 0) != (page.Cursor == "c2" && len(page.Changes) == 1) {
						t.Errorf("%v %v", page, err)
					}
				}
			})
		})
	}
}

// A store that is revoked between its way in and the answer has no cursor any more: its box is told to stop, and not to begin
// anew with all it has.
func TestAStoreThatIsRevokedMeanwhileDoesNotBeginAnew(t *testing.T) {
	for name, each := range map[string]struct {
		query   string
		revoked int // as it asks for the first or second time; 0: never
		status  int
	}{
		"the control: a wrong cursor":     {"?after=bad", 0, 410},
		"revoked, and wrong all the same": {"?after=bad", 1, 401},
		"revoked as it asks":              {"?after=c1", 1, 401},
		"revoked before it waits":         {"?after=c1&wait=50", 1, 401},
		"revoked when it has waited":      {"?after=c1&wait=50", 2, 401},
	} {
		asks, office := 0, &fakeOffice{wait: func(context.Context, string, string) error { return nil }}
		office.changes = func(string) edge.Page {
			if asks++; asks == each.revoked {
				office.revoke("s1")
			}
			return edge.Page{Cursor: "c1"}
		}
		got := poll(t, t.Context(), quietAPI(t, office), each.query)
		var problem wire.Problem
		err := wire.Unmarshal(got.Body.Bytes(), &problem)
		if err != nil || got.Code != each.status || (problem.Type == wire.ProblemRevoked) != (each.revoked > 0) || asks != max(each.revoked, 1) {
			t.Errorf("%s: at question %d, %d %s, %v", name, asks, got.Code, got.Body, err)
		}
	}
}

func TestAWaitEndsWithTheServerAndWithANewerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := quietAPI(t, &fakeOffice{})
		ended := make(chan int, 10)
		for range pollsOfStore + 1 {
			go func() { ended <- poll(t, t.Context(), a, "?after=c1&wait=60").Code }()
			synctest.Wait()
		}
		if code := <-ended; code != 200 {
			t.Errorf("the oldest: %d", code)
		}
		synctest.Wait()
		if len(ended) > 0 {
			t.Error("more than the oldest ended")
		}
		began := time.Now()
		a.Close()
		a.Close()
		for range pollsOfStore {
			if code := <-ended; code != 200 {
				t.Errorf("shut down: %d", code)
			}
		}
		if time.Since(began) > 0 {
			t.Error("the server waited for them")
		}
		if len(a.polls.each) > 0 {
			t.Errorf("left behind: %v", a.polls.each)
		}
	})
}

func TestAWaitWhoseBoxIsGoneEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		began := time.Now()
		poll(t, ctx, quietAPI(t, &fakeOffice{}), "?after=c1&wait=60")
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestAWaitThatFailsIsTold(t *testing.T) {
	office := &fakeOffice{wait: func(context.Context, string, string) error { return errors.New("the disk") }}
	if got := poll(t, t.Context(), quietAPI(t, office), "?after=c1&wait=60"); got.Code != 500 {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

// A body that comes a byte now and then is cut off: no connection is held for ever.
func TestABodyThatTricklesIsCutOff(t *testing.T) {
	for name, each := range map[string]struct {
		pause  time.Duration // between two bytes
		within time.Duration
	}{
		"stops":    {time.Hour, bodyPause + time.Second},
		"trickles": {20 * time.Second, bodyGrace + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := quietAPI(t, &fakeOffice{})
				near, far := net.Pipe()
				served := serveOne(a, near)
				began, over := time.Now(), make(chan struct{})
				go func() {
					_, _ = io.WriteString(far, "POST /v1/stores/s1/status HTTP/1.1\r\nHost: hq\r\nContent-Length: 1000\r\nContent-Type: application/json\r\n"+
						"Authorization: Bearer "+a.key.mint(claims{Store: "s1", Serial: 7})+"\r\n\r\n{")
					for {
						select {
						case <-time.After(each.pause):
						case <-over:
							return
						}
						if _, err := io.WriteString(far, " "); err != nil {
							return
						}
					}
				}()
				answer, _ := io.ReadAll(far)
				if took := time.Since(began); !strings.HasPrefix(string(answer), "HTTP/1.1 408") || took > each.within {
					t.Errorf("after %v: %.100s", took, answer)
				}
				close(over)
				_ = far.Close()
				<-served
			})
		})
	}
}

func TestAConnectionThatSaysNothingIsClosed(t *testing.T) {
	for name, said := range map[string]string{"nothing": "", "half a header": "GET /healthz HTTP/1.1\r\nHost:"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				served := serveOne(quietAPI(t, &fakeOffice{}), near)
				began := time.Now()
				go func() { _, _ = io.WriteString(far, said) }()
				_, _ = io.ReadAll(far)
				if took := time.Since(began); took > 15*time.Second {
					t.Errorf("closed after %v", took)
				}
				_ = far.Close()
				<-served
			})
		})
	}
}

// oneListener gives one connection, and then none until it is closed.
type oneListener struct {
	conn   chan net.Conn
	closed chan struct{}
}

func (l *oneListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *oneListener) Close() error   { return nil }
func (l *oneListener) Addr() net.Addr { return &net.TCPAddr{} }

// serveOne serves one connection; the channel is closed when it is over.
func serveOne(a *API, conn net.Conn) (done chan struct{}) {
	server, done := a.Server(), make(chan struct{})
	listener := &oneListener{conn: make(chan net.Conn, 1), closed: make(chan struct{})}
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			close(listener.closed)
		}
	}
	listener.conn <- conn
	go func() { _ = server.Serve(listener); close(done) }()
	return done
}
