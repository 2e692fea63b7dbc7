// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"redbench/sync/wire"
)

// How slowly a body may come, and an answer go: boxes hang on bad links, and an attacker on a good one would hold a
// connection for ever by sending a byte now and then.
const (
	bodyPause = 30 * time.Second // between two reads or writes
	bodyGrace = 60 * time.Second // for the whole, and a second more for each slowest bytes
	slowest   = 1 << 10          // bytes a second
)

// pacedReader moves the connection's deadline on while a body comes fast enough. Deadlines are the system's, so the time
// is, too.
type pacedReader struct {
	from    io.Reader
	control *http.ResponseController
	began   time.Time
	read    int64
	ended   atomic.Bool
}

func (p *pacedReader) Read(into []byte) (int, error) {
	now := time.Now()
	deadline := now.Add(bodyPause)
	if last := p.began.Add(bodyGrace + time.Duration(p.read/slowest)*time.Second); last.Before(deadline) {
		deadline = last
	}
	if err := supported(p.control.SetReadDeadline(deadline)); err != nil {
		return 0, err
	}
	if p.ended.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := p.from.Read(into)
	p.read += int64(n)
	return n, err
}

// end makes a read that is under way fail: a later call of the same store takes its place.
func (p *pacedReader) end() {
	p.ended.Store(true)
	_ = p.control.SetReadDeadline(time.Now()) // where there are no deadlines, the read ends by itself
}

// supported forgives a connection that has no deadlines, as a recorded one in a test.
func supported(err error) error {
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

// body reads what was sent: of that media type, at most limit bytes, packed or not.
func (c *call) body(mediaType string, limit int) ([]byte, error) {
	packed, err := c.packed(mediaType, limit)
	if err != nil {
		return nil, err
	}
	return c.unpack(packed, limit)
}

// packed reads a body as it comes. It takes little memory, however many boxes are on slow links.
func (c *call) packed(mediaType string, limit int) ([]byte, error) {
	if err := wantType(c.r, mediaType); err != nil {
		return nil, err
	}
	return c.raw(limit)
}

// raw reads a body of any type, as it comes.
func (c *call) raw(limit int) ([]byte, error) {
	if c.r.ContentLength > int64(limit) {
		return nil, refuseSize(limit)
	}
	control := http.NewResponseController(c.w)
	paced := &pacedReader{from: c.r.Body, control: control, began: time.Now()}
	if c.store != "" {
		defer c.api.bodies.enter(c.store, paced.end)()
	}
	data, err := io.ReadAll(io.LimitReader(paced, int64(limit)+1))
	c.in = paced.read
	if err != nil {
		return nil, refuseBody(err, limit)
	}
	if len(data) > limit {
		return nil, refuseSize(limit)
	}
	// A deadline that stays would end a call that goes on for longer.
	if err := supported(control.SetReadDeadline(time.Time{})); err != nil {
		return nil, fmt.Errorf("lifting a deadline: %w", err)
	}
	if c.store == "" {
		return data, nil
	}
	// A body may come for an hour: whoever was let in at its beginning may have been shut out since.
	return data, c.stillMine()
}

func (c *call) unpack(packed []byte, limit int) ([]byte, error) {
	data, err := c.api.zstd.ReadBody(c.r.Header, bytes.NewReader(packed), limit)
	if err != nil {
		return nil, refuseBody(err, limit)
	}
	return data, nil
}

func wantType(r *http.Request, mediaType string) error {
	got, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := params["charset"]
	if err == nil && got == mediaType && (charset == "" || strings.EqualFold(charset, "utf-8")) {
		return nil
	}
	return refuse(http.StatusUnsupportedMediaType, "send the body with Content-Type: %s", mediaType).with("Accept", mediaType)
}

func refuseSize(limit int) *refusal {
	return refuse(http.StatusRequestEntityTooLarge, "a body is at most %d bytes, packed and unpacked; send fewer at once", limit)
}

func refuseBody(err error, limit int) *refusal {
	switch {
	case errors.Is(err, wire.ErrTooLarge):
		return refuseSize(limit)
	case errors.Is(err, wire.ErrDigest):
		return refuse(http.StatusBadRequest, "the body is not what %s says, it was changed on its way; send it again", wire.DigestHeader)
	case errors.Is(err, wire.ErrEncoding):
		return refuse(http.StatusUnsupportedMediaType, "send the body as it is, or with Content-Encoding: %s", wire.Encoding).
			with("Accept-Encoding", wire.Encoding)
	case errors.Is(err, os.ErrDeadlineExceeded): // HTTP/2 resets the stream instead, and nobody reads this
		return refuse(http.StatusRequestTimeout, "the body came too slowly; send it again, or fewer at once").with("Connection", "close")
	}
	return refuse(http.StatusBadRequest, "the body did not come whole, or is not %s; send it again", wire.Encoding)
}

// message reads a body that is one JSON object.
func (c *call) message(into any) error {
	data, err := c.body(wire.TypeJSON, wire.MaxMessage)
	if err != nil {
		return err
	}
	if err := wire.Unmarshal(data, into); err != nil {
		return refuse(http.StatusBadRequest, "this is not what the call takes: %v; see openapi.yaml", err)
	}
	return nil
}

// answer sends one JSON object.
func (c *call) answer(message any) error {
	data, err := wire.Marshal(message)
	if err != nil {
		return err
	}
	return c.send(wire.TypeJSON, data)
}

// send sends an answer. Whoever asked and is gone by then is no error of ours.
func (c *call) send(mediaType string, data []byte) error {
	return c.sendAs(http.StatusOK, mediaType, data)
}

func (c *call) sendAs(status int, mediaType string, data []byte) error {
	c.bound(len(data))
	_ = c.api.zstd.Answer(c.w, c.r, status, mediaType, data)
	return nil
}

// bound gives an answer of so many bytes its time.
func (c *call) bound(size int) {
	within := bodyGrace + time.Duration(size/slowest)*time.Second
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(within)) // a closed connection has none
}
