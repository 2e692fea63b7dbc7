// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"redbench/edge"
)

const (
	hookSecret  = "a secret that a vendor made"
	hookProgram = `{store, lane, id, time, type: "redbench.loyalty.presented", data: {identifier: .member, kind: "card"}}`
	hookBody    = `{"store":"s1","lane":"3","id":"e1","time":"2026-11-22T09:00:00Z","member":"6001002003004","private":"their own affair"}`
)

func sum(secret, text string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func inHex(secret, text string) string { return hex.EncodeToString(sum(secret, text)) }
func inBase64(secret, text string) string {
	return base64.StdEncoding.EncodeToString(sum(secret, text))
}

// vendors have one webhook of each kind.
func vendors() []Webhook {
	plain := Webhook{Vendor: "plain", Secrets: [][]byte{[]byte("the secret before this one"), []byte(hookSecret)}, Header: "X-Signature", Scheme: SchemeHex,
		Format: "json", Program: hookProgram}
	prefixed, packed, timed := plain, plain, plain
	prefixed.Vendor, prefixed.Prefix = "prefixed", "sha256="
	packed.Vendor, packed.Scheme = "base64", SchemeBase64
	timed.Vendor, timed.TimestampHeader = "timed", "X-Time"
	return []Webhook{plain, prefixed, packed, timed}
}

func hookAPI(t testing.TB, office *fakeOffice) *testAPI {
	t.Helper()
	a := fakeAPI(t, office)
	hooks, err := newHooks(vendors(), nil, keyedDigest([]byte("k")))
	if err != nil {
		t.Fatal(err)
	}
	a.hooks = hooks
	return a
}

func TestSignaturesOfVendors(t *testing.T) {
	a := hookAPI(t, &fakeOffice{})
	at := func(d time.Duration) string { return strconv.FormatInt(apiStart.Add(d).Unix(), 10) }
	now := at(0)
	timed := func(stamp string) []string {
		return []string{"X-Time", stamp, "X-Signature", inHex(hookSecret, stamp+"."+hookBody)}
	}
	for name, each := range map[string]struct {
		vendor string
		header []string
		status int
	}{
		"hex":                        {"plain", []string{"X-Signature", inHex(hookSecret, hookBody)}, 202},
		"hex in capitals":            {"plain", []string{"X-Signature", strings.ToUpper(inHex(hookSecret, hookBody))}, 202},
		"the former secret":          {"plain", []string{"X-Signature", inHex("the secret before this one", hookBody)}, 202},
		"no signature":               {"plain", nil, 401},
		"an empty one":               {"plain", []string{"X-Signature", ""}, 401},
		"another secret":             {"plain", []string{"X-Signature", inHex("the secret of somebody else", hookBody)}, 401},
		"another body":               {"plain", []string{"X-Signature", inHex(hookSecret, hookBody+" ")}, 401},
		"half of it":                 {"plain", []string{"X-Signature", inHex(hookSecret, hookBody)[:32]}, 401},
		"no hex":                     {"plain", []string{"X-Signature", "zz"}, 401},
		"base64 for hex":             {"plain", []string{"X-Signature", inBase64(hookSecret, hookBody)}, 401},
		"a prefix that nobody asked": {"plain", []string{"X-Signature", "sha256=" + inHex(hookSecret, hookBody)}, 401},
		"a prefix":                   {"prefixed", []string{"X-Signature", "sha256=" + inHex(hookSecret, hookBody)}, 202},
		"without its prefix":         {"prefixed", []string{"X-Signature", inHex(hookSecret, hookBody)}, 401},
		"another prefix":             {"prefixed", []string{"X-Signature", "sha1=" + inHex(hookSecret, hookBody)}, 401},
		"base64":                     {"base64", []string{"X-Signature", inBase64(hookSecret, hookBody)}, 202},
		"hex for base64":             {"base64", []string{"X-Signature", inHex(hookSecret, hookBody)}, 401},
		"a moment":                   {"timed", timed(now), 202},
		"in milliseconds":            {"timed", timed(now + "000"), 202},
		"five minutes ago":           {"timed", timed(at(-5 * time.Minute)), 202},
		"longer ago":                 {"timed", timed(at(-5*time.Minute - time.Second)), 401},
		"in the future":              {"timed", timed(at(5*time.Minute + time.Second)), 401},
		"no moment":                  {"timed", []string{"X-Signature", inHex(hookSecret, "."+hookBody)}, 401},
		"a moment that is none":      {"timed", timed("now"), 401},
		"a moment that is not hers":  {"timed", []string{"X-Time", now, "X-Signature", inHex(hookSecret, at(-time.Minute)+"."+hookBody)}, 401},
		"the body alone":             {"timed", []string{"X-Time", now, "X-Signature", inHex(hookSecret, hookBody)}, 401},
		"a store's token":            {"plain", []string{"Authorization", a.bearer()}, 401},
		"an unknown vendor":          {"nobody", []string{"X-Signature", inHex(hookSecret, hookBody)}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.do(t, asked{method: "POST", path: "/v1/webhooks/" + each.vendor, body: hookBody, header: each.header, plain: true})
			if got.status != each.status {
				t.Errorf("%d %s, want %d", got.status, got.body, each.status)
			}
		})
	}
	if log := a.log.String(); strings.Contains(log, "6001002003004") || strings.Contains(log, "affair") {
		t.Error("the log holds what a vendor sent")
	}
}

