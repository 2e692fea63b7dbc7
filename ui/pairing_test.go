// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestMintedCodeIsGoodOnce(t *testing.T) {
	r := newRig(t)
	pairing, err := r.Mint(t.Context(), "3", false, "by the door")
	if err != nil {
		t.Fatal(err)
	}
	path, ok := strings.CutPrefix(pairing.URL, r.http.URL)
	if !ok || !strings.Contains(path, pairing.Code) {
		t.Fatalf("url %q", pairing.URL)
	}
	answer := r.get(path, nil)
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/screen/3" || len(answer.Cookies()) != 1 {
		t.Fatalf("the url gives %d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	cookie := answer.Cookies()[0]
	checkCookie(t, cookie)
	if cookie.Secure {
		t.Error("a cookie for plain http says that it is secure, and would never come back")
	}
	if got := r.get("/screen/3", http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}).StatusCode; got != http.StatusOK {
		t.Errorf("the cookie gives %d", got)
	}
	if got := r.get(path, nil).StatusCode; got != http.StatusNotFound {
		t.Errorf("the code used twice gives %d", got)
	}
}

func TestCodesEnd(t *testing.T) {
	t.Run("in time", func(t *testing.T) {
		r := newRig(t)
		pairing, _ := r.Mint(t.Context(), "3", false, "")
		r.clock.pass(codeLife)
		if got := r.get("/pair/"+pairing.Code, nil).StatusCode; got != http.StatusNotFound {
			t.Errorf("status %d", got)
		}
	})
	t.Run("when the token was used", func(t *testing.T) {
		r := newRig(t)
		pairing, _ := r.Mint(t.Context(), "3", false, "")
		conn, _, err := r.dial("3", http.Header{"Authorization": {"Bearer " + pairing.Token}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		s := &screen{t: t, conn: conn}
		s.nextOf("hello")
		s.say(`{"id":"a","type":"undo","of":"p"}`) // answered after the arrival was noted
		s.nextOf("ok")
		if got := r.get("/pair/"+pairing.Code, nil).StatusCode; got != http.StatusNotFound {
			t.Errorf("status %d", got)
		}
	})
	t.Run("when the screen was revoked", func(t *testing.T) {
		r := newRig(t)
		pairing, _ := r.Mint(t.Context(), "3", false, "")
		if err := r.Revoke(t.Context(), pairing.Screen); err != nil {
			t.Fatal(err)
		}
		if got := r.get("/pair/"+pairing.Code, nil).StatusCode; got != http.StatusNotFound {
			t.Errorf("status %d", got)
		}
	})
}

func TestGuessingIsSlow(t *testing.T) {
	r := newRig(t)
	pairing, _ := r.Mint(t.Context(), "3", false, "")
	slowed := 0
	for range 100 {
		if r.get("/pair/AAAA-AAAA", nil).StatusCode == http.StatusTooManyRequests {
			slowed++
		}
	}
	if slowed != 90 {
		t.Errorf("%d of 100 guesses were refused, want 90", slowed)
	}
	if got := r.get("/pair/"+pairing.Code, nil).StatusCode; got != http.StatusTooManyRequests {
		t.Errorf("the right code among the guesses gives %d", got)
	}
}

func (r *rig) post(path string, body any, header http.Header) *http.Response {
	r.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	if header == nil {
		header = http.Header{"Origin": {r.http.URL}}
	}
	return r.do("POST", path, header, string(text))
}

func (r *rig) ask(lane string, manager bool) askedWire {
	r.t.Helper()
	answer := r.post("/pair/ask", askWire{Lane: lane, Manager: manager}, nil)
	var asked askedWire
	if err := json.NewDecoder(answer.Body).Decode(&asked); err != nil {
		r.t.Fatalf("asking gives %d: %v", answer.StatusCode, err)
	}
	return asked
}

func TestPageShowsACodeThatAPersonApproves(t *testing.T) {
	tests := []struct {
		name, lane string
		manager    bool
		goTo       string
	}{
		{"for the lane it asked for", "", false, "/screen/3"},
		{"for another lane", "1", false, "/screen/1"},
		{"for the manager's page", "", true, "/manager"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			asked := r.ask("3", false)
			claim := claimWire{Code: asked.Code, Secret: asked.Secret}
			if got := r.post("/pair/claim", claim, nil); got.StatusCode != http.StatusAccepted || len(got.Cookies()) != 0 {
				t.Fatalf("before it is approved: %d, %v", got.StatusCode, got.Cookies())
			}
			typed := strings.ToLower(strings.ReplaceAll(asked.Code, "-", " "))
			if err := r.Approve(context.Background(), typed, test.lane, test.manager); err != nil {
				t.Fatal(err)
			}
			if got := r.post("/pair/claim", claimWire{asked.Code, newSecret()}, nil); got.StatusCode != http.StatusNotFound {
				t.Errorf("with the code alone, as anybody who saw the screen: %d", got.StatusCode)
			}
			got := r.post("/pair/claim", claim, nil)
			if body := text(t, got); got.StatusCode != http.StatusOK || !strings.Contains(body, test.goTo) {
				t.Fatalf("after: %d %s", got.StatusCode, body)
			}
			cookie := got.Cookies()[0]
			checkCookie(t, cookie)
			if page := r.get(test.goTo, http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}); page.StatusCode != http.StatusOK {
				t.Errorf("the page gives %d", page.StatusCode)
			}
			if again := r.post("/pair/claim", claim, nil); again.StatusCode != http.StatusNotFound {
				t.Errorf("claimed twice: %d", again.StatusCode)
			}
			if err := r.Approve(context.Background(), asked.Code, "3", false); err == nil {
				t.Error("approved twice")
			}
		})
	}
}

