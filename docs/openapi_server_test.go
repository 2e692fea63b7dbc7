// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"redbench/edge"
	"redbench/edge/seal"
	"redbench/sync/hq"
	hqstore "redbench/sync/hq/store"
	"redbench/sync/wire"
)

// asking puts questions to a real head office, and holds each answer to the document.
type asking struct {
	*hq.HQ
	document *calls
	handler  http.Handler
	token    string
	signed   string          // the signature of a vendor
	answered map[string]bool // by what was documented
}

func newAsking(t *testing.T) *asking {
	t.Helper()
	dir, quiet := t.TempDir(), slog.New(slog.DiscardHandler)
	keys, err := seal.OpenChain(dir)
	if err != nil {
		t.Fatal(err)
	}
	store, err := hqstore.Open(t.Context(), hqstore.Options{Dir: dir, Fingerprint: keys.Fingerprint(), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	a := &asking{document: openCalls(t), answered: map[string]bool{}}
	if a.HQ, err = hq.New(hq.Options{Store: store, Keys: keys, Log: quiet}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	api, err := hq.NewAPI(t.Context(), a.HQ, hq.APIOptions{Log: quiet, Metrics: promhttp.Handler(), Webhooks: []hq.Webhook{shop}})
	if err != nil {
		t.Fatal(err)
	}
	a.handler = api.Handler()
	return a
}

// ask makes one call. of is the call as it is documented; path may differ by its variables and query.
func (a *asking) ask(t *testing.T, of, path, mediaType, text string, want int) []byte {
	t.Helper()
	method, pattern, _ := strings.Cut(of, " ")
	if path == "" || path[0] == '?' {
		path = strings.ReplaceAll(pattern, "{store}", "harbour-7") + path
	}
	r := httptest.NewRequest(method, path, strings.NewReader(text))
	r.Header.Set("Content-Type", mediaType)
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	if a.signed != "" {
		r.Header.Set("X-Signature", a.signed)
	}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	if w.Code != want {
		t.Fatalf("%s: %d %s, want %d", of, w.Code, w.Body, want)
	}
	a.held(t, of, mediaType, []byte(text), w)
	return w.Body.Bytes()
}

func (a *asking) held(t *testing.T, of, mediaType string, text []byte, w *httptest.ResponseRecorder) {
	t.Helper()
	for _, b := range a.document.bodies() {
		if b.request && b.of == of && w.Code == http.StatusOK && len(text) > 0 {
			if err := a.document.validate(t, b, text); err != nil || b.mediaType != mediaType && b.mediaType != "*/*" {
				t.Errorf("%s takes what is not documented: %v", of, err)
			}
		}
	}
	status := of + " " + strconv.Itoa(w.Code)
	for _, documented := range []string{status, of + " default"} {
		for _, b := range a.document.bodies() {
			if b.of != documented || b.request {
				continue
			}
			a.answered[documented] = true
			if got, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";"); got != b.mediaType {
				t.Errorf("%s: %s, documented %s", status, got, b.mediaType)
			} else if err := a.document.validate(t, b, w.Body.Bytes()); err != nil {
				t.Errorf("%s: %v\n%s", status, err, w.Body)
			}
			return
		}
	}
	t.Errorf("%s is not documented", status)
}

// A store's whole day: each answer is as documented, and each documented success was answered.
func TestHeadOfficeAnswersAsDocumented(t *testing.T) {
	a := newAsking(t)
	now := time.Now().UTC()
	code, err := a.AddStore(t.Context(), "harbour-7", nil)
	if err != nil {
		t.Fatal(err)
	}
	const enroll = "POST /v1/enroll"
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32))
	request := fmt.Sprintf(`{"code":%q,"store":"harbour-7","version":"1","keys":[{"id":9,"key":%q}]}`, code, key)
	a.ask(t, enroll, "", wire.TypeJSON, `{"code":"0","store":"harbour-7","version":"1"}`, 403)
	a.ask(t, enroll, "", wire.TypeJSON, `{}x`, 400)
	var enrolled wire.EnrolAnswer
	readInto(t, a.ask(t, enroll, "", wire.TypeJSON, request, 200), &enrolled)

	chain := enrolled.Chain.Identifiers[0].ID
	const changes, lookup = "GET /v1/stores/{store}/changes", "POST /v1/stores/{store}/lookup"
	a.ask(t, changes, "", "", "", 401)
	a.token = enrolled.Token
	a.ask(t, changes, "?after=x", "", "", 410)
	a.ask(t, changes, "/v1/stores/other/changes", "", "", 403)

	const records = "POST /v1/stores/{store}/records"
	list := []edge.Record{
		{Seq: 1, ID: "r1", Kind: edge.RecordCustomer, At: now, Customer: person(now, "0199-c", chain, 1)},
		{Seq: 2, Prev: 1, ID: "r2", Kind: edge.RecordFact, At: now, Fact: &edge.FactState{ID: "f1", Customer: "0199-c", Kind: edge.FactPreference,
			Fields: edge.Fields{edge.FieldText: {Value: "no lid", At: stamp(now), Rank: edge.RankTold}}}},
		{Seq: 3, Prev: 2, ID: "r3", Kind: edge.RecordVisit, At: now, Visit: &edge.VisitState{ID: "v1", Customer: "0199-c", At: now, Lane: "3",
			Items: []edge.Item{{SKU: "a", Name: "A", Quantity: 1, AmountMinor: 5}}, Total: edge.Money{Minor: 5, Currency: "EUR"}}},
		{Seq: 4, Prev: 3, ID: "r4", Kind: edge.RecordOutcome, At: now, Outcome: &edge.OutcomeState{ID: "o1", Prompt: "p", Kind: "used", At: now}},
		{Seq: 5, Prev: 4, ID: "r5", Kind: edge.RecordSummary, At: now, Summary: &edge.Summary{ID: "s1", From: now, To: now, Counts: map[string]int{"visit": 2}}},
		{Seq: 6, Prev: 5, ID: "r6", Kind: edge.RecordVoid, At: now},
	}
	a.ask(t, records, "", wire.TypeLines, batch(t, list), 200)
	list[5].ID = "another"
	a.ask(t, records, "", wire.TypeLines, batch(t, list), 409)
	a.ask(t, records, "", wire.TypeJSON, "{}", 415)

	hash, other := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)), base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{2}, 32))
	a.ask(t, lookup, "", wire.TypeJSON, fmt.Sprintf(`{"hashes":[{"key":%d,"sum":%q,"kind":"card"}]}`, chain, hash), 200)
	a.ask(t, lookup, "", wire.TypeJSON, fmt.Sprintf(`{"hashes":[{"key":%d,"sum":%q,"kind":"card"}]}`, chain, other), 404)

	const orders, status, token = "POST /v1/stores/{store}/orders", "POST /v1/stores/{store}/status", "POST /v1/stores/{store}/token"
	a.ask(t, orders, "", wire.TypeJSON, fmt.Sprintf(`{"orders":[{"erasure":{"id":"e1","at":%q,"stamp":%q,"tombstones":[%q]}}]}`,
		now.Format(time.RFC3339), stamp(now), other), 200)
	a.ask(t, status, "", wire.TypeJSON, fmt.Sprintf(`{"version":"1","run":"r","box":"b1","backlog":{"records":0,"bytes":0},"clock":%q}`, now.Format(time.RFC3339)), 200)
	a.ask(t, token, "", wire.TypeJSON, `{}`, 200)
	if _, err := a.Forget(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "60"}); err != nil {
		t.Fatal(err)
	}
	if err := a.Silence(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	a.vendor(t)
	page := a.ask(t, changes, "?wait=1&limit=100", "", "", 200)
	for _, kind := range []string{"erasure", "customer", "fact", "settings", "event"} {
		if !bytes.Contains(page, []byte(`"kind":"`+kind+`"`)) {
			t.Errorf("the page has no %s, so that nothing was held to it:\n%s", kind, page)
		}
	}
	a.feed(t)
	for _, of := range []string{"GET /healthz", "GET /readyz", "GET /metrics"} {
		a.ask(t, of, "", "", "", 200)
	}
	if _, err := a.AddUser(t.Context(), "jo", hq.RolePages); err != nil {
		t.Fatal(err)
	}
	link, _, err := a.SignInLink(t.Context(), "jo")
	if err != nil {
		t.Fatal(err)
	}
	a.ask(t, "GET /signin/{code}", hq.LinkURL("", link), "", "", 200)
	a.ask(t, "POST /signout", "", "", "", 403)
	for _, b := range a.document.bodies() {
		if (strings.HasSuffix(b.of, " 200") || strings.HasSuffix(b.of, " 202")) && !a.answered[b.of] {
			t.Errorf("%s was never answered here", b.of)
		}
	}
}

