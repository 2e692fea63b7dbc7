// SPDX-License-Identifier: Apache-2.0

package link

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

// answers is a head office of a few lines.
type answers func(*http.Request) *http.Response

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if response := a(r); response != nil {
		response.Request = r
		return response, nil
	}
	<-r.Context().Done() // a link that is half open
	return nil, r.Context().Err()
}

func respond(status int, body wire.Body, header ...string) *http.Response {
	h := http.Header{wire.VersionHeader: {"1"}}
	body.SetHeader(h)
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(bytes.NewReader(body.Data))}
}

func says(status int, message any, header ...string) *http.Response {
	data, err := wire.Marshal(message)
	if err != nil {
		panic(err)
	}
	kind := wire.TypeJSON
	if _, problem := message.(wire.Problem); problem {
		kind = wire.TypeProblem
	}
	return respond(status, wire.Body{Type: kind, Data: data}, header...)
}

// foreign makes an answer one of something between a box and head office.
func foreign(r *http.Response) *http.Response {
	r.Header.Del(wire.VersionHeader)
	return r
}

func clientTo(t *testing.T, a answers, change func(*Options)) *Client {
	t.Helper()
	o := Options{Credentials: Credentials{URL: "https://hq.test", Store: "harbour", Token: "t1", Enrolled: time.Now()}, Transport: a}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatARefusalMeans(t *testing.T) {
	for _, c := range []struct {
		response *http.Response
		is       error
		says     string
	}{
		{says(401, wire.Problem{Title: "no"}), ErrRevoked, "this store's credentials were revoked; enroll again"},
		{says(403, wire.Problem{Type: wire.ProblemRevoked}), ErrRevoked, "enroll again"},
		{says(403, wire.Problem{Title: "blocked by policy"}), nil, "blocked by policy"},
		{says(426, wire.Problem{Type: wire.ProblemUpgrade}), ErrUpgrade, "same release"},
		{foreign(says(401, wire.Problem{Type: wire.ProblemRevoked})), nil, "401"},
		{foreign(says(426, wire.Problem{Type: wire.ProblemUpgrade})), nil, "426"},
		{says(404, wire.Problem{}), nil, "[hq] url"},
		{says(301, wire.Problem{}), nil, "moved"},
		{says(503, wire.Problem{}), nil, "busy"},
		{respond(502, wire.Body{Type: "text/html", Data: []byte("<html>")}), nil, "502"},
		{respond(500, wire.Body{Type: wire.TypeProblem, Data: []byte(strings.Repeat(" ", 1<<20))}), nil, "500"},
	} {
		client := clientTo(t, func(*http.Request) *http.Response { return c.response }, nil)
		_, err := client.Status(t.Context(), wire.BoxStatus{})
		refused, ok := errors.AsType[*Refused](err)
		if !ok || !strings.Contains(err.Error(), c.says) || c.is != nil && !errors.Is(err, c.is) || c.is == nil && refused.Unwrap() != nil {
			t.Errorf("%d: %v", c.response.StatusCode, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"7": 7 * time.Second, "": 0, "-3": 0, "soon": 0, "99999999": 24 * time.Hour, "Sun, 22 Nov 2026 10:00:30 GMT": 30 * time.Second,
	} {
		client := clientTo(t, func(*http.Request) *http.Response {
			return says(503, wire.Problem{}, "Retry-After", value, "Date", "Sun, 22 Nov 2026 10:00:00 GMT")
		}, nil)
		_, err := client.Status(t.Context(), wire.BoxStatus{})
		if refused, ok := errors.AsType[*Refused](err); !ok || refused.RetryAfter != want {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestConflictIsOnlyWhatHeadOfficeCallsSo(t *testing.T) {
	status := wire.ProblemConflict
	client := clientTo(t, func(*http.Request) *http.Response { return says(409, wire.Problem{Type: status}) }, nil)
	_, err := client.Records(t.Context(), client.Pack([]byte("x\n")))
	if _, ok := errors.AsType[*wire.Conflict](err); !ok {
		t.Error(err)
	}
	status = ""
	_, err = client.Records(t.Context(), client.Pack([]byte("x\n")))
	if _, ok := errors.AsType[*wire.Conflict](err); ok || err == nil {
		t.Error(err)
	}
}

func TestAnswersThatAreNotTaken(t *testing.T) {
	ok, _ := wire.Marshal(wire.Ack{Upto: 7})
	bare := respond(200, wire.Body{Type: wire.TypeJSON, Data: ok})
	bare.Header.Del(wire.DigestHeader)
	spoilt := respond(200, wire.Body{Type: wire.TypeJSON, Data: ok})
	spoilt.Body = io.NopCloser(strings.NewReader(`{"upto":9}`))
	long := respond(200, wire.Body{Type: wire.TypeJSON, Data: make([]byte, wire.MaxBatch+1)})
	packed := respond(200, wire.Body{Type: wire.TypeJSON, Data: ok, Encoding: "gzip"})
	for name, response := range map[string]*http.Response{"without a digest": bare, "with another digest": spoilt, "too long": long, "in another packing": packed} {
		client := clientTo(t, func(*http.Request) *http.Response { return response }, nil)
		if ack, err := client.Records(t.Context(), client.Pack([]byte("x\n"))); err == nil {
			t.Errorf("an answer %s was taken: %v", name, ack)
		}
	}
}

// A link that is half open is given up, and a question that is to wait is given its time first.
func TestHalfOpenLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientTo(t, func(*http.Request) *http.Response { return nil }, nil)
		began := time.Now()
		if _, err := client.Status(t.Context(), wire.BoxStatus{}); !errors.Is(err, ErrSilent) || time.Since(began) != silence {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		began = time.Now()
		if _, err := client.Changes(t.Context(), "", 50*time.Second); !errors.Is(err, ErrSilent) || time.Since(began) != silence+50*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		began = time.Now()
		if _, err := client.Lookup(ctx, nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 300*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// drip gives a body a byte a second.
type drip struct {
	ctx  context.Context
	left int
}

func (d *drip) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(time.Second)
	if err := d.ctx.Err(); err != nil { // as a connection ends with its call
		return 0, err
	}
	d.left--
	p[0] = ' '
	return 1, nil
}

// A slow line is not a broken one.
func TestASlowAnswerIsReadToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientTo(t, func(r *http.Request) *http.Response {
			response := respond(200, wire.Body{Type: wire.TypeLines, Data: bytes.Repeat([]byte(" "), 200)})
			response.Body = io.NopCloser(&drip{ctx: r.Context(), left: 200})
			return response
		}, nil)
		if _, err := client.Changes(t.Context(), "", 0); err == nil || errors.Is(err, ErrSilent) || !strings.Contains(err.Error(), "decoding a page") {
			t.Error(err)
		}
	})
}

func TestAHeadOfficeWithoutZstd(t *testing.T) {
	client := clientTo(t, func(r *http.Request) *http.Response {
		if r.Header.Get("Content-Encoding") != "" {
			return says(415, wire.Problem{})
		}
		return says(200, wire.Ack{Upto: 3})
	}, nil)
	batch := bytes.Repeat([]byte("x\n"), 1000)
	if _, err := client.Records(t.Context(), client.Pack(batch)); err == nil {
		t.Fatal("415 is an error")
	}
	if ack, err := client.Records(t.Context(), client.Pack(batch)); err != nil || ack.Upto != 3 {
		t.Fatal(ack, err)
	}
}

// office signs tokens t1, t2, … and holds that one is void once the next was used.
type tokens struct {
	given, least int
	lose         bool // the next new token is lost on its way
}

func (o *tokens) answer(r *http.Request) *http.Response {
	used := int(r.Header.Get("Authorization")[len("Bearer t")] - '0')
	if used < o.least || used > o.given {
		return says(401, wire.Problem{Type: wire.ProblemRevoked})
	}
	if !strings.HasSuffix(r.URL.Path, "/token") {
		o.least = used
		return says(200, wire.StatusAnswer{})
	}
	o.given++
	if o.lose {
		o.lose = false
		return respond(502, wire.Body{})
	}
	return says(200, wire.TokenAnswer{Token: "t" + string(rune('0'+o.given))})
}

func TestTokensAreChanged(t *testing.T) {
	office := &tokens{given: 1, least: 1, lose: true}
	var kept []Credentials
	broken := false
	client := clientTo(t, office.answer, func(o *Options) {
		o.Credentials.Enrolled = time.Now().AddDate(0, 0, -31)
		o.Keep = func(c Credentials) error {
			if broken {
				return errors.New("the disk is full")
			}
			kept = append(kept, c)
			return nil
		}
	})
	fine := func() {
		t.Helper()
		if _, err := client.Status(t.Context(), wire.BoxStatus{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.Upkeep(t.Context()); err == nil {
		t.Fatal("a new token that was lost on its way was taken")
	}
	fine()
	broken = true
	if err := client.Upkeep(t.Context()); err == nil {
		t.Fatal("a token was taken that could not be kept")
	}
	fine()
	broken = false
	if err := client.Upkeep(t.Context()); err != nil || len(kept) != 1 || kept[0].Token != "t4" || kept[0].Former != "t1" {
		t.Fatalf("%v %+v", err, kept)
	}
	fine()
	if last := kept[len(kept)-1]; last.Token != "t4" || last.Former != "" {
		t.Fatalf("after its first use: %+v", last)
	}
	if err := client.Upkeep(t.Context()); err != nil || len(kept) != 2 {
		t.Fatalf("a fresh token was changed: %v %+v", err, kept)
	}

	// Head office was restored from a backup and knows nothing of the token that it gave last.
	if err := client.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	office.given, office.least = 4, 4
	fine()
	if last := kept[len(kept)-1]; last.Token != "t4" || last.Former != "" {
		t.Fatalf("%+v", last)
	}
}

func TestLookupTellsNobodyFromNoHeadOffice(t *testing.T) {
	client := clientTo(t, func(*http.Request) *http.Response { return says(404, wire.Problem{}) }, nil)
	if _, err := client.Lookup(t.Context(), nil); !errors.Is(err, edge.ErrNotFound) {
		t.Error(err)
	}
	client = clientTo(t, func(*http.Request) *http.Response {
		r := says(404, wire.Problem{})
		r.Header.Del(wire.VersionHeader)
		return r
	}, nil)
	if _, err := client.Lookup(t.Context(), nil); err == nil || errors.Is(err, edge.ErrNotFound) {
		t.Error(err)
	}
}
