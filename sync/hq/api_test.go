// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

const (
	statusBody = `{"version":"1","run":"r","box":"b","backlog":{"records":0,"bytes":0},"clock":"2026-11-22T09:00:00Z"}`
	lookupBody = `{"hashes":[{"key":1,"sum":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","kind":"card"}]}`
)

func TestRefusals(t *testing.T) {
	a := fakeAPI(t, &fakeOffice{user: User{Role: RolePages}})
	foreign := "Bearer " + a.key.mint(claims{Store: "s2", Serial: 7})
	old := "Bearer " + a.key.mint(claims{Store: "s1", Serial: 6})
	lines := []string{"Content-Type", wire.TypeLines}
	reader := []string{"Authorization", "Bearer " + FeedToken("crm", "right")}
	packed := string(a.zstd.Pack(nil, bytes.Repeat([]byte(" "), wire.MaxBatch+1)))
	for name, each := range map[string]struct {
		asked
		status int
		says   string
	}{
		"no such path":       {asked{method: "GET", path: "/v1/nothing"}, 404, "openapi.yaml"},
		"a path that climbs": {asked{method: "GET", path: "/v1/stores/s1/../s2/changes"}, 404, ""},
		"an escaped path":    {asked{method: "GET", path: "/v1/stores/%73%31/changes"}, 404, ""},
		"an empty store":     {asked{method: "GET", path: "/v1/stores//changes"}, 404, ""},
		"GET of records":     {asked{method: "GET", path: "/v1/stores/s1/records"}, 405, "POST, OPTIONS"},
		"POST of changes":    {asked{method: "POST", path: "/v1/stores/s1/changes"}, 405, "GET, HEAD, OPTIONS"},
		"a made-up method":   {asked{method: "BREW", path: "/v1/feed"}, 501, ""},

		"no token":               {asked{method: "POST", path: "/v1/stores/s1/status", body: statusBody, plain: true}, 401, "enroll again"},
		"a made-up token":        {asked{method: "POST", path: "/v1/stores/s1/status", header: []string{"Authorization", "Bearer rb1.e30.AAAA"}}, 401, ""},
		"another scheme":         {asked{method: "POST", path: "/v1/stores/s1/status", header: []string{"Authorization", "Basic czE6eA=="}}, 401, ""},
		"a replaced token":       {asked{method: "POST", path: "/v1/stores/s1/status", header: []string{"Authorization", old}}, 401, ""},
		"another store's token":  {asked{method: "POST", path: "/v1/stores/s1/status", header: []string{"Authorization", foreign}}, 403, "another store"},
		"a reader's for a store": {asked{method: "POST", path: "/v1/stores/s1/status", header: reader}, 401, ""},

		"no content type":        {asked{method: "POST", path: "/v1/stores/s1/status", body: statusBody, header: []string{"Content-Type", ""}}, 415, wire.TypeJSON},
		"another content type":   {asked{method: "POST", path: "/v1/stores/s1/records", body: records(t, 1)}, 415, wire.TypeLines},
		"another character set":  {asked{method: "POST", path: "/v1/stores/s1/status", body: statusBody, header: []string{"Content-Type", "application/json; charset=latin1"}}, 415, ""},
		"an unknown encoding":    {asked{method: "POST", path: "/v1/stores/s1/records", body: records(t, 1), header: append([]string{"Content-Encoding", "gzip"}, lines...)}, 415, "zstd"},
		"not packed at all":      {asked{method: "POST", path: "/v1/stores/s1/records", body: records(t, 1), header: append([]string{"Content-Encoding", "zstd"}, lines...)}, 400, ""},
		"packed beyond measure":  {asked{method: "POST", path: "/v1/stores/s1/records", body: packed, header: append([]string{"Content-Encoding", "zstd"}, lines...)}, 413, "send fewer"},
		"a wrong digest":         {asked{method: "POST", path: "/v1/stores/s1/records", body: records(t, 1), header: append([]string{wire.DigestHeader, "sha-256=:AAAA:"}, lines...)}, 400, "changed on its way"},
		"too large":              {asked{method: "POST", path: "/v1/stores/s1/status", body: strings.Repeat(" ", wire.MaxMessage+1)}, 413, ""},
		"a line too long":        {asked{method: "POST", path: "/v1/stores/s1/records", body: strings.Repeat("x", wire.MaxLine+1), header: lines}, 413, "a line"},
		"no records":             {asked{method: "POST", path: "/v1/stores/s1/records", header: lines}, 400, "one record"},
		"no JSON":                {asked{method: "POST", path: "/v1/stores/s1/records", body: "x", header: lines}, 400, "line 1"},
		"an unknown field":       {asked{method: "POST", path: "/v1/stores/s1/status", body: `{"versoin":"1"}`}, 400, "openapi.yaml"},
		"another wire":           {asked{method: "POST", path: "/v1/stores/s1/status", body: statusBody, header: []string{wire.VersionHeader, "2"}}, 426, "same release"},
		"an order that is none":  {asked{method: "POST", path: "/v1/stores/s1/orders", body: `{"orders":[{}]}`}, 400, "nothing of these"},
		"a lookup of nothing":    {asked{method: "POST", path: "/v1/stores/s1/lookup", body: `{"hashes":[]}`}, 400, "32 bytes"},
		"a lookup of a stranger": {asked{method: "POST", path: "/v1/stores/s1/lookup", body: lookupBody}, 404, "stranger"},
		"a token with a body":    {asked{method: "POST", path: "/v1/stores/s1/token", body: `{"x":1}`}, 400, ""},

		"an unknown parameter": {asked{method: "GET", path: "/v1/stores/s1/changes?befor=1"}, 400, "after, wait, limit"},
		"a parameter twice":    {asked{method: "GET", path: "/v1/stores/s1/changes?after=a&after=b"}, 400, "once"},
		"a wait without end":   {asked{method: "GET", path: "/v1/stores/s1/changes?wait=100000"}, 400, "300"},
		"a negative wait":      {asked{method: "GET", path: "/v1/stores/s1/changes?wait=-1"}, 400, ""},
		"a broken query":       {asked{method: "GET", path: "/v1/stores/s1/changes?after=%zz"}, 400, ""},
		"another's cursor":     {asked{method: "GET", path: "/v1/stores/s1/changes?after=bad"}, 410, "begin anew"},

		"the feed without a token":  {asked{method: "GET", path: "/v1/feed", plain: true}, 401, "user add"},
		"the feed with a store's":   {asked{method: "GET", path: "/v1/feed"}, 401, "user add"},
		"the feed, a wrong secret":  {asked{method: "GET", path: "/v1/feed", header: []string{"Authorization", "Bearer " + FeedToken("crm", "wrong")}}, 401, ""},
		"the feed, another role":    {asked{method: "GET", path: "/v1/feed", header: reader}, 403, "--role feed"},
		"a wrong code":              {asked{method: "POST", path: "/v1/enroll", body: `{"code":"x","store":"s1","version":"1"}`, plain: true}, 403, "store add"},
		"metrics without a token":   {asked{method: "GET", path: "/metrics", plain: true}, 401, ""},
		"a link that was used":      {asked{method: "GET", path: "/signin/used", plain: true}, 404, "ask for a new one"},
		"a link's preview":          {asked{method: "HEAD", path: "/signin/good", plain: true}, 405, ""},
		"a link as a picture":       {asked{method: "GET", path: "/signin/good", plain: true, header: []string{"Sec-Fetch-Dest", "image"}}, 403, ""},
		"signed out by another one": {asked{method: "POST", path: "/signout", plain: true, header: []string{"Origin", "https://evil.example"}}, 403, ""},
	} {
		got := a.do(t, each.asked)
		if got.status != each.status {
			t.Errorf("%s: %d %s; want %d", name, got.status, got.body, each.status)
			continue
		}
		if each.method == "HEAD" {
			continue
		}
		if got.problem.Status != each.status || got.problem.Title == "" || got.problem.Type == "" || got.problem.Detail == "" {
			t.Errorf("%s: no problem as RFC 9457 has it: %s %s", name, got.header.Get("Content-Type"), got.body)
		}
		if !strings.Contains(got.problem.Detail+got.header.Get("Allow"), each.says) {
			t.Errorf("%s: says %q; want %q", name, got.problem.Detail, each.says)
		}
		if got.header.Get("X-Request-Id") == "" || !strings.Contains(a.log.String(), "request="+got.header.Get("X-Request-Id")) {
			t.Errorf("%s: the log knows no request %q", name, got.header.Get("X-Request-Id"))
		}
		if status := got.status; (status == 429 || status == 503) != (got.header.Get("Retry-After") != "") {
			t.Errorf("%s: %d with Retry-After %q", name, status, got.header.Get("Retry-After"))
		}
	}
}

