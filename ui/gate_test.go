// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"redbench/edge"

	"github.com/gorilla/websocket"
)

// cookie is a header with the cookie of a browser that is paired for a lane ("" for the manager's page).
func (r *rig) cookie(lane string) string {
	return cookieName(lane, lane == "", false) + "=" + r.token(lane)
}

func TestSocketLetsInOnlyItsOwn(t *testing.T) {
	r := newRig(t)
	own := r.http.URL
	tests := []struct {
		name   string
		header http.Header
		status int
	}{
		{"a browser on the box's own page", http.Header{"Cookie": {r.cookie("3")}, "Origin": {own}}, 101},
		{"a program with its token", http.Header{"Authorization": {"Bearer " + r.token("3")}}, 101},
		{"nobody", http.Header{}, 401},
		{"a made-up token", http.Header{"Authorization": {"Bearer " + newSecret()}}, 401},
		{"a cookie without an Origin", http.Header{"Cookie": {r.cookie("3")}}, 403},
		{"a hostile page", http.Header{"Cookie": {r.cookie("3")}, "Origin": {"http://evil.example"}}, 403},
		{"a page of another program on this machine", http.Header{"Cookie": {r.cookie("3")}, "Origin": {"http://127.0.0.1:1"}}, 403},
		{"a sandboxed page", http.Header{"Cookie": {r.cookie("3")}, "Origin": {"null"}}, 403},
		{"the right host in another scheme", http.Header{"Cookie": {r.cookie("3")}, "Origin": {strings.Replace(own, "http:", "https:", 1)}}, 403},
		{"an Origin with more behind it", http.Header{"Cookie": {r.cookie("3")}, "Origin": {own + ".evil.example"}}, 403},
		{"two Origins", http.Header{"Cookie": {r.cookie("3")}, "Origin": {own, "http://evil.example"}}, 403},
		{"another lane's token", http.Header{"Authorization": {"Bearer " + r.token("1")}}, 403},
		{"a manager's token", http.Header{"Authorization": {"Bearer " + r.token("")}}, 403},
		{"another lane's cookie under this lane's name", http.Header{
			"Cookie": {cookieName("3", false, false) + "=" + r.token("1")}, "Origin": {own}}, 403},
		{"a rebound name", http.Header{"Cookie": {r.cookie("3")}, "Host": {"evil.example"}, "Origin": {"http://evil.example"}}, 421},
		{"a rebound name with a token", http.Header{"Authorization": {"Bearer " + r.token("3")}, "Host": {"evil.example"}}, 421},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn, answer, err := r.dial("3", test.header)
			if err == nil {
				conn.Close()
			}
			if answer == nil || answer.StatusCode != test.status {
				t.Errorf("answer %v (%v), want %d", answer, err, test.status)
			}
		})
	}
}

func TestSocketWantsItsSubprotocol(t *testing.T) {
	r := newRig(t)
	header := http.Header{"Authorization": {"Bearer " + r.token("3")}}
	for _, offered := range [][]string{nil, {"redbench.v2"}} {
		dialer := websocket.Dialer{Subprotocols: offered}
		_, answer, err := dialer.Dial("ws"+strings.TrimPrefix(r.http.URL, "http")+"/ws/lane/3", header)
		if err == nil || answer.StatusCode != http.StatusBadRequest {
			t.Errorf("offering %v gives %v", offered, answer)
		}
	}
	conn, _, err := r.dial("3", header)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if conn.Subprotocol() != Subprotocol {
		t.Errorf("agreed on %q", conn.Subprotocol())
	}
}

func TestHostIsCheckedOnEveryPath(t *testing.T) {
	r := newRig(t, func(o *Options) {
		o.PublicURL = "https://box.store12.example:8787"
		o.TrustedHosts = []string{"till3.local"}
	})
	port := r.http.URL[strings.LastIndex(r.http.URL, ":"):]
	hosts := map[string]bool{
		"127.0.0.1" + port: true, "localhost" + port: true, "[::1]" + port: true, "LOCALHOST" + port: true,
		"box.store12.example:8787": true, "till3.local" + port: true,
		"box.store12.example": false, "evil.example": false, "127.0.0.1.evil.example": false, "localhost.evil.example": false,
		"10.1.2.3" + port: false, "": false, "till3.local.evil.example": false,
	}
	for host, want := range hosts {
		for _, route := range routes(t) {
			method, path, _ := strings.Cut(route, " ")
			answer := recorded(r.Handler(), method, path, host)
			if got := answer.Code != http.StatusMisdirectedRequest; got != want {
				t.Errorf("%s as %q is answered %d", route, host, answer.Code)
			}
		}
	}
}

