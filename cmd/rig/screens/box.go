// SPDX-License-Identifier: Apache-2.0

package screens

import (
	"context"
	"net"
	"net/http"
	"time"

	"redbench/edge"
	"redbench/ui"
	"redbench/ui/uitest"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const lane = "3"

// morning is when every picture is taken, so that it is the same picture each time.
var morning = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

// box serves the screens of one picture.
type box struct {
	*ui.Server
	screens *uitest.Screens
	cashier *uitest.Cashier
	http    *http.Server
	address string
}

func newBox(s shot) (*box, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &box{screens: &uitest.Screens{Now: clock}, cashier: &uitest.Cashier{}, address: listener.Addr().String()}
	locale := s.locale
	if locale == "" {
		locale = "en-GB"
	}
	b.Server, err = ui.New(ui.Options{
		Run: "run", StoreID: "harbour", StoreName: "Harbour Street", Locale: locale, Zone: time.UTC, Listen: b.address,
		Screens: b.screens, Cashier: b.cashier, Now: clock,
		Lanes: func() []string { return []string{"1", "2", "3", "4", "10", "pharmacy"} },
		Idle:  func() edge.Idle { return principle },
		Today: func(context.Context) (ui.Today, error) {
			return ui.Today{Since: morning.Truncate(24 * time.Hour), Counts: edge.Counts{
				Customers: 18204, Events: 2710, Visits: 412, Prompts: 388, Seen: 381, Notes: 17, Open: 3, Quarantined: 2,
			}}, nil
		},
	})
	if err != nil {
		listener.Close()
		return nil, err
	}
	b.http = &http.Server{Handler: b.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go b.http.Serve(listener)
	return b, nil
}

func clock() time.Time { return morning }

func (b *box) url(path string) string { return "http://" + b.address + path }

// open goes to the shot's page, where it starts with one.
func (b *box) open(s shot) action {
	if s.path == "" {
		return chromedp.Steps()
	}
	return chromedp.Navigate(b.url(s.path))
}

// steps pairs the browser where the shot wants that, and leads the page into its state.
func (b *box) steps(s shot) action {
	if s.steps == nil {
		return chromedp.Steps()
	}
	return s.steps(b)
}

func (b *box) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	b.http.Close()
	_ = b.Close(ctx)
}

// frozen makes the page's calendar stand at morning, and go on from there.
func frozen() action {
	const script = `{ const real = Date, shift = 1795253400000 - real.now();
		Date = class extends real { constructor(...a) { a.length ? super(...a) : super(real.now() + shift) }
			static now() { return real.now() + shift } } }`
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument,
			page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	})
}

// pair opens the URL that pairing gives.
func (b *box) pair(manager bool) action {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		forLane := lane
		if manager {
			forLane = ""
		}
		pairing, err := b.Mint(ctx, forLane, manager, "")
		if err != nil {
			return err
		}
		_, err = chromedp.Navigate(pairing.URL)(ctx, t)
		return err
	})
}

func (b *box) show(what ...edge.Shown) action {
	return chromedp.Func(func(context.Context, *chromedp.Target) error {
		for _, each := range what {
			b.Show(lane, each)
		}
		return nil
	})
}

// mode waits for the page to be in a state.
func mode(name string) action {
	return chromedp.WaitReady(chromedp.CSS(`body[data-mode="` + name + `"]`))
}

// shows pairs the lane's screen and puts something on it.
func shows(name string, what ...edge.Shown) func(*box) action {
	return func(b *box) action {
		return chromedp.Steps(b.pair(false), mode("idle"), b.show(what...), mode(name))
	}
}
