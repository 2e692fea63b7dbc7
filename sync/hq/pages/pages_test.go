// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"redbench/sync/hq"
)

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestNothingOfTheFleetIsShownToAStranger(t *testing.T) {
	p := newPages(t, &fakeOffice{stores: []hq.StoreView{well("harbour")}}, shut)
	w := get(p, "/")
	if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "harbour") || !strings.Contains(w.Body.String(), "redbench-hq user add") {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
	if w := get(p, "/static/fleet.css"); w.Code != http.StatusOK {
		t.Errorf("the style of the page that asks to sign in: %d", w.Code)
	}
	for _, path := range []string{"/static/fleet.html", "/static/..%2fpages.go", "/static/", "/fleet"} {
		if w := get(p, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestAnEmptyFleetTellsTheNextCommand(t *testing.T) {
	w := get(newPages(t, &fakeOffice{}, open), "/")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "redbench-hq store add") || strings.Contains(w.Body.String(), "<table") {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}

func TestADatabaseThatDoesNotAnswerIsSaidSo(t *testing.T) {
	w := get(newPages(t, &fakeOffice{err: errBroken}, open), "/")
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), errBroken.Error()) {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}

// What boxes say of themselves is not ours: a name or a reason is text.
func TestWhatABoxSaysIsText(t *testing.T) {
	hostile := `<script>alert(1)</script>`
	s := well("harbour")
	s.Status.Version = hostile
	body := get(newPages(t, &fakeOffice{stores: []hq.StoreView{s}}, open), "/").Body.String()
	if strings.Contains(body, hostile) || !strings.Contains(body, "&lt;script&gt;") {
		t.Error("it stands in the page as it came")
	}
}

func TestWithoutScriptFindingIsAQuestion(t *testing.T) {
	late := with(well("hill"), func(s *hq.StoreView) { s.Seen = ago(5 * days) })
	p := newPages(t, &fakeOffice{stores: []hq.StoreView{well("harbour"), late}}, open)
	for query, want := range map[string]string{"heard": "hill", "HARB": "harbour", "0.9.0 harbour": "harbour"} {
		body := get(p, "/?q="+strings.ReplaceAll(query, " ", "+")).Body.String()
		other := map[string]string{"hill": "harbour", "harbour": "hill"}[want]
		if !strings.Contains(body, "<b>"+want+"</b>") || strings.Contains(body, "<b>"+other+"</b>") {
			t.Errorf("%q did not find %s alone", query, want)
		}
	}
	if body := get(p, "/?q=nowhere").Body.String(); !strings.Contains(body, `id="nothing">No store`) {
		t.Error("that nothing was found is not said")
	}
}

func TestThePagesLoadNothingButOurs(t *testing.T) {
	w := get(newPages(t, &fakeOffice{stores: []hq.StoreView{well("harbour")}}, open), "/")
	csp := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("%q lacks %s", csp, want)
		}
	}
	for _, never := range []string{"style=", "onclick", "http://", "https://", "<script>"} {
		if strings.Contains(w.Body.String(), never) {
			t.Errorf("the page holds %s", never)
		}
	}
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("the page may be kept")
	}
}

func many(n int) []hq.StoreView {
	list := make([]hq.StoreView, n)
	for i := range list {
		list[i] = well(fmt.Sprintf("store-%d", i+1))
	}
	return list
}

func BenchmarkEightHundredStores(b *testing.B) {
	p := newPages(b, &fakeOffice{stores: many(800)}, open)
	size := 0
	for b.Loop() {
		size = get(p, "/").Body.Len()
	}
	b.ReportMetric(float64(size), "B/page")
}

// The screens' colours are held to their contrast where they stand; ours are the same ones.
func TestTheColoursAreTheScreens(t *testing.T) {
	theirs, err := os.ReadFile("../../../ui/static/base.css")
	if err != nil {
		t.Fatal(err)
	}
	ours, err := static.ReadFile("static/fleet.css")
	if err != nil {
		t.Fatal(err)
	}
	colour := regexp.MustCompile(`--[a-z-]+: #[0-9a-f]{3,6};`)
	list := colour.FindAllString(string(ours), -1)
	if len(list) < 18 {
		t.Fatalf("found %d colours", len(list))
	}
	for _, each := range list {
		if !strings.Contains(string(theirs), each) {
			t.Errorf("%s is none of the screens' colours", each)
		}
	}
	if outside := regexp.MustCompile(`:[^;]*#[0-9a-f]{3,6}`).FindAllString(colour.ReplaceAllString(string(ours), ""), -1); len(outside) > 0 {
		t.Errorf("colours without a name: %q", outside)
	}
}
