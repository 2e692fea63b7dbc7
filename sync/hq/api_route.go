// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

// route is one call. Its name is what log and metrics know it by.
type route struct {
	method, path, name string
	serve              func(*call) error
}

func (a *API) table() []route {
	store := func(pattern string, serve func(*call) error) route {
		return a.route(pattern, func(c *call) error {
			if err := c.authenticate(); err != nil {
				return err
			}
			return serve(c)
		})
	}
	return []route{
		a.route(wire.CallEnrol, (*call).enrol),
		store(wire.CallRecords, (*call).records),
		store(wire.CallOrders, (*call).orders),
		store(wire.CallChanges, (*call).changes),
		store(wire.CallLookup, (*call).lookup),
		store(wire.CallStatus, (*call).status),
		store(wire.CallToken, (*call).rotate),
		a.route(wire.CallFeed, (*call).feed),
		a.route(wire.CallWebhook, (*call).webhook),
		a.route("GET /healthz", (*call).healthz),
		a.route("GET /readyz", (*call).readyz),
		a.route("GET /metrics", (*call).metrics),
		a.route("GET /signin/{code}", (*call).signIn),
		a.route("POST /signout", (*call).signOut),
	}
}

func (a *API) route(pattern string, serve func(*call) error) route {
	method, path, _ := strings.Cut(pattern, " ")
	name := strings.TrimSuffix(strings.TrimSuffix(path, "/{code}"), "/{vendor}")
	return route{method: method, path: path, name: name[strings.LastIndexByte(name, '/')+1:], serve: serve}
}

// Call is a method and a path that the Handler knows, as OpenAPI writes them.
type Call struct{ Method, Path string }

// Calls lists what an API's Handler knows, beside HEAD where there is GET, and OPTIONS everywhere.
func Calls() []Call {
	routes := new(API).table()
	list := make([]Call, len(routes))
	for i, r := range routes {
		list[i] = Call{r.method, r.path}
	}
	return list
}

// call is one request on its way.
type call struct {
	api   *API
	w     *recorder
	r     *http.Request
	id    string // tells this request from all others, to whoever asked and in the log
	vars  map[string]string
	store string // whose token it came with; empty before authentication
	token claims
	in    int64 // bytes of the body
	// machine says that a box or a program called: its address is nobody's, and may stand in the log.
	machine bool
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController through.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Handler answers everything that head office serves.
func (a *API) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{api: a, w: &recorder{ResponseWriter: w}, r: r, id: newRequestID(), machine: strings.HasPrefix(r.URL.Path, "/v1/")}
		w.Header().Set("X-Request-Id", c.id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		known, allowed := a.match(c)
		switch {
		case known == nil && allowed == nil && a.opt.Pages != nil && !strings.HasPrefix(r.URL.Path, "/v1/"):
			a.opt.Pages.ServeHTTP(w, r)
		case known == nil && allowed == nil:
			c.run("unknown", func(*call) error {
				return refuse(http.StatusNotFound, "there is nothing here; the calls are in openapi.yaml")
			})
		case known == nil:
			c.run("unknown", func(c *call) error { return c.otherMethod(allowed) })
		default:
			c.run(known.name, known.serve)
		}
	})
}

// match finds the call that was meant, or what the path would allow; nothing of both where the path is unknown.
func (a *API) match(c *call) (known *route, allowed []string) {
	path := c.r.URL.EscapedPath()
	for i := range a.routes {
		each := &a.routes[i]
		vars, ok := matchPath(each.path, path)
		if !ok {
			continue
		}
		if each.method == c.r.Method || (each.method == http.MethodGet && c.r.Method == http.MethodHead) {
			c.vars = vars
			return each, nil
		}
		allowed = append(allowed, each.method)
		if each.method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	if allowed != nil {
		allowed = append(allowed, http.MethodOptions)
	}
	return nil, allowed
}

// matchPath compares segment by segment. A segment that is escaped matches nothing: no name of ours needs it.
func matchPath(pattern, path string) (vars map[string]string, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) || strings.Contains(path, "%") {
		return nil, false
	}
	for i := range want {
		name, variable := strings.CutPrefix(want[i], "{")
		switch {
		case variable && got[i] != "":
			if vars == nil {
				vars = map[string]string{}
			}
			vars[strings.TrimSuffix(name, "}")] = got[i]
		case want[i] != got[i]:
			return nil, false
		}
	}
	return vars, true
}

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodConnect, http.MethodTrace,
}