// Two signatures prove nothing: somebody in between may have added one.
func TestASignatureTwiceIsNone(t *testing.T) {
	h, err := newHooks(vendors(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	good := inHex(hookSecret, hookBody)
	if err := h["plain"].verify(http.Header{"X-Signature": {good, good}}, []byte(hookBody), apiStart); err == nil {
		t.Error("it was taken")
	}
}

func TestRefusalsOfWebhooks(t *testing.T) {
	var fails error
	var got []edge.Event
	a := hookAPI(t, &fakeOffice{relay: func(vendor string, events []edge.Event) (int, error) {
		got = events
		return len(events), fails
	}})
	for name, each := range map[string]struct {
		body    string
		fails   error
		status  int
		says    string
		outcome string
	}{
		"taken":               {hookBody, nil, 202, `{"taken":1}`, "taken"},
		"a payment card":      {strings.Replace(hookBody, "their own affair", "4111111111111111", 1), nil, 422, "card-number", "card-number"},
		"no JSON":             {"{", nil, 422, "json", "json"},
		"nothing to map":      {`{}`, nil, 422, "no store", "store"},
		"a program that ends": {`[]`, nil, 422, "adapter", "adapter"},
		"too large":           {`"` + strings.Repeat("x", maxHook) + `"`, nil, 413, "", "failed"},
		"another content":     {hookBody, fmt.Errorf("taking: %w", ErrOtherEvent), 409, "another content", "conflict"},
		"a strange store":     {hookBody, fmt.Errorf("taking: %w", ErrNoBox), 422, "no box", "store"},
		"too many":            {hookBody, fmt.Errorf("taking: %w", ErrManyRelays), 503, "later", "failed"},
		"too long an event":   {hookBody, fmt.Errorf("taking: %w", ErrRelaySize), 422, "longer", "too-large"},
	} {
		t.Run(name, func(t *testing.T) {
			fails, got = each.fails, nil
			answer := a.do(t, asked{method: "POST", path: "/v1/webhooks/plain", body: each.body, plain: true,
				header: []string{"X-Signature", inHex(hookSecret, each.body)}})
			if answer.status != each.status || !strings.Contains(answer.body, each.says) {
				t.Errorf("%d %s", answer.status, answer.body)
			}
			for _, secret := range []string{"6001002003004", "affair", "4111111111111111"} {
				if strings.Contains(answer.body+a.log.String(), secret) {
					t.Errorf("answer or log hold %q", secret)
				}
			}
			if each.fails == nil && (each.status == 202) != (len(got) == 1) {
				t.Errorf("relayed: %+v", got)
			}
			scraped := a.do(t, asked{method: "GET", path: "/metrics", header: []string{"Authorization", "Bearer scrape"}})
			if want := fmt.Sprintf(`redbench_hq_webhooks_total{outcome=%q,vendor="plain"}`, each.outcome); !strings.Contains(scraped.body, want) {
				t.Errorf("not counted as %s", want)
			}
		})
	}
	for _, header := range [][]string{{"Content-Encoding", "zstd"}, {"Content-Encoding", "gzip"}} {
		answer := a.do(t, asked{method: "POST", path: "/v1/webhooks/plain", body: hookBody, plain: true,
			header: append(header, "X-Signature", inHex(hookSecret, hookBody))})
		if answer.status != 415 {
			t.Errorf("%v: %d", header, answer.status)
		}
	}
}

func TestAWebhookThatCannotWorkIsRefusedAtTheStart(t *testing.T) {
	for name, spoil := range map[string]func(*Webhook){
		"no secret":      func(w *Webhook) { w.Secrets = nil },
		"no header":      func(w *Webhook) { w.Header = "" },
		"another scheme": func(w *Webhook) { w.Scheme = "md5" },
		"another format": func(w *Webhook) { w.Format = "yaml" },
		"no jq":          func(w *Webhook) { w.Program = "{" },
	} {
		w := vendors()[0]
		if err := CheckWebhook(w); err != nil {
			t.Fatal(err)
		}
		if spoil(&w); CheckWebhook(w) == nil {
			t.Errorf("%s: it was made", name)
		}
	}
}

func FuzzWebhook(f *testing.F) {
	f.Add(hookBody, inHex(hookSecret, hookBody), "1763802000")
	f.Add("{", "sha256=", "")
	a := hookAPI(f, &fakeOffice{})
	f.Fuzz(func(t *testing.T, body, signature, stamp string) {
		for _, vendor := range vendors() {
			r := httptest.NewRequest(http.MethodPost, "/v1/webhooks/"+vendor.Vendor, strings.NewReader(body))
			r.Header["X-Signature"], r.Header["X-Time"] = []string{signature}, []string{stamp}
			w := httptest.NewRecorder()
			a.Handler().ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Fatalf("%s: %d %s", vendor.Vendor, w.Code, w.Body)
			}
		}
	})
}
