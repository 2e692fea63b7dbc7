// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"redbench/edge"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"
)

// tab is one page in a profile of its own.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newTab(t *testing.T, browser context.Context) *tab {
	ctx, closeTab := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	t.Cleanup(cancel)
	return &tab{t: t, ctx: ctx}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) open(url string)       { b.t.Helper(); b.do(chromedp.Navigate(url)) }
func (b *tab) click(selector string) { b.t.Helper(); b.do(chromedp.Click(chromedp.CSS(selector))) }

// until waits for a JavaScript condition.
func (b *tab) until(condition string) {
	b.t.Helper()
	script := fmt.Sprintf(`new Promise(done => { const look = () => (%s) ? done(1) : setTimeout(look, 10); look() })`, condition)
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](script, chromedp.EvalAwaitPromise)); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), 2*time.Second) // the tab itself may be gone
		defer cancel()
		shown, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
		b.t.Fatalf("waiting for %s: %v; the page shows:\n%s", condition, err, shown)
	}
}

func (b *tab) mode(name string) {
	b.t.Helper()
	b.until(`document.body.dataset.mode === '` + name + `'`)
}

// read evaluates a JavaScript expression to a string.
func (b *tab) read(expression string) string {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`String(`+expression+`)`))
	if err != nil {
		b.t.Fatalf("reading %s: %v", expression, err)
	}
	return got
}

func (b *tab) window(width, height int64) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride,
			emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
		return err
	}))
}

// ready pairs the tab with lane 3 and waits until it is connected.
func (r *rig) ready(b *tab) {
	r.t.Helper()
	pairing, err := r.Mint(r.t.Context(), "3", false, "")
	if err != nil {
		r.t.Fatal(err)
	}
	b.open(pairing.URL)
	b.mode("idle")
}

// told waits for a word of a type.
func (r *rig) told(kind edge.WordType) edge.Word {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 15*time.Second)
	defer cancel()
	word, err := r.cashier.Wait(ctx, func(w edge.Word) bool { return w.Type == kind })
	if err != nil {
		r.t.Fatalf("waiting for a %s: %v; told %v", kind, err, r.cashier.Words())
	}
	return word
}

// noName holds that nothing of Maya is left in the page or its storage.
func (b *tab) noName() {
	b.t.Helper()
	left := b.read(`document.documentElement.outerHTML + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)`)
	if strings.Contains(left, "Maya") || strings.Contains(left, "oat flat white") {
		b.t.Errorf("something of the customer is left: %s", left)
	}
}

// cut takes the box away; the function that it gives brings it back as a new start of the daemon would.
func (r *rig) cut(t *testing.T) (back func()) {
	var handler atomic.Pointer[http.Handler]
	away := http.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	handler.Store(&away)
	r.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { (*handler.Load()).ServeHTTP(w, q) })
	r.hub.close()
	return func() {
		opt := r.opt
		opt.Run = "run-2"
		next, err := New(opt)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { next.hub.close() })
		next.Show("3", edge.Prompt{ID: "p7", ShownFor: time.Minute, Who: edge.Who{Name: "Leon", Stage: edge.StageNew}})
		answering := next.Handler()
		handler.Store(&answering)
	}
}

// script answers a screen's socket with what a test writes, in place of the hub.
func (r *rig) script(speak func(*websocket.Conn)) {
	pages := r.http.Config.Handler
	r.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !strings.HasPrefix(q.URL.Path, "/ws/") {
			pages.ServeHTTP(w, q)
			return
		}
		upgrader := websocket.Upgrader{Subprotocols: []string{Subprotocol}}
		conn, err := upgrader.Upgrade(w, q, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		speak(conn)
	})
}

func (r *rig) scripted(b *tab, speak func(*websocket.Conn)) {
	pairing, err := r.Mint(context.Background(), "3", false, "")
	if err != nil {
		r.t.Fatal(err)
	}
	r.script(speak)
	b.open(pairing.URL)
}

func hello(current any) helloWire {
	return helloWire{Type: typeHello, Run: "run-1", Lane: "3", Version: "1.2.3", Current: current}
}
