// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"encoding/base64"
	"strings"
	"testing"
)

func testKey(b byte) *tokenKey {
	var k tokenKey
	for i := range k {
		k[i] = b
	}
	return &k
}

func TestTokensAreReadBack(t *testing.T) {
	k := testKey(1)
	want := claims{Store: "harbour-7", Serial: 1<<63 + 5}
	token := k.mint(want)
	got, err := k.parse(token)
	if err != nil || got != want {
		t.Errorf("%v %v", got, err)
	}
	if !strings.HasPrefix(token, "rb1.") || strings.Count(token, ".") != 2 || len(token) > maxToken {
		t.Errorf("%s", token)
	}
	if k.mint(want) != token {
		t.Error("the same claims make two tokens: an enrolment that is repeated would give another one")
	}
}

func TestTokensThatAreNone(t *testing.T) {
	k := testKey(1)
	token := k.mint(claims{Store: "s1", Serial: 7})
	parts := strings.Split(token, ".")
	sign := func(payload string) string {
		return tokenPrefix + payload + "." + base64.RawURLEncoding.EncodeToString(k.sum(payload))
	}
	raw := base64.RawURLEncoding.EncodeToString
	for name, bad := range map[string]string{
		"empty":              "",
		"another key's":      testKey(2).mint(claims{Store: "s1", Serial: 7}),
		"another version":    "rb2." + parts[1] + "." + parts[2],
		"no signature":       "rb1." + parts[1],
		"an empty signature": "rb1." + parts[1] + ".",
		"half a signature":   token[:len(token)-22],
		"a part more":        token + ".x",
		"padded":             token + "=",
		"a blank":            token + " ",
		"other claims":       "rb1." + raw([]byte(`{"s":"s2","n":7}`)) + "." + parts[2],
		"too long":           sign(raw([]byte(`{"s":"` + strings.Repeat("s", maxToken) + `","n":7}`))),
		"no store":           sign(raw([]byte(`{"s":"","n":7}`))),
		"no serial":          sign(raw([]byte(`{"s":"s1"}`))),
		"no JSON":            sign(raw([]byte(`x`))),
		"no base64":          sign("!"),
	} {
		if got, err := k.parse(bad); err == nil {
			t.Errorf("%s: taken as %v", name, got)
		}
	}
	// The last sign of 32 bytes in base64 has bits to spare: other spellings of the same signature are none.
	last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", token[len(token)-1])
	other := token[:len(token)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last^1])
	if _, err := k.parse(other); err == nil {
		t.Error("another spelling of a token is taken")
	}
}

func FuzzToken(f *testing.F) {
	k := testKey(1)
	f.Add(k.mint(claims{Store: "s1", Serial: 7}))
	f.Add("rb1..")
	f.Add("rb1.e30.AAAA")
	f.Add("rbf1.Y3Jt.secret")
	f.Fuzz(func(t *testing.T, token string) {
		if got, err := k.parse(token); err == nil && k.mint(got) != token {
			t.Errorf("%q is read as %v, whose token is another", token, got)
		}
		if name, secret, ok := parseFeedToken(token); ok && FeedToken(name, secret) != token {
			t.Errorf("%q is read as %q, %q", token, name, secret)
		}
	})
}
