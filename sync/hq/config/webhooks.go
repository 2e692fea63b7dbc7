// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"

	"redbench/daemon/config/keyed"
)

// Webhook is a vendor that tells head office what happened at a store's till.
type Webhook struct {
	Vendor          string // the last part of its path
	SecretFile      string
	Header          string // that the signature comes in
	Scheme          string // hmac-sha256-hex, hmac-sha256-base64
	Prefix          string // of the signature, as in "sha256="
	TimestampHeader string // empty: none; else "timestamp.body" is signed
	Format          string // json, xml, form, text
	Program         string // jq
}

// What a webhook can be.
var (
	webhookSchemes = []string{"hmac-sha256-hex", "hmac-sha256-base64"}
	webhookFormats = []string{"json", "text", "xml", "form"}
	vendorName     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	headerName     = regexp.MustCompile(`^[A-Za-z0-9-]{1,100}$`)
)

const webhookDoc = "A vendor that posts to head office, at /v1/webhooks/{vendor}, what happened in a store has a [[webhook]]; there may be any number."

func defaultWebhook() *Webhook { return &Webhook{Scheme: webhookSchemes[0], Format: "json"} }

// webhookKeys lists the keys of one [[webhook]].
func webhookKeys(w *Webhook) []keyed.Key {
	return section("webhook", "",
		keyed.Key{Key: "vendor", Value: &w.Vendor, Doc: "The last part of the path: letters, digits, - and _."},
		keyed.Key{Key: "secret_file", Value: &w.SecretFile, Path: true, Doc: "File with the secret that the vendor signs with, 16 bytes at " +
			"least; while it is being changed, the old and the new one, a line each."},
		keyed.Key{Key: "header", Value: &w.Header, Doc: "Header that the signature comes in, as in X-Signature."},
		keyed.Key{Key: "scheme", Value: &w.Scheme, Doc: "How the body is signed: hmac-sha256-hex or hmac-sha256-base64."},
		keyed.Key{Key: "prefix", Value: &w.Prefix, Doc: "What stands before the signature in its header, as in \"sha256=\"."},
		keyed.Key{Key: "timestamp_header", Value: &w.TimestampHeader, Doc: "Header with the moment of signing, in seconds or milliseconds since 1970. What " +
			"is signed is then \"timestamp.body\", and nothing older than 5 minutes is taken. Empty: the body alone is signed."},
		keyed.Key{Key: "format", Value: &w.Format, Doc: "What the vendor sends: json, text, xml or form."},
		keyed.Key{Key: "program", Value: &w.Program, Doc: "jq program that makes the contract's event of it, with store and lane. Fields " +
			"that it does not name are never stored or logged."},
	).Keys
}

func (c *Config) fillWebhooks(value any, r *keyed.Reading) {
	var all []*Webhook
	keyed.Fill("webhook", value, r, func() []keyed.Key {
		w := defaultWebhook()
		all = append(all, w)
		return webhookKeys(w)
	})
	for _, w := range all {
		c.Webhooks = append(c.Webhooks, *w)
	}
}

func (v check) webhooks() {
	seen := map[string]bool{}
	for i, w := range v.c.Webhooks {
		line := v.Line(fmt.Sprintf("webhook.%d", i))
		bad := func(format string, args ...any) { v.Add(line, "[[webhook]]", format, args...) }
		switch {
		case !vendorName.MatchString(w.Vendor):
			bad("vendor must be 1 to 64 letters, digits, - or _; it is %q", w.Vendor)
		case seen[w.Vendor]:
			bad("vendor %q is taken by an earlier one", w.Vendor)
		}
		seen[w.Vendor] = true
		v.signature(w, bad)
		if !slices.Contains(webhookFormats, w.Format) {
			bad("format must be %s; it is %q", keyed.OneOf(webhookFormats), w.Format)
		}
		if strings.TrimSpace(w.Program) == "" {
			bad("needs a program, the jq text that makes an event")
		}
	}
}

func (v check) signature(w Webhook, bad func(format string, args ...any)) {
	if w.SecretFile == "" {
		bad("needs a secret_file: whoever knows the path could send anything")
	}
	if !headerName.MatchString(w.Header) {
		bad("needs a header, the name of the one that the signature comes in; it is %q", w.Header)
	}
	if !slices.Contains(webhookSchemes, w.Scheme) {
		bad("scheme must be %s; it is %q", keyed.OneOf(webhookSchemes), w.Scheme)
	}
	switch {
	case w.TimestampHeader == "":
	case !headerName.MatchString(w.TimestampHeader):
		bad("timestamp_header must be a header's name; it is %q", w.TimestampHeader)
	case http.CanonicalHeaderKey(w.TimestampHeader) == http.CanonicalHeaderKey(w.Header):
		bad("timestamp_header is the signature's own header")
	}
}

// shortestSecret is what nobody guesses.
const shortestSecret = 16

// Secrets reads the secrets of a vendor, a line each. The error holds nothing of them.
func (w Webhook) Secrets() (secrets [][]byte, err error) {
	raw, err := os.ReadFile(w.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("reading the secret of [[webhook]] %s: %w", w.Vendor, err)
	}
	for line := range strings.Lines(strings.TrimPrefix(string(raw), "\ufeff")) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		if len(line) < shortestSecret {
			return nil, fmt.Errorf("reading the secret of [[webhook]] %s: a line of %s is shorter than %d bytes", w.Vendor, w.SecretFile, shortestSecret)
		}
		secrets = append(secrets, []byte(line))
	}
	if len(secrets) == 0 {
		return nil, fmt.Errorf("reading the secret of [[webhook]] %s: %s is empty", w.Vendor, w.SecretFile)
	}
	return secrets, nil
}