func TestCodeOnAPageEnds(t *testing.T) {
	r := newRig(t)
	asked := r.ask("3", false)
	r.clock.pass(codeLife)
	if err := r.Approve(t.Context(), asked.Code, "3", false); err == nil {
		t.Error("an old code was approved")
	}
}

func TestAskingIsOurPagesOnlyAndBounded(t *testing.T) {
	r := newRig(t)
	hostile := http.Header{"Origin": {"http://evil.example"}}
	if got := r.post("/pair/ask", askWire{Lane: "3"}, hostile).StatusCode; got != http.StatusForbidden {
		t.Errorf("a hostile page: %d", got)
	}
	if got := r.post("/pair/ask", askWire{Lane: "a b"}, nil).StatusCode; got != http.StatusBadRequest {
		t.Errorf("a lane that cannot be: %d", got)
	}
	first := r.ask("3", false)
	for range maxAskingOne {
		r.ask("3", false)
	}
	if _, err := r.pairing.asked(first.Code); err == nil {
		t.Error("one address keeps more codes open than it may")
	}
	for range 30 {
		r.post("/pair/ask", askWire{Lane: "3"}, nil)
	}
	if got := r.post("/pair/ask", askWire{Lane: "3"}, nil).StatusCode; got != http.StatusTooManyRequests {
		t.Errorf("asking without end: %d", got)
	}
}

func TestPublicURLOverTLSMakesSecureCookies(t *testing.T) {
	r := newRig(t, func(o *Options) { o.PublicURL = "https://box.example" })
	pairing, err := r.Mint(t.Context(), "", true, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://box.example/pair/" + pairing.Code; pairing.URL != want {
		t.Errorf("url %q, want %q", pairing.URL, want)
	}
	answer := recorded(r.Handler(), "GET", "/pair/"+pairing.Code, "box.example")
	cookie := answer.Result().Cookies()[0]
	if !cookie.Secure || !strings.HasPrefix(cookie.Name, "__Host-") {
		t.Errorf("cookie %v", cookie)
	}
}

func TestLinkInAMailStillArrives(t *testing.T) {
	r := newRig(t)
	pairing, _ := r.Mint(t.Context(), "3", false, "")
	answer := r.get("/pair/"+pairing.Code, http.Header{"Sec-Fetch-Site": {"cross-site"}})
	if body := text(t, answer); answer.StatusCode != http.StatusOK || !strings.Contains(body, `url=/screen/3`) {
		t.Errorf("status %d: %s", answer.StatusCode, body)
	}
}

// A page elsewhere can make a browser fetch any address: as a picture, as a frame. A mail program looks at links.
func TestOnlyAVisitSpendsACode(t *testing.T) {
	r := newRig(t)
	pairing, _ := r.Mint(t.Context(), "3", false, "")
	image := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"no-cors"}, "Sec-Fetch-Dest": {"image"}}
	frame := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"iframe"}}
	for range 20 {
		for _, header := range []http.Header{image, frame} {
			if got := r.get("/pair/wrong", header).StatusCode; got != http.StatusForbidden {
				t.Fatalf("%v gives %d", header, got)
			}
		}
	}
	if got := recorded(r.Handler(), "HEAD", "/pair/"+pairing.Code, "localhost").Code; got != http.StatusMethodNotAllowed {
		t.Errorf("HEAD gives %d", got)
	}
	visit := http.Header{"Sec-Fetch-Site": {"none"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}}
	answer := r.get("/pair/"+pairing.Code, visit)
	if answer.Request.URL.Path != "/screen/3" && answer.StatusCode != http.StatusSeeOther {
		t.Errorf("the visit then gives %d at %s", answer.StatusCode, answer.Request.URL)
	}
}

func TestTokensRestAsHashesOnly(t *testing.T) {
	r := newRig(t)
	pairing, _ := r.Mint(t.Context(), "3", false, "")
	if len(pairing.Token) != 43 {
		t.Errorf("the token has %d characters, want 43 for 256 bits", len(pairing.Token))
	}
	screens, err := r.screens.Screens(t.Context())
	if err != nil || strings.Contains(asJSON(t, screens), pairing.Token) {
		t.Errorf("the store holds the token (%v)", err)
	}
}

func TestNewWantsWhatItNeeds(t *testing.T) {
	for name, break1 := range map[string]func(*Options){
		"run": func(o *Options) { o.Run = "" }, "store": func(o *Options) { o.StoreID = "" },
		"screens": func(o *Options) { o.Screens = nil }, "cashier": func(o *Options) { o.Cashier = nil },
		"lanes": func(o *Options) { o.Lanes = nil }, "idle": func(o *Options) { o.Idle = nil },
		"distance": func(o *Options) { o.DistanceM = 11 }, "url": func(o *Options) { o.PublicURL = "box" },
	} {
		opt := newRig(t).opt
		opt.PublicURL = ""
		break1(&opt)
		if _, err := New(opt); err == nil {
			t.Errorf("without a good %s it starts", name)
		}
	}
}

func FuzzCodes(f *testing.F) {
	f.Add("ABCD-EFGH")
	f.Add("abc def")
	f.Fuzz(func(t *testing.T, code string) {
		if again := plain(plain(code)); again != plain(code) {
			t.Errorf("%q reads as %q", code, again)
		}
	})
}