// shop is a vendor.
var shop = hq.Webhook{Vendor: "shop", Secrets: [][]byte{[]byte("what the shop signs with")}, Header: "X-Signature", Scheme: hq.SchemeHex,
	Format: "json", Program: `{store, lane: "3", id, type: "redbench.loyalty.presented", data: {identifier: .card, kind: "card"}}`}

func (a *asking) vendor(t *testing.T) {
	t.Helper()
	post := func(body string, want int) {
		t.Helper()
		mac := hmac.New(sha256.New, shop.Secrets[0])
		mac.Write([]byte(body))
		a.signed = hex.EncodeToString(mac.Sum(nil))
		a.ask(t, "POST /v1/webhooks/{vendor}", "/v1/webhooks/shop", wire.TypeJSON, body, want)
	}
	post(`{"store":"harbour-7","id":"e1","card":"6001002003004"}`, 202)
	post(`{"store":"harbour-7","id":"e1","card":"6001002003004"}`, 200)
	post(`{"store":"harbour-7","id":"e1","card":"6001002003005"}`, 409)
	post(`{"store":"harbour-7","id":"e2","card":"4111111111111111"}`, 422)
	a.signed = "00"
	a.ask(t, "POST /v1/webhooks/{vendor}", "/v1/webhooks/shop", wire.TypeJSON, `{}`, 401)
	a.ask(t, "POST /v1/webhooks/{vendor}", "/v1/webhooks/nobody", wire.TypeJSON, `{}`, 404)
}