// routes are all that the code registers, read from its text so that none can be forgotten here, and one that is not there.
func routes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := []string{"GET /nothing"}
	fill := strings.NewReplacer("{$}", "", "{lane}", "3", "{code}", "ABCD-EFGH", "{action}", "pause", "{name}", "base.css")
	for _, name := range files {
		code, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range regexp.MustCompile(`\.HandleFunc\("([A-Z]+ /[^"]*)"`).FindAllSubmatch(code, -1) {
			found = append(found, fill.Replace(string(call[1])))
		}
	}
	if len(found) < 14 || strings.Contains(strings.Join(found, ""), "{") {
		t.Fatalf("routes: %v", found)
	}
	return found
}

func recorded(handler http.Handler, method, path, host string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, path, nil)
	request.Host = host
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}

func (r *rig) get(path string, header http.Header) *http.Response {
	return r.do("GET", path, header, "")
}

func (r *rig) do(method, path string, header http.Header, body string) *http.Response {
	r.t.Helper()
	request, err := http.NewRequest(method, r.http.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	if method == "POST" && request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func text(t *testing.T, answer *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestWhatAnswersWithoutAToken(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Metrics = http.NotFoundHandler() })
	r.Show("3", maya)
	for path, want := range map[string]int{
		"/": 200, "/healthz": 200, "/readyz": 200, "/static/base.css": 200,
		"/screen/3": 401, "/manager": 401, "/metrics": 401, "/ws/lane/3": 401,
		"/static/screen.html": 404, "/static/..%2fdoc.go": 404, "/nothing": 404, "/screen/a%20b": 404, "/pair/ABCD-EFGH": 404,
	} {
		answer := r.get(path, nil)
		if answer.StatusCode != want {
			t.Errorf("%s is answered %d, want %d", path, answer.StatusCode, want)
		}
		if body := text(t, answer); strings.Contains(body, "Maya") {
			t.Errorf("%s tells of a customer", path)
		}
	}
}

func TestPagesAreLockedDown(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/", "/screen/3", "/manager"} {
		answer := r.get(path, http.Header{"Cookie": {r.cookie("3")}})
		policy := answer.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy %q is without %q", path, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
		} {
			if got := answer.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		body := text(t, answer)
		if strings.Contains(body, "<script>") || strings.Contains(body, " onclick=") || strings.Contains(body, " style=") {
			t.Errorf("%s has something inline", path)
		}
	}
}

func TestRevokedScreenIsGoneAtOnce(t *testing.T) {
	r := newRig(t)
	pairing, err := r.Mint(t.Context(), "3", false, "")
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Authorization": {"Bearer " + pairing.Token}}
	conn, _, err := r.dial("3", header)
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, conn: conn}
	s.nextOf("hello")
	other := r.screen("3")
	other.nextOf("hello")
	if err := r.Revoke(t.Context(), pairing.Screen); err != nil {
		t.Fatal(err)
	}
	if code := s.closedWith(); code != closeRevoked.code {
		t.Errorf("closed with %d", code)
	}
	if _, answer, _ := r.dial("3", header); answer == nil || answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("the revoked token is answered %v", answer)
	}
	r.Show("3", maya)
	other.nextOf("prompt")
}

// Between admitting a screen and joining it to its lane, it may be revoked.
func TestScreenRevokedWhileItConnectsIsGoneToo(t *testing.T) {
	r := newRig(t)
	s := r.screen("3")
	s.nextOf("hello")
	id := r.Connected()[0].ID
	if err := r.screens.RevokeScreen(context.Background(), id); err != nil { // as if just before joining
		t.Fatal(err)
	}
	c := &client{screen: edge.Screen{ID: id}, gone: make(chan struct{})}
	r.arrived(context.Background(), c)
	select {
	case <-c.gone:
	default:
		t.Error("it stays")
	}
}

func TestManagersFormsNeedTheirOwnPage(t *testing.T) {
	r := newRig(t)
	own := r.http.URL
	cookie := r.cookie("")
	form := url.Values{"lane": {"3"}, "minutes": {"15"}}.Encode()
	tests := []struct {
		name   string
		header http.Header
		status int
	}{
		{"its own page", http.Header{"Cookie": {cookie}, "Origin": {own}}, 303},
		{"a hostile page", http.Header{"Cookie": {cookie}, "Origin": {"http://evil.example"}}, 403},
		{"no Origin", http.Header{"Cookie": {cookie}}, 403},
		{"a screen", http.Header{"Cookie": {r.cookie("3")}, "Origin": {own}}, 401},
		{"nobody", http.Header{"Origin": {own}}, 401},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := len(r.cashier.Words())
			answer := r.do("POST", "/manager/pause", test.header, form)
			if answer.StatusCode != test.status {
				t.Errorf("status %d, want %d", answer.StatusCode, test.status)
			}
			if told := len(r.cashier.Words()) - before; (told == 1) != (test.status == 303) {
				t.Errorf("%d pauses were told", told)
			}
		})
	}
}

