// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"redbench/sync/hq"
	"redbench/ui/uitest"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestInChromium drives the page in a real browser.
func TestInChromium(t *testing.T) {
	browser, stop, err := uitest.Browser(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	for name, run := range map[string]func(*testing.T, *rig, *tab){
		"times stand in the viewer's zone":              timesAreLocal,
		"finding as one types":                          findAsOneTypes,
		"it keeps itself fresh, and what is typed":      keepsItselfFresh,
		"it says when head office does not answer":      saysWhenStale,
		"whoever was signed out is asked to sign in":    asksToSignIn,
		"the first store replaces the empty page":       firstStoreComes,
		"without script it is a page, and one can find": worksWithoutScript,
		"nothing breaks the policy":                     nothingBreaksThePolicy,
		"it fits every window":                          fitsEveryWindow,
	} {
		t.Run(name, func(t *testing.T) { run(t, newRig(t), newTab(t, browser)) })
	}
}

// rig is a head office that a test changes while a browser looks.
type rig struct {
	mu     sync.Mutex
	office fakeOffice
	shut   bool // nobody is signed in
	away   bool // head office does not answer
	http   *httptest.Server
}

// Stores and PlaybookStatus make it an Office.
func (r *rig) Stores(ctx context.Context) ([]hq.StoreView, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.office.Stores(ctx)
}

func (r *rig) PlaybookStatus(ctx context.Context) (hq.PlaybookView, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.office.PlaybookStatus(ctx)
}

func (r *rig) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

func newRig(t *testing.T) *rig {
	r := &rig{office: fakeOffice{stores: []hq.StoreView{
		well("harbour"), with(well("hill"), func(s *hq.StoreView) { s.Seen = ago(3 * time.Hour) }), well("station"),
	}}}
	guard := func(next, refused http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			r.mu.Lock()
			shut, away := r.shut, r.away
			r.mu.Unlock()
			switch {
			case away:
				panic(http.ErrAbortHandler)
			case shut:
				refused.ServeHTTP(w, q)
			default:
				next.ServeHTTP(w, q)
			}
		})
	}
	p, err := New(Options{Office: r, Guard: guard, Name: "Red Bench", LateAfter: 30 * time.Minute, OwedAfter: 24 * time.Hour, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	r.http = httptest.NewServer(p)
	t.Cleanup(r.http.Close)
	return r
}

// tab is one page in a profile of its own, in a zone far from everybody's.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newTab(t *testing.T, browser context.Context) *tab {
	ctx, closeTab := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	t.Cleanup(cancel)
	b := &tab{t, ctx}
	b.do(call(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Kathmandu"}))
	return b
}

func call[P, R any](method cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, method, params)
		return err
	})
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
	b.until(`document.body.dataset.ready`)
}

func (b *tab) until(condition string) {
	b.t.Helper()
	script := fmt.Sprintf(`new Promise(done => { const look = () => (%s) ? done(1) : setTimeout(look, 10); look() })`, condition)
	_, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](script, chromedp.EvalAwaitPromise))
	for err != nil && strings.Contains(err.Error(), "navigated") && b.ctx.Err() == nil { // the page went to the next one
		_, err = chromedp.Run(b.ctx, chromedp.Evaluate[int](script, chromedp.EvalAwaitPromise))
	}
	if err != nil {
		b.t.Fatalf("waiting for %s: %v", condition, err)
	}
}

func (b *tab) read(expression string) string {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`String(`+expression+`)`))
	if err != nil {
		b.t.Fatalf("reading %s: %v", expression, err)
	}
	return got
}

// look makes the page ask anew, as it does by itself three times a minute.
func (b *tab) look() {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`document.dispatchEvent(new Event('visibilitychange')); undefined`))
}

const shown = `[...document.querySelectorAll('#fleet tr[data-text]:not([hidden]) b')].filter(b => b.checkVisibility()).map(b => b.textContent).join()`

func timesAreLocal(t *testing.T, r *rig, b *tab) {
	r.change(func() { r.office.stores[1].Seen = ago(3 * days) })
	b.open(r.http.URL)
	if got := b.read(`document.querySelector('#live time').textContent`); got != "05:45 PM" && got != "17:45" { // 12:00 UTC
		t.Errorf("the page is as of %q", got)
	}
	if got := b.read(`document.querySelector('.trouble time').title`); got == "" {
		t.Error("a time does not tell its whole date")
	}
}