func (a *asking) feed(t *testing.T) {
	t.Helper()
	const feed = "GET /v1/feed"
	a.ask(t, feed, "", "", "", 401)
	secret, err := a.AddUser(t.Context(), "crm", hq.RoleFeed)
	if err != nil {
		t.Fatal(err)
	}
	a.token = hq.FeedToken("crm", secret)
	a.ask(t, feed, "?limit=0", "", "", 400)
	text := a.ask(t, feed, "?limit=100", "", "", 200)
	for _, kind := range []string{"customer", "fact", "visit", "outcome", "summary", "erasure"} {
		if !bytes.Contains(text, []byte(`"kind":"`+kind+`"`)) {
			t.Errorf("the feed has no %s, so that nothing was held to it:\n%s", kind, text)
		}
	}
}

func readInto(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := wire.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func batch(t *testing.T, list []edge.Record) string {
	t.Helper()
	lines, err := wire.EncodeRecords(nil, "b1", list)
	if err != nil {
		t.Fatal(err)
	}
	return string(lines)
}

func stamp(now time.Time) edge.Stamp { return edge.Stamp{Wall: now.UnixMicro(), Origin: "b1"} }

func person(now time.Time, id string, key uint32, hash byte) *edge.CustomerState {
	told := func(value string) edge.Register {
		return edge.Register{Value: value, At: stamp(now), Rank: edge.RankTold}
	}
	return &edge.CustomerState{
		ID: id, Identifiers: []edge.IdentifierHash{{Key: key, Sum: bytes.Repeat([]byte{hash}, 32), Kind: edge.KindCard}},
		Fields: edge.Fields{edge.FieldName: told("Maya"), edge.FieldConsent: told(string(edge.ConsentRemember)), edge.FieldChain: told("C-1")},
	}
}
