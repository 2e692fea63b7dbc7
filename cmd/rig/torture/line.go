// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
)

// sent is a call as it is on the line.
type sent struct {
	from   *machine
	method string
	url    string
	header http.Header
	body   []byte
	spoilt bool // it was changed or cut on its way
}

// line is what lies between one machine and head office. It is an http.RoundTripper.
type line struct{ m *machine }

var (
	errRefused = errors.New("connection refused")
	errReset   = errors.New("connection reset by peer")
	errSilent  = errors.New("no answer")
)

// RoundTrip carries a call, more or less.
func (l line) RoundTrip(r *http.Request) (*http.Response, error) {
	w := l.m.w
	s := &sent{from: l.m, method: r.Method, url: r.URL.String(), header: r.Header.Clone()}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
		s.body = body
	}
	answer, err := w.carry(s)
	if answer != nil {
		answer.Request = r
	}
	if err != nil {
		w.say("%s: %s: %v", l.m.name, s.name(), err)
	}
	return answer, err
}

func (s *sent) name() string {
	path, _, _ := strings.Cut(s.url, "?")
	return s.method + " " + path[strings.LastIndexByte(path, '/')+1:]
}

// carry draws what becomes of a call.
func (w *world) carry(s *sent) (*http.Response, error) {
	if w.calm || !w.chance(w.rough.line) {
		return w.deliver(s)
	}
	switch w.rng.IntN(12) {
	case 0:
		return nil, errRefused
	case 1: // it is lost
		return nil, errSilent
	case 2: // the answer is lost
		_, _ = w.deliver(s)
		return nil, errReset
	case 3: // it comes twice, and one of the answers gets through
		first, err1 := w.deliver(s)
		second, err2 := w.deliver(s)
		if w.chance(0.5) {
			return first, err1
		}
		return second, err2
	case 4: // it comes much later, when nobody waits for the answer
		w.late = append(w.late, s)
		return nil, errSilent
	case 5: // it comes now, and once more much later
		w.late = append(w.late, s)
		return w.deliver(s)
	case 6:
		return w.spoilAnswer(s, w.cutShort)
	case 7:
		return w.spoilAnswer(s, w.flip)
	case 8: // it breaks off half-way
		half := s.copy()
		half.body = half.body[:w.rng.IntN(len(half.body)+1)]
		half.spoilt = true
		_, _ = w.deliver(half)
		return nil, errReset
	case 9:
		other := s.copy()
		other.body = w.flip(slices.Clone(other.body))
		other.spoilt = true
		return w.deliver(other)
	case 10: // something between answers for it
		return page(pick(w, []int{200, 302, 404, 429, 500, 502, 503, 504})), nil
	}
	_, _ = w.deliver(s)
	return page(pick(w, []int{502, 504})), nil
}

func (s *sent) copy() *sent {
	c := *s
	c.header = s.header.Clone()
	return &c
}

// cutShort and flip spoil a body.
func (w *world) cutShort(body []byte) []byte { return body[:w.rng.IntN(len(body)+1)] }

func (w *world) flip(body []byte) []byte {
	if len(body) > 0 {
		body[w.rng.IntN(len(body))] ^= byte(1 << w.rng.IntN(8))
	}
	return body
}

func (w *world) spoilAnswer(s *sent, spoil func([]byte) []byte) (*http.Response, error) {
	answer, err := w.deliver(s)
	if err != nil {
		return nil, err
	}
	body, _ := io.ReadAll(answer.Body)
	body = spoil(body)
	answer.Body = io.NopCloser(bytes.NewReader(body))
	if w.chance(0.5) {
		answer.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), broken{}))
	}
	return answer, nil
}

// broken is where a connection ends.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// page is what a proxy or a hotel's login says.
func page(status int) *http.Response {
	body := "<html>" + http.StatusText(status) + "</html>"
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"text/html"}, "Content-Length": {strconv.Itoa(len(body))}},
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body))}
}

// deliver brings a call to head office and its answer back.
func (w *world) deliver(s *sent) (*http.Response, error) {
	o := w.office
	if o.dead {
		if !w.calm && w.chance(0.5) {
			return nil, errRefused
		}
		o.restart()
	}
	r := httptest.NewRequestWithContext(w.ctx, s.method, s.url, bytes.NewReader(s.body))
	r.Header = s.header.Clone()
	if length := s.header.Get("Content-Length"); length != "" {
		if n, err := strconv.ParseInt(length, 10, 64); err == nil && n > int64(len(s.body)) {
			r.ContentLength = n
			r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(s.body), broken{}))
		}
	}
	recorder := httptest.NewRecorder()
	o.unnoted()
	o.handler.ServeHTTP(recorder, r)
	if s.name() == "POST lookup" && recorder.Code == http.StatusOK {
		o.whenNoted()
	}
	if o.dead {
		return nil, errReset
	}
	body := recorder.Body.Bytes()
	answer := recorder.Result()
	if w.plants(bugAckHigher) && answer.StatusCode == http.StatusOK && s.name() == "POST records" {
		body = w.plantInAck(answer, body)
	}
	w.watchAnswer(s, answer, body)
	return answer, nil
}

// arrive lets one of the calls that were on their way come after all.
func (w *world) arrive() {
	if len(w.late) == 0 {
		return
	}
	n := w.rng.IntN(len(w.late))
	s := w.late[n]
	w.late = slices.Delete(w.late, n, n+1)
	w.say("%s: a late %s comes", s.from.name, s.name())
	_, _ = w.deliver(s)
}
