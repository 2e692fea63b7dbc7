// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

// A store's token says whose it is and is signed by head office, so that a made-up one costs no look into the database.
// Whether a signed one still holds (revoked? replaced?) the database says, by its serial.
//
//	rb1.<base64url of {"s":store,"n":serial}>.<base64url of HMAC-SHA-256>

const (
	tokenPrefix = "rb1."
	maxToken    = 512 // characters
)

// claims are what a store's token says.
type claims struct {
	Store  string `json:"s"`
	Serial uint64 `json:"n"`
}

// errToken says that a text is no token of this head office.
var errToken = errors.New("not a token of this head office")

// tokenKey signs tokens.
type tokenKey [32]byte

func (k *tokenKey) sum(payload string) []byte {
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte(tokenPrefix + payload))
	return mac.Sum(nil)
}

// mint makes a store's token.
func (k *tokenKey) mint(c claims) string {
	body, err := json.Marshal(c)
	if err != nil {
		panic(err) // a string and a number
	}
	payload := base64.RawURLEncoding.EncodeToString(body)
	return tokenPrefix + payload + "." + base64.RawURLEncoding.EncodeToString(k.sum(payload))
}

// parse reads a token that this key signed, or fails with errToken. Nothing of it is looked at before its signature.
func (k *tokenKey) parse(token string) (claims, error) {
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok || len(token) > maxToken {
		return claims{}, errToken
	}
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok {
		return claims{}, errToken
	}
	sum, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil || !hmac.Equal(sum, k.sum(payload)) {
		return claims{}, errToken
	}
	body, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil {
		return claims{}, errToken
	}
	var c claims
	if err := json.Unmarshal(body, &c); err != nil || c.Store == "" || c.Serial == 0 {
		return claims{}, errToken
	}
	return c, nil
}

// newSecret is 256 random bits, for whoever has no store: readers of the feed, and people at the fleet page.
func newSecret() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the program rather than give weak bytes
	return base64.RawURLEncoding.EncodeToString(raw[:])
}
