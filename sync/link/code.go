// SPDX-License-Identifier: Apache-2.0

package link

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Code is the one-time code that a person carries from head office to a box: `4H8K-22QT-…`. It holds a secret, a check
// that tells a mistyped code from a wrong one, and, where head office certifies itself, the start of the digest of its
// authority's certificate: the box then needs no other reason to trust it.
type Code struct {
	secret [secretBytes]byte
	pin    []byte // pinBytes, or none
}

const (
	secretBytes = 10
	pinBytes    = 10
	checkBytes  = 5 // with secret and pin a multiple of 5, so that base32 has no rest
	group       = 4
)

// ErrMistyped says that a text is no code.
var ErrMistyped = errors.New("that is not a code as head office prints it; look for a mistyped or missing sign")

// crockford has no letters that look like digits; I, L and O are read as what they look like.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// NewCode makes a code. pin is Pin of the built-in authority's certificate, or nil where head office has a certificate
// that boxes trust anyway.
func NewCode(pin []byte) (Code, error) {
	var c Code
	if len(pin) != 0 && len(pin) != pinBytes {
		return c, fmt.Errorf("making a code: a pin has %d bytes, not %d", pinBytes, len(pin))
	}
	_, _ = rand.Read(c.secret[:]) // never fails
	c.pin = bytes.Clone(pin)
	return c, nil
}

// Pin is the start of the digest of a certificate (DER).
func Pin(certificate []byte) []byte {
	sum := sha256.Sum256(certificate)
	return sum[:pinBytes]
}

// ParseCode reads what String wrote, in whatever case and grouping a person typed it. It fails with ErrMistyped.
func ParseCode(text string) (Code, error) {
	clean := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.TrimSpace(text)))
	data, err := crockford.DecodeString(clean)
	if err != nil || len(data) != secretBytes+checkBytes && len(data) != secretBytes+pinBytes+checkBytes {
		return Code{}, ErrMistyped
	}
	body, check := data[:len(data)-checkBytes], data[len(data)-checkBytes:]
	if !bytes.Equal(check, checkOf(body)) {
		return Code{}, ErrMistyped
	}
	var c Code
	copy(c.secret[:], body)
	if len(body) > secretBytes {
		c.pin = body[secretBytes:]
	}
	return c, nil
}

func checkOf(body []byte) []byte {
	sum := sha256.Sum256(append([]byte("redbench code "), body...))
	return sum[:checkBytes]
}

// String gives the code as head office prints it.
func (c Code) String() string {
	body := slices.Concat(c.secret[:], c.pin)
	text := crockford.EncodeToString(append(body, checkOf(body)...))
	var groups []string
	for ; len(text) > group; text = text[group:] {
		groups = append(groups, text[:group])
	}
	return strings.Join(append(groups, text), "-")
}

// Sum is what head office keeps of a code.
func (c Code) Sum() [32]byte {
	return sha256.Sum256(append([]byte("redbench code secret "), c.secret[:]...))
}

// Pinned reports whether the code names the authority that head office must be certified by.
func (c Code) Pinned() bool { return len(c.pin) > 0 }

func (c Code) names(certificate []byte) bool {
	return subtle.ConstantTimeCompare(c.pin, Pin(certificate)) == 1
}
