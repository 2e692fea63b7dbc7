// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"redbench/edge/adapt"
	"redbench/edge/guard"
)

// Webhook is a vendor that may post to head office.
type Webhook struct {
	Vendor          string   // the path's
	Secrets         [][]byte // any of which it signs with
	Header          string   // that the signature comes in
	Scheme          string   // SchemeHex or SchemeBase64
	Prefix          string   // of the signature in its header
	TimestampHeader string   // empty: the body alone is signed; else "timestamp.body"
	Format          string   // json, xml, form, text
	Program         string   // jq, as of an adapt.Hook
}

// The schemes of a signature: HMAC-SHA-256, written in one way or the other.
const (
	SchemeHex    = "hmac-sha256-hex"
	SchemeBase64 = "hmac-sha256-base64"
)

const (
	// maxHook is the longest body that a vendor may send; what comes of it must be as short as any till's event.
	maxHook = 256 << 10
	// signedWithin is how far a signature's moment may lie from ours.
	signedWithin = 5 * time.Minute
)

// hook is a Webhook made ready.
type hook struct {
	Webhook
	program *adapt.Hook
	decode  func(string) ([]byte, error) // a signature
}

// CheckWebhook compiles a webhook, and tells what is wrong with it.
func CheckWebhook(w Webhook) error {
	_, err := newHook(w, guard.New(nil), nil)
	return err
}

func newHook(w Webhook, cards *guard.Guard, digest func(...[]byte) [16]byte) (*hook, error) {
	h := &hook{Webhook: w}
	switch w.Scheme {
	case SchemeHex:
		h.decode = hex.DecodeString
	case SchemeBase64:
		h.decode = base64.StdEncoding.Strict().DecodeString
	default:
		return nil, fmt.Errorf("making webhook %q: scheme %q is none of %s, %s", w.Vendor, w.Scheme, SchemeHex, SchemeBase64)
	}
	if len(w.Secrets) == 0 || w.Header == "" {
		return nil, fmt.Errorf("making webhook %q: it needs a secret and the header of its signature", w.Vendor)
	}
	var err error
	h.program, err = adapt.NewHook(w.Vendor, w.Format, w.Program, adapt.Options{Guard: cards, MaxSize: maxHook, Digest: digest})
	if err != nil {
		return nil, fmt.Errorf("making webhook %q: %w", w.Vendor, err)
	}
	return h, nil
}

func newHooks(all []Webhook, cards *guard.Guard, digest func(...[]byte) [16]byte) (map[string]*hook, error) {
	if cards == nil {
		cards = guard.New(nil)
	}
	hooks := make(map[string]*hook, len(all))
	for _, w := range all {
		h, err := newHook(w, cards, digest)
		if err != nil {
			return nil, err
		}
		hooks[w.Vendor] = h
	}
	return hooks, nil
}

// keyedDigest makes digests that tell nothing of what they are of.
func keyedDigest(key []byte) func(parts ...[]byte) [16]byte {
	return func(parts ...[]byte) [16]byte {
		mac := hmac.New(sha256.New, key)
		for _, part := range parts {
			mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
			mac.Write(part)
		}
		return [16]byte(mac.Sum(nil))
	}
}

var (
	errSignature = errors.New("the signature is missing or wrong")
	errMoment    = errors.New("the moment of the signature is missing, or too far from now")
)

// verify proves a body, before anybody looks into it. Which of the two went wrong is told only to who knows the secret.
func (h *hook) verify(header http.Header, body []byte, now time.Time) error {
	stamp := ""
	if h.TimestampHeader != "" {
		stamp = header.Get(h.TimestampHeader)
	}
	if !h.signed(header.Values(h.Header), stamp, body) {
		return errSignature
	}
	if h.TimestampHeader == "" {
		return nil
	}
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errMoment
	}
	if at > 1e11 { // milliseconds: in seconds it would be the year 5138
		at /= 1000
	}
	if apart := now.Sub(time.Unix(at, 0)); apart > signedWithin || apart < -signedWithin {
		return errMoment
	}
	return nil
}

// signed compares in a time that says nothing of how much was right. A header that is there twice proves nothing.
func (h *hook) signed(values []string, stamp string, body []byte) bool {
	if len(values) != 1 {
		return false
	}
	text, prefixed := strings.CutPrefix(values[0], h.Prefix)
	got, err := h.decode(text)
	if !prefixed || err != nil {
		return false
	}
	fits := false
	for _, secret := range h.Secrets {
		mac := hmac.New(sha256.New, secret)
		if h.TimestampHeader != "" {
			mac.Write([]byte(stamp + "."))
		}
		mac.Write(body)
		fits = hmac.Equal(got, mac.Sum(nil)) || fits
	}
	return fits
}
