// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestALinkSignsABrowserIn(t *testing.T) {
	a := fakeAPI(t, &fakeOffice{user: User{Name: "jo", Role: RolePages}})
	got := a.do(t, asked{method: "GET", path: "/signin/good", plain: true})
	cookie := got.header.Get("Set-Cookie")
	for _, want := range []string{"__Host-redbench-hq=session", "HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=2592000"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q is not %s", cookie, want)
		}
	}
	if got.status != 200 || !strings.Contains(got.body, `url=/`) || got.header.Get("Referrer-Policy") != "no-referrer" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
	out := a.do(t, asked{method: "POST", path: "/signout", plain: true, header: []string{"Sec-Fetch-Site", "same-origin", "Cookie", "__Host-redbench-hq=session"}})
	if out.status != 303 || !strings.Contains(out.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("%d %v", out.status, out.header)
	}
}

// A browser that opens links ahead of time, and a program that looks at them, must not use one up.
func TestALinkIsNotUsedUpAheadOfTime(t *testing.T) {
	a := fakeAPI(t, &fakeOffice{user: User{Name: "jo", Role: RolePages}})
	for _, header := range [][]string{{"Sec-Purpose", "prefetch;prerender"}, {"Purpose", "prefetch"}, {"Sec-Fetch-Dest", "image"}} {
		got := a.do(t, asked{method: "GET", path: "/signin/good", plain: true, header: header})
		if got.status != 403 || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%v: %d %v", header, got.status, got.header)
		}
	}
}

func TestLinksThatDoNotWorkAreFew(t *testing.T) {
	a := fakeAPI(t, &fakeOffice{})
	for range failuresEach {
		a.do(t, asked{method: "GET", path: "/signin/bad", plain: true})
	}
	if got := a.do(t, asked{method: "GET", path: "/signin/good", plain: true}); got.status != 429 || got.header.Get("Retry-After") == "" {
		t.Errorf("%d", got.status)
	}
}

// A person who follows a used link reads a page, and a program its problem.
func TestAUsedLinkSaysSo(t *testing.T) {
	a := fakeAPI(t, &fakeOffice{})
	for accept, want := range map[string]string{"text/html,*/*": "text/html; charset=utf-8", "*/*": "application/problem+json"} {
		got := a.do(t, asked{method: "GET", path: "/signin/bad", plain: true, header: []string{"Accept", accept}})
		if got.status != 404 || got.header.Get("Content-Type") != want || !strings.Contains(got.body, "redbench-hq user add NAME") || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v %s", accept, got.status, got.header, got.body)
		}
	}
}

func TestPagesAreForWhoSignedIn(t *testing.T) {
	office := &fakeOffice{user: User{Name: "jo", Role: RolePages}}
	a := fakeAPI(t, office)
	pages := a.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, ok := UserOf(r.Context())
		if !ok || user.Name != "jo" {
			t.Errorf("let in %v", user)
		}
	}), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	const session = "__Host-redbench-hq=session"
	for name, each := range map[string]struct {
		method string
		header map[string]string
		role   Role
		want   int
	}{
		"a look":                     {"GET", map[string]string{"Cookie": session}, RolePages, 200},
		"no cookie":                  {"GET", nil, RolePages, 401},
		"another's cookie":           {"GET", map[string]string{"Cookie": "__Host-redbench-hq=x"}, RolePages, 401},
		"a cookie from plain HTTP":   {"GET", map[string]string{"Cookie": "redbench-hq=session"}, RolePages, 401},
		"a reader of the feed":       {"GET", map[string]string{"Cookie": session}, RoleFeed, 401},
		"a change from our page":     {"POST", map[string]string{"Cookie": session, "Sec-Fetch-Site": "same-origin"}, RolePages, 200},
		"a change, older browser":    {"POST", map[string]string{"Cookie": session, "Origin": "https://hq.example.com"}, RolePages, 200},
		"a change from another site": {"POST", map[string]string{"Cookie": session, "Sec-Fetch-Site": "cross-site", "Origin": "https://hq.example.com"}, RolePages, 403},
		"a change from a neighbour":  {"POST", map[string]string{"Cookie": session, "Sec-Fetch-Site": "same-site"}, RolePages, 403},
		"a change, another origin":   {"POST", map[string]string{"Cookie": session, "Origin": "https://evil.example"}, RolePages, 403},
		"a change from nowhere":      {"POST", map[string]string{"Cookie": session}, RolePages, 403},
		"a change, origin null":      {"POST", map[string]string{"Cookie": session, "Origin": "null"}, RolePages, 403},
	} {
		office.user.Role = each.role
		r := httptest.NewRequest(each.method, "https://hq.example.com/", nil)
		for key, value := range each.header {
			r.Header.Set(key, value)
		}
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		if w.Code != each.want {
			t.Errorf("%s: %d, want %d", name, w.Code, each.want)
		}
	}
}

func TestPagesGetWhatIsNoCall(t *testing.T) {
	a, err := newAPI(t.Context(), &fakeOffice{}, APIOptions{Pages: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	})})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/": 418, "/stores/s1": 418, "/v1/": 404, "/v1/nothing": 404, "/healthz": 200} {
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}