func TestProblemTypesThatABoxActsUpon(t *testing.T) {
	office := &fakeOffice{take: func(context.Context, string, string, []edge.Record) (wire.Ack, error) {
		return wire.Ack{}, &wire.Conflict{Detail: "number 5"}
	}}
	a := fakeAPI(t, office)
	lines := []string{"Content-Type", wire.TypeLines}
	for name, each := range map[string]struct {
		asked
		status int
		want   string
	}{
		"conflict": {asked{method: "POST", path: "/v1/stores/s1/records", body: records(t, 1), header: lines}, 409, wire.ProblemConflict},
		"code":     {asked{method: "POST", path: "/v1/enroll", body: `{"code":"x","store":"s1","version":"1"}`}, 403, wire.ProblemCode},
		"upgrade":  {asked{method: "GET", path: "/v1/stores/s1/changes", header: []string{wire.VersionHeader, "9"}}, 426, wire.ProblemUpgrade},
		"revoked":  {asked{method: "GET", path: "/v1/stores/s1/changes", plain: true}, 401, wire.ProblemRevoked},
	} {
		if got := a.do(t, each.asked); got.status != each.status || got.problem.Type != each.want {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

func TestMethodsEveryPathKnows(t *testing.T) {
	a := fakeAPI(t, &fakeOffice{})
	for _, each := range Calls() {
		path := strings.NewReplacer("{store}", "s1", "{code}", "x", "{vendor}", "shop").Replace(each.Path)
		got := a.do(t, asked{method: http.MethodOptions, path: path, plain: true})
		if allow := strings.Split(got.header.Get("Allow"), ", "); got.status != 204 || !slices.Contains(allow, each.Method) || !slices.Contains(allow, "OPTIONS") {
			t.Errorf("OPTIONS %s: %d %v", path, got.status, allow)
		}
	}
	for _, path := range []string{"/healthz", "/v1/stores/s1/changes?wait=60"} {
		if got := a.do(t, asked{method: http.MethodHead, path: path}); got.status != 200 || got.body != "" {
			t.Errorf("HEAD %s: %d %q", path, got.status, got.body)
		}
	}
}

// Neither a failure of ours nor a panic says more than where to look.
func TestFailuresOfOursAreTold(t *testing.T) {
	office := &fakeOffice{fail: errors.New("disk full at /var/lib")}
	a := fakeAPI(t, office)
	got := a.do(t, asked{method: "POST", path: "/v1/stores/s1/status", body: statusBody})
	if got.status != 500 || strings.Contains(got.body, "disk") || !strings.Contains(got.body, got.header.Get("X-Request-Id")) || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if !strings.Contains(a.log.String(), "disk full") {
		t.Errorf("the log does not say why: %s", a.log)
	}
	office.lookup = func([]edge.IdentifierHash) (edge.Found, error) { panic("Maya") }
	got = a.do(t, asked{method: "POST", path: "/v1/stores/s1/lookup", body: lookupBody})
	if got.status != 500 || strings.Contains(got.body+a.log.String(), "Maya") || !strings.Contains(a.log.String(), "panic") {
		t.Errorf("%d %s\n%s", got.status, got.body, a.log)
	}
	if got := a.do(t, asked{method: "GET", path: "/healthz"}); got.status != 200 {
		t.Errorf("after a panic: %d", got.status)
	}
}

func TestReadiness(t *testing.T) {
	office := &fakeOffice{}
	a := fakeAPI(t, office)
	if got := a.do(t, asked{method: "GET", path: "/readyz", plain: true}); got.status != 200 || got.body != "ok\n" {
		t.Errorf("%d %s", got.status, got.body)
	}
	office.ready = errors.New("no such table: secrets")
	got := a.do(t, asked{method: "GET", path: "/readyz", plain: true})
	if got.status != 503 || strings.Contains(got.body, "secrets") || !strings.Contains(a.log.String(), "no such table") {
		t.Errorf("%d %s\n%s", got.status, got.body, a.log)
	}
}

func TestMetricsKnowTheCalls(t *testing.T) {
	a := fakeAPI(t, &fakeOffice{user: User{Role: RoleFeed}})
	a.do(t, asked{method: "POST", path: "/v1/stores/s1/records", body: records(t, 3), header: []string{"Content-Type", wire.TypeLines}})
	a.do(t, asked{method: "BREW", path: "/v1/Maya"})
	for _, token := range []string{"scrape", FeedToken("crm", "right")} {
		got := a.do(t, asked{method: "GET", path: "/metrics", header: []string{"Authorization", "Bearer " + token}})
		for _, want := range []string{`redbench_hq_calls_total{call="records",status="200"} 1`, "redbench_hq_records_received_total 3", "redbench_hq_calls_in_flight"} {
			if !strings.Contains(got.body, want) {
				t.Errorf("no %s in %s", want, got.body)
			}
		}
		if strings.Contains(got.body, "Maya") || strings.Contains(got.body, "BREW") {
			t.Error("a made-up word became a label")
		}
	}
}

// No token, no code and nothing of a body may stand in a log, whatever level it is kept at.
func TestTheLogKnowsNoSecret(t *testing.T) {
	a := fakeAPI(t, &fakeOffice{})
	token := strings.TrimPrefix(a.bearer(), "Bearer ")
	a.do(t, asked{method: "POST", path: "/v1/stores/s1/status", body: statusBody})
	a.do(t, asked{method: "POST", path: "/v1/stores/s1/status", body: `{"version":"Maya Okafor"`})
	a.do(t, asked{method: "POST", path: "/v1/stores/s1/records", body: `{"box":"b","seq":"Maya Okafor"}`, header: []string{"Content-Type", wire.TypeLines}})
	a.do(t, asked{method: "GET", path: "/v1/stores/s1/changes?after=Maya%20Okafor&x=" + token})
	a.do(t, asked{method: "GET", path: "/v1/Maya%20Okafor"})
	a.do(t, asked{method: "POST", path: "/v1/enroll", body: `{"code":"SECRET-CODE","store":"Maya","version":"1"}`, plain: true})
	a.do(t, asked{method: "GET", path: "/v1/feed", header: []string{"Authorization", "Bearer " + FeedToken("Maya", "SECRET")}})
	a.do(t, asked{method: "GET", path: "/signin/SECRET", plain: true, header: []string{"Sec-Fetch-Dest", "image"}})
	a.do(t, asked{method: "POST", path: "/signout", plain: true, header: []string{"Cookie", "__Host-redbench-hq=SECRET", "Sec-Fetch-Site", "same-origin"}})
	log := a.log.String()
	for _, secret := range []string{token, token[len(token)-20:], "Maya", "Okafor", "SECRET"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log knows %q:\n%s", secret, log)
		}
	}
	if strings.Count(log, "msg=call") != 9 {
		t.Errorf("the control: nine calls were made\n%s", log)
	}
	for line := range strings.Lines(log) {
		if person := strings.Contains(line, "call=sign"); person == strings.Contains(line, "remote=") && strings.Contains(line, "level=INFO") {
			t.Errorf("a person's address, or a box's that is missing: %s", line)
		}
	}
	if !strings.Contains(log, "call=signin") {
		t.Error("the control: somebody tried to sign in")
	}
}

func TestAFloodOfRefusalsDoesNotFillTheLog(t *testing.T) {
	a := fakeAPI(t, &fakeOffice{})
	for range 200 {
		a.do(t, asked{method: "GET", path: "/v1/feed", plain: true})
	}
	if n := strings.Count(a.log.String(), "call=feed"); n != 50 {
		t.Errorf("%d lines", n)
	}
	a.now.pass(time.Minute)
	a.do(t, asked{method: "GET", path: "/v1/feed", plain: true})
	if !strings.Contains(a.log.String(), "skipped=150") {
		t.Errorf("what was skipped is not counted: %s", a.log)
	}
}

func TestAttemptsToEnrolAreFew(t *testing.T) {
	office := &fakeOffice{}
	a := fakeAPI(t, office)
	body := asked{method: "POST", path: "/v1/enroll", body: `{"code":"x","store":"s1","version":"1"}`, plain: true}
	good := func(wire.EnrolRequest) (Enrolled, error) { return Enrolled{Store: "s1", Serial: 7}, nil }
	office.enrol = good
	for range failuresEach * 2 { // an evening of enrolling from one address
		if got := a.do(t, body); got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	office.enrol = nil
	for range failuresEach {
		if got := a.do(t, body); got.status != 403 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	got := a.do(t, body)
	wait, err := strconv.Atoi(got.header.Get("Retry-After"))
	if got.status != 429 || err != nil || wait != 6 {
		t.Fatalf("%d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
	office.enrol = good
	if got := a.do(t, body); got.status != 429 {
		t.Errorf("a right guess is told: %d", got.status)
	}
	a.now.pass(time.Duration(wait) * time.Second)
	if got := a.do(t, body); got.status != 200 {
		t.Errorf("after the wait: %d", got.status)
	}
}

func TestLookupsOfAStoreAreBounded(t *testing.T) {
	a := fakeAPI(t, &fakeOffice{})
	body := asked{method: "POST", path: "/v1/stores/s1/lookup", body: lookupBody}
	for range lookupsOfStore {
		if got := a.do(t, body); got.status != 404 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if got := a.do(t, body); got.status != 429 || got.header.Get("Retry-After") != "1" {
		t.Errorf("%d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
}

func TestLookupsOfADayAreBounded(t *testing.T) {
	a := fakeAPI(t, &fakeOffice{})
	body := asked{method: "POST", path: "/v1/stores/s1/lookup", body: lookupBody}
	a.lookupsDay.most = 3
	for range 3 {
		if got := a.do(t, body); got.status != 404 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	got := a.do(t, body)
	if wait, _ := strconv.Atoi(got.header.Get("Retry-After")); got.status != 429 || wait < 60 || wait > 86_400 {
		t.Errorf("%d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
	a.now.pass(24 * time.Hour)
	if got := a.do(t, body); got.status != 404 {
		t.Errorf("the next day: %d", got.status)
	}
}

func TestPackedBothWays(t *testing.T) {
	office := &fakeOffice{changes: func(string) edge.Page {
		page := edge.Page{Cursor: "c"}
		for range 50 {
			page.Changes = append(page.Changes, edge.Change{Kind: edge.ChangeSettings, Settings: &edge.Settings{Version: 1}})
		}
		return page
	}}
	a := fakeAPI(t, office)
	batch := records(t, 100)
	got := a.do(t, asked{
		method: "POST", path: "/v1/stores/s1/records", body: string(a.zstd.Pack(nil, []byte(batch))),
		header: []string{"Content-Type", wire.TypeLines, "Content-Encoding", "zstd"},
	})
	if got.status != 200 || got.body != `{"upto":100}` {
		t.Errorf("%d %s", got.status, got.body)
	}
	plain := a.do(t, asked{method: "GET", path: "/v1/stores/s1/changes", header: []string{"Accept-Encoding", "gzip, zstd;q=0"}})
	packed := a.do(t, asked{method: "GET", path: "/v1/stores/s1/changes", header: []string{"Accept-Encoding", "gzip, zstd"}})
	if plain.header.Get("Content-Encoding") != "" || packed.header.Get("Content-Encoding") != "zstd" || len(packed.body) >= len(plain.body) {
		t.Errorf("plain %q, packed %q", plain.header, packed.header)
	}
	data, err := a.zstd.ReadBody(packed.header, strings.NewReader(packed.body), wire.MaxBatch)
	if err != nil || string(data) != plain.body || packed.header.Get(wire.DigestHeader) == "" {
		t.Errorf("%v", err)
	}
	if page, err := wire.DecodePage(data); err != nil || len(page.Changes) != 50 {
		t.Errorf("%v %v", page, err)
	}
}

// Beyond a few that are written or wait, boxes are sent away, and not all for the same moment.
func TestBatchesQueueOnlySoLong(t *testing.T) {
	working, goOn := make(chan struct{}, 100), make(chan struct{})
	office := &fakeOffice{take: func(ctx context.Context, _, _ string, records []edge.Record) (wire.Ack, error) {
		working <- struct{}{}
		<-goOn
		return wire.Ack{Upto: 1}, nil
	}}
	a := fakeAPI(t, office)
	ask := func(store string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/v1/stores/"+store+"/records", strings.NewReader(records(t, 1)))
		r.Header.Set("Authorization", "Bearer "+a.key.mint(claims{Store: store, Serial: 7}))
		r.Header.Set("Content-Type", wire.TypeLines)
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		return w
	}
	answers := make(chan int, 100)
	const all = batchesAtWork + batchesInLine
	for i := range all {
		go func() { answers <- ask("s" + strconv.Itoa(i)).Code }()
	}
	for range batchesAtWork {
		<-working
	}
	for !a.batches.full() { // the others are on their way to the line
		runtime.Gosched()
	}
	if len(working) > 0 {
		t.Errorf("%d more are at work", len(working))
	}
	if w := ask("late"); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("beyond the line: %d %s", w.Code, w.Body)
	}
	close(goOn)
	for range all {
		if code := <-answers; code != 200 {
			t.Errorf("in line: %d", code)
		}
	}
	if w := ask("late"); w.Code != 200 {
		t.Errorf("when the line is empty: %d", w.Code)
	}
}