func findAsOneTypes(t *testing.T, r *rig, b *tab) {
	b.open(r.http.URL)
	if got := b.read(shown); got != "hill,harbour,station" {
		t.Errorf("shows %s", got)
	}
	b.do(chromedp.SendKeys(chromedp.CSS(`#q`), "HEARD 3"))
	b.until(shown + ` === 'hill'`)
	if got := b.read(`document.getElementById('found').textContent`); got != "1 of 3" {
		t.Errorf("found %q", got)
	}
	b.do(chromedp.SendKeys(chromedp.CSS(`#q`), " nowhere"))
	b.until(`document.getElementById('nothing').checkVisibility()`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' })); undefined`))
	b.until(shown + ` === 'hill,harbour,station'`)
}

func keepsItselfFresh(t *testing.T, r *rig, b *tab) {
	b.open(r.http.URL)
	b.do(chromedp.SendKeys(chromedp.CSS(`#q`), "h"))
	r.change(func() {
		r.office.stores = append(r.office.stores[:1], well("hill"), well("hut"))
	})
	b.look()
	b.until(shown + ` === 'harbour,hill,hut'`)
	if got := b.read(`document.querySelector('h1').textContent + ' ' + document.title`); got != "All 3 stores are well All 3 stores are well · Red Bench" {
		t.Errorf("says %q", got)
	}
	if got := b.read(`document.activeElement.id + document.activeElement.value`); got != "qh" {
		t.Errorf("the keyboard is at %q", got)
	}
}

func saysWhenStale(t *testing.T, r *rig, b *tab) {
	b.open(r.http.URL)
	r.change(func() { r.away = true })
	b.look()
	b.until(`document.getElementById('stale').checkVisibility()`)
	if got := b.read(`document.getElementById('stale').textContent`); got != "Head office does not answer. This is how it was at 05:45 PM." &&
		got != "Head office does not answer. This is how it was at 17:45." {
		t.Errorf("says %q", got)
	}
	r.change(func() { r.away = false })
	b.look()
	b.until(`!document.getElementById('stale').checkVisibility()`)
}

func asksToSignIn(_ *testing.T, r *rig, b *tab) {
	b.open(r.http.URL)
	r.change(func() { r.shut = true })
	b.look()
	b.until(`document.querySelector('h1')?.textContent === 'Sign in with your link' && !document.querySelector('table')`)
}

func firstStoreComes(_ *testing.T, r *rig, b *tab) {
	r.change(func() { r.office.stores = nil })
	b.open(r.http.URL)
	b.until(`document.querySelector('.empty code')?.textContent.includes('store add')`)
	r.change(func() { r.office.stores = []hq.StoreView{well("harbour")} })
	b.look()
	b.until(`document.querySelector('#fleet') && ` + shown + ` === 'harbour'`)
}

func worksWithoutScript(t *testing.T, r *rig, b *tab) {
	b.do(call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}),
		chromedp.Navigate(r.http.URL+"/?q=hill"), chromedp.WaitVisible(chromedp.CSS(`#go`)), chromedp.WaitVisible(chromedp.CSS(`.trouble b`)))
	body, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS(`#fleet`)))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(body, "not heard from for 3 hours") || strings.Contains(body, "harbour") {
		t.Errorf("shows %q", body)
	}
}

func nothingBreaksThePolicy(t *testing.T, r *rig, b *tab) {
	b.do(chromedp.Navigate(r.http.URL))
	b.do(chromedp.Evaluate[chromedp.Void](`window.broken = ''; document.addEventListener('securitypolicyviolation',
		e => { window.broken += e.violatedDirective + ' ' }); undefined`))
	b.until(`document.body.dataset.ready`)
	b.look()
	b.until(`document.body.dataset.refreshed`)
	if got := b.read(`window.broken`); got != "" {
		t.Errorf("it broke %s", got)
	}
	if got := b.read(`document.fonts && getComputedStyle(document.querySelector('.bench')).color`); got == "rgb(0, 0, 0)" {
		t.Error("the style is not there")
	}
}

func fitsEveryWindow(t *testing.T, r *rig, b *tab) {
	r.change(func() {
		long := with(well("a_store_with_a_name_as_long_as_sixty_four_letters_will_ever_get_1"), func(s *hq.StoreView) {
			s.Status.Locked, s.ClockOff, s.PlaybookGiven = true, 9*time.Hour, 4
			s.Status.Backlog.Records, s.Status.Backlog.Oldest = 1234567, ago(9*days)
		})
		r.office.stores = append(r.office.stores, long)
	})
	b.open(r.http.URL)
	for _, size := range [][2]int64{{1366, 768}, {1920, 1080}, {1024, 600}, {390, 844}, {320, 640}} {
		b.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: size[0], Height: size[1], DeviceScaleFactor: 1}))
		if got := b.read(`document.documentElement.scrollWidth - innerWidth`); got != "0" {
			t.Errorf("%dx%d: %s pixels are beyond its edge", size[0], size[1], got)
		}
		small := b.read(`[...document.querySelectorAll('button, input')].filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44).length`)
		if small != "0" {
			t.Errorf("%dx%d: %s things are too small for a finger", size[0], size[1], small)
		}
	}
}