func TestManagerRevokesAndApproves(t *testing.T) {
	r := newRig(t)
	header := http.Header{"Cookie": {r.cookie("")}, "Origin": {r.http.URL}}
	s := r.screen("3")
	s.nextOf("hello")
	answer := r.do("POST", "/manager/revoke", header, url.Values{"screen": {r.Connected()[0].ID}}.Encode())
	if answer.StatusCode != http.StatusSeeOther || s.closedWith() != closeRevoked.code {
		t.Errorf("revoking gives %d", answer.StatusCode)
	}
	answer = r.do("POST", "/manager/approve", header, url.Values{"code": {"AAA-AAA"}, "lane": {"3"}}.Encode())
	if body := text(t, answer); answer.StatusCode != http.StatusBadRequest || !strings.Contains(body, "no screen shows this code") {
		t.Errorf("a code that nobody shows gives %d", answer.StatusCode)
	}
	asking := r.ask("", true) // another manager's page: with no lane said, approving it would hand out a manager's credential
	answer = r.do("POST", "/manager/approve", header, url.Values{"code": {asking.Code}, "lane": {" "}}.Encode())
	if answer.StatusCode != http.StatusBadRequest {
		t.Errorf("approving without a lane gives %d", answer.StatusCode)
	}
	claim := r.post("/pair/claim", claimWire{asking.Code, asking.Secret}, nil)
	if claim.StatusCode != http.StatusAccepted {
		t.Errorf("the page that asked then gets %d", claim.StatusCode)
	}
	answer = r.do("POST", "/manager/dance", header, "")
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("an action that is none gives %d", answer.StatusCode)
	}
}

func TestMetricsNeedATokenOfTheirOwnOrAManagers(t *testing.T) {
	r := newRig(t, func(o *Options) {
		o.MetricsToken = "metrics-token"
		o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "up 1") })
	})
	for token, want := range map[string]int{"metrics-token": 200, r.token(""): 200, r.token("3"): 403, "guess": 401} {
		if got := r.get("/metrics", http.Header{"Authorization": {"Bearer " + token}}).StatusCode; got != want {
			t.Errorf("status %d, want %d", got, want)
		}
	}
}

func TestCookieOfAPairedBrowserIsKept(t *testing.T) {
	r := newRig(t)
	answer := r.get("/screen/3", http.Header{"Cookie": {r.cookie("3")}})
	if answer.StatusCode != http.StatusOK || len(answer.Cookies()) != 1 {
		t.Fatalf("status %d, cookies %v", answer.StatusCode, answer.Cookies())
	}
	checkCookie(t, answer.Cookies()[0])
}

func checkCookie(t *testing.T, c *http.Cookie) {
	t.Helper()
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.MaxAge < 300*24*3600 {
		t.Errorf("the cookie is %v", c)
	}
}

func TestCredentialThatWasNeverUsedIsVoidInTime(t *testing.T) {
	r := newRig(t)
	header := http.Header{"Authorization": {"Bearer " + r.token("3")}}
	used := http.Header{"Authorization": {"Bearer " + r.token("3")}}
	conn, _, err := r.dial("3", used)
	if err != nil {
		t.Fatal(err)
	}
	(&screen{t: t, conn: conn}).nextOf("hello")
	conn.Close()
	waitFor(t, func() bool { return len(r.Connected()) == 0 })
	r.clock.pass(codeLife)
	if _, answer, _ := r.dial("3", header); answer == nil || answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a token never used is answered %v", answer)
	}
	conn, _, err = r.dial("3", used)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestLanesAreLimited(t *testing.T) {
	lanes := make([]string, edge.MaxLanes)
	for i := range lanes {
		lanes[i] = "L" + strings.Repeat("x", i%20)
	}
	r := newRig(t, func(o *Options) { o.Lanes = func() []string { return lanes } })
	if _, err := r.Mint(t.Context(), "one-more", false, ""); err == nil {
		t.Error("a lane beyond the limit was paired")
	}
	if _, err := r.Mint(t.Context(), "L", false, ""); err != nil {
		t.Error(err)
	}
	if _, err := r.Mint(t.Context(), "a b", false, ""); err == nil {
		t.Error("a lane with a space was paired")
	}
}
