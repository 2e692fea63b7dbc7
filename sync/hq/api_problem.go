// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"redbench/sync/wire"
)

// refusal is a call's failure as the caller is told it (RFC 9457): the detail is a sentence that says what to do.
type refusal struct {
	status int
	kind   string // one of wire's Problem constants, or empty
	detail string
	header map[string]string
	retry  time.Duration // when to come again; 0: it would change nothing
}

func (r *refusal) Error() string { return r.detail }

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status: status, detail: fmt.Sprintf(format, args...)}
}

func (r *refusal) as(kind string) *refusal { r.kind = kind; return r }

func (r *refusal) after(wait time.Duration) *refusal { r.retry = wait; return r }

func (r *refusal) with(name, value string) *refusal {
	if r.header == nil {
		r.header = map[string]string{}
	}
	r.header[name] = value
	return r
}

// write answers with the refusal.
func (r *refusal) write(w http.ResponseWriter) {
	h := w.Header()
	for name, value := range r.header {
		h.Set(name, value)
	}
	if r.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(r.retry.Seconds()))))
	}
	kind := r.kind
	if kind == "" {
		kind = "about:blank"
	}
	wire.Refuse(w, wire.Problem{Type: kind, Title: http.StatusText(r.status), Status: r.status, Detail: r.detail})
}

func refuseMethod(allowed []string) *refusal {
	allow := strings.Join(allowed, ", ")
	return refuse(http.StatusMethodNotAllowed, "this path knows the methods %s", allow).with("Allow", allow)
}

func refuseRate(wait time.Duration, what string) *refusal {
	return refuse(http.StatusTooManyRequests, "too many %s; come again in %d s", what, int(math.Ceil(wait.Seconds()))).after(wait)
}

func refuseCredentials() *refusal {
	return refuse(http.StatusUnauthorized, "these credentials hold no longer, or never did; enroll again with a new code").
		as(wire.ProblemRevoked).with("WWW-Authenticate", `Bearer realm="redbench-hq"`)
}

// refuseBusy sends boxes away for a moment, and not all for the same one.
func refuseBusy() *refusal {
	wait := time.Duration(1+rand.IntN(5)) * time.Second
	return refuse(http.StatusServiceUnavailable, "head office is busy; send it again in %d s", int(wait.Seconds())).after(wait)
}
