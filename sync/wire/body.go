// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// DigestHeader carries the SHA-256 of a body as it is on the wire (RFC 9530), in both directions. An acknowledgement
// with one wrong digit would lose records, and neither a proxy in between nor a link without TLS tells us of one.
const DigestHeader = "Content-Digest"

var (
	// ErrDigest says that a body is not what was sent.
	ErrDigest = errors.New("the body was changed on its way")
	// ErrEncoding says that a body is packed in a way that is not known here; it is answered with 415.
	ErrEncoding = errors.New("packed in a way that is not known here")
)

// Body is what one call sends or answers.
type Body struct {
	Type     string // media type
	Encoding string // "zstd", or empty: as it is
	Data     []byte
}

// PackBody packs a body where that makes it smaller.
func (z *Zstd) PackBody(mediaType string, data []byte) Body {
	const worth = 512 // below, a packet is a packet
	if len(data) < worth {
		return Body{Type: mediaType, Data: data}
	}
	return Body{Type: mediaType, Encoding: Encoding, Data: z.Pack(nil, data)}
}

// SetHeader tells what the body is.
func (b Body) SetHeader(h http.Header) {
	h.Set("Content-Type", b.Type)
	h.Set("Content-Length", strconv.Itoa(len(b.Data)))
	h.Set(DigestHeader, digest(b.Data))
	if b.Encoding != "" {
		h.Set("Content-Encoding", b.Encoding)
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// ReadBody reads a body of at most limit bytes, on the wire and unpacked, and checks its digest where it has one. It
// fails with ErrTooLarge, ErrDigest or ErrEncoding, or with what reading failed with.
func (z *Zstd) ReadBody(h http.Header, from io.Reader, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	if len(data) > limit {
		return nil, ErrTooLarge
	}
	if told := h.Get(DigestHeader); told != "" && told != digest(data) {
		return nil, ErrDigest
	}
	switch strings.ToLower(h.Get("Content-Encoding")) {
	case "", "identity":
		return data, nil
	case Encoding:
	default:
		return nil, ErrEncoding
	}
	if data, err = z.Unpack(data); err != nil {
		return nil, err
	}
	if len(data) > limit {
		return nil, ErrTooLarge
	}
	return data, nil
}

// Answer writes an answer, packed where whoever asked takes that.
func (z *Zstd) Answer(w http.ResponseWriter, r *http.Request, status int, mediaType string, data []byte) error {
	body := Body{Type: mediaType, Data: data}
	if takesZstd(r.Header) {
		body = z.PackBody(mediaType, data)
	}
	w.Header().Set(VersionHeader, strconv.Itoa(Version))
	w.Header().Set("Cache-Control", "no-store")
	body.SetHeader(w.Header())
	w.WriteHeader(status)
	if _, err := w.Write(body.Data); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// AnswerMessage writes an answer that is one JSON object.
func (z *Zstd) AnswerMessage(w http.ResponseWriter, r *http.Request, status int, message any) error {
	data, err := Marshal(message)
	if err != nil {
		return err
	}
	return z.Answer(w, r, status, TypeJSON, data)
}

// Refuse writes a refusal, never packed: a person may read it.
func Refuse(w http.ResponseWriter, p Problem) {
	data, err := Marshal(p)
	if err != nil { // five plain fields
		data = []byte("{}")
	}
	w.Header().Set(VersionHeader, strconv.Itoa(Version))
	w.Header().Set("Cache-Control", "no-store")
	Body{Type: TypeProblem, Data: data}.SetHeader(w.Header())
	w.WriteHeader(p.Status)
	_, _ = w.Write(data) // whoever was refused hangs up at will
}

func takesZstd(h http.Header) bool {
	for _, list := range h.Values("Accept-Encoding") {
		for each := range strings.SplitSeq(list, ",") {
			name, q, _ := strings.Cut(strings.TrimSpace(each), ";")
			if strings.EqualFold(strings.TrimSpace(name), Encoding) && strings.TrimSpace(q) != "q=0" {
				return true
			}
		}
	}
	return false
}
