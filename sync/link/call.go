// SPDX-License-Identifier: Apache-2.0

package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"redbench/sync/wire"
)

// call is one question to head office.
type call struct {
	method    string
	path      string // and query
	body      wire.Body
	token     string        // empty: none
	wait      time.Duration // how long head office was asked to wait before it answers
	throttled bool
}

// leastSpeed is how fast a line must be, in bytes a second, for what the kernel has taken and not yet sent.
const leastSpeed = 4 << 10

// ask sends one JSON object and decodes another.
func (c *Client) ask(ctx context.Context, path string, question, answer any) error {
	data, err := wire.Marshal(question)
	if err != nil {
		return err
	}
	got, err := c.call(ctx, call{method: http.MethodPost, path: path, body: wire.Body{Type: wire.TypeJSON, Data: data}})
	if err != nil {
		return err
	}
	return wire.Unmarshal(got, answer)
}

// call makes a call with the store's token. When head office does not know a new token, because it lost what it gave out,
// the former one is tried once more.
func (c *Client) call(ctx context.Context, q call) ([]byte, error) {
	c.mu.Lock()
	used := c.credentials
	c.mu.Unlock()
	q.token = used.Token
	answer, err := c.round(ctx, q)
	if used.Former == "" {
		return answer, err
	}
	if errors.Is(err, ErrRevoked) {
		q.token = used.Former
		if answer, err = c.round(ctx, q); err == nil {
			err = c.settle(used, used.Former)
		}
		return answer, err
	}
	if err == nil {
		err = c.settle(used, used.Token)
	}
	return answer, err
}

func (c *Client) round(ctx context.Context, q call) ([]byte, error) {
	answer, err := roundTrip(ctx, c.http, c.base.String(), c.zstd, q, c.options)
	if _, answered := errors.AsType[*Refused](err); err != nil && !answered && ctx.Err() == nil {
		c.http.CloseIdleConnections() // what else is kept open may be as dead as this one was
	}
	return answer, err
}

// plainly is an error of the network without the address that was called, which is told beside it where people look.
func plainly(err error) error {
	if of, ok := errors.AsType[*url.Error](err); ok {
		return of.Err
	}
	return err
}

// roundTrip makes one call and gives the body of a success; whatever else comes is an error.
func roundTrip(ctx context.Context, client *http.Client, base string, zstd *wire.Zstd, q call, o Options) ([]byte, error) {
	patience := silence + q.wait + time.Duration(len(q.body.Data)/leastSpeed)*time.Second
	ctx, watching := newWatch(ctx, patience)
	defer watching.stop()

	request, err := newRequest(ctx, base, q, o, watching)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, explain(because(ctx, plainly(err)), o.Now())
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := readAnswer(response, zstd, watching.reader(throttleOf(q, o).reader(ctx, response.Body)))
	if _, refused := errors.AsType[*Refused](err); err != nil && !refused {
		return nil, because(ctx, err)
	}
	return answer, err
}

func throttleOf(q call, o Options) *Throttle {
	if !q.throttled {
		return nil
	}
	return o.Throttle
}

func newRequest(ctx context.Context, base string, q call, o Options, watching *watch) (*http.Request, error) {
	var body io.Reader
	if len(q.body.Data) > 0 {
		body = watching.reader(throttleOf(q, o).reader(ctx, bytes.NewReader(q.body.Data)))
	}
	request, err := http.NewRequestWithContext(ctx, q.method, base+q.path, body)
	if err != nil {
		return nil, err
	}
	request.ContentLength = int64(len(q.body.Data))
	if len(q.body.Data) > 0 {
		q.body.SetHeader(request.Header)
	}
	request.Header.Set("User-Agent", "redbench/"+o.Version)
	request.Header.Set("Accept-Encoding", wire.Encoding)
	request.Header.Set(wire.VersionHeader, strconv.Itoa(wire.Version))
	if q.token != "" {
		request.Header.Set("Authorization", "Bearer "+q.token)
	}
	return request, nil
}

// because puts the reason for which we ended a call ourselves in the place of "context canceled".
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

var errNoDigest = errors.New("the answer carries no digest: something between this box and head office answers for it")

func readAnswer(response *http.Response, zstd *wire.Zstd, body io.Reader) ([]byte, error) {
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, refusal(response, zstd, body)
	}
	if response.Header.Get(wire.DigestHeader) == "" {
		return nil, errNoDigest
	}
	data, err := zstd.ReadBody(response.Header, body, wire.MaxBatch)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	return data, nil
}

// refusal reads as much of a refusal as can be read: a proxy's page is none of ours.
func refusal(response *http.Response, zstd *wire.Zstd, body io.Reader) error {
	r := &Refused{Status: response.StatusCode, ours: response.Header.Get(wire.VersionHeader) != ""}
	data, err := zstd.ReadBody(response.Header, body, wire.MaxProblem)
	if err == nil && response.Header.Get("Content-Type") == wire.TypeProblem {
		_ = wire.Unmarshal(data, &r.Problem) // the status alone will do
	}
	r.RetryAfter = retryAfter(response.Header)
	if r.ours { // a proxy's login page must not end the box's enrolment
		r.cause = causeOf(r.Status, r.Problem)
	}
	return r
}

func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 86_400)) * time.Second
	}
	at, err1 := http.ParseTime(value)
	from, err2 := http.ParseTime(h.Get("Date")) // head office's clock, not ours
	if err1 != nil || err2 != nil {
		return 0
	}
	return max(at.Sub(from), 0)
}