func (c *call) otherMethod(allowed []string) error {
	if c.r.Method == http.MethodOptions {
		c.w.Header().Set("Allow", strings.Join(allowed, ", "))
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if !slices.Contains(methods, c.r.Method) {
		return refuse(http.StatusNotImplemented, "this method is not known here")
	}
	return refuseMethod(allowed)
}

// statusGone is what log and metrics say of a call that nobody waited for any more, as other servers do.
const statusGone = 499

// run serves a call, answers its failure, and notes what came of it.
func (c *call) run(name string, serve func(*call) error) {
	began := c.api.opt.Now()
	c.api.metrics.flying.Inc()
	defer c.api.metrics.flying.Dec()
	err := c.guarded(serve)
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled) && c.r.Context().Err() != nil:
		c.w.status = statusGone
	default:
		c.bound(0)
		c.refusal(err).write(c.w)
	}
	c.note(name, c.api.opt.Now().Sub(began), err)
}

// guarded turns a panic into a failure. Its value is not logged: it may quote from what was sent.
func (c *call) guarded(serve func(*call) error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			c.api.opt.Log.Error("a call ended in a panic", "request", c.id, "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
			err = errors.New("a panic, see above")
		}
	}()
	if err := c.checkVersion(); err != nil {
		return err
	}
	return serve(c)
}

func (c *call) checkVersion() error {
	told := c.r.Header.Get(wire.VersionHeader)
	if told == "" || told == strconv.Itoa(wire.Version) {
		return nil
	}
	return refuse(http.StatusUpgradeRequired, "head office speaks version %d of what travels; bring the box and head office to the same release",
		wire.Version).as(wire.ProblemUpgrade)
}

// refusal says what a failure means to whoever asked.
func (c *call) refusal(err error) *refusal {
	if known, ok := errors.AsType[*refusal](err); ok {
		return known
	}
	if conflict, ok := errors.AsType[*wire.Conflict](err); ok {
		return refuse(http.StatusConflict, "%s", conflict.Detail).as(wire.ProblemConflict)
	}
	if held, ok := errors.AsType[*Held](err); ok {
		return refuse(http.StatusTooManyRequests, "%v; send them again", held).after(held.Retry)
	}
	if invalid, ok := errors.AsType[*edge.Refusal](err); ok {
		return refuse(http.StatusUnprocessableEntity, "%s", invalid.Error())
	}
	switch {
	case errors.Is(err, ErrRevoked):
		return refuseCredentials()
	case errors.Is(err, ErrCursor):
		return refuse(http.StatusGone, "this cursor is not one of this head office's; begin anew with an empty one")
	case errors.Is(err, ErrHashes):
		return refuse(http.StatusBadRequest, "%v; ask for one identifier at a time", ErrHashes)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return refuseBusy()
	}
	return refuse(http.StatusInternalServerError, "head office could not do this; its log says why under request %s; send it again", c.id).
		after(10 * time.Second)
}

// note tells log and metrics. Neither path nor query is told: they hold what others may not read.
func (c *call) note(name string, took time.Duration, err error) {
	c.api.metrics.done(name, c.w.status, took, c.in, c.w.bytes)
	c.api.log.note(c, name, took, err)
}

func newRequestID() string {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the program rather than give weak bytes
	return hex.EncodeToString(raw[:])
}

// remote is the address that a connection comes from. What a proxy says of it is not asked: anybody can say it.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
