// SPDX-License-Identifier: Apache-2.0

package shown

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/load"
	"redbench/ui/uitest"
)

const (
	paintedWithin = 15 * time.Second
	width, height = 1280, 800
)

// photograph sends visits one at a time, each on a lane of its own whose page is open in a browser, and takes a picture
// while her prompt stands there.
func photograph(ctx context.Context, dir string, b *box.Box, tills *load.Tills, how load.Options, visits []load.Visit,
	ledger *load.Ledger) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	browser, done, err := uitest.Browser(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var files []string
	for i, v := range visits {
		lane := how.Lanes[i%len(how.Lanes)]
		file := filepath.Join(dir, fmt.Sprintf("shown-%d.png", i+1))
		page, leave := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
		defer leave()
		pairing, err := b.Pair(ctx, lane)
		if err != nil {
			return nil, err
		}
		if err := open(page, pairing.URL); err != nil {
			return nil, fmt.Errorf("opening the screen of lane %s: %w", lane, err)
		}
		shoot := func() error { return picture(page, v.Name, file) }
		if err := tills.One(ctx, how, lane, i, v, ledger, shoot); err != nil {
			return nil, fmt.Errorf("photographing lane %s: %w", lane, err)
		}
		files = append(files, file)
	}
	return files, nil
}

// open pairs the page by its link, and waits until the screen of the lane stands there.
func open(page context.Context, url string) error {
	size := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride,
			emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
		return err
	})
	if err := chromedp.Do(page, size, chromedp.Navigate(url)); err != nil {
		return err
	}
	const arrived = `location.pathname.startsWith("/screen/")`
	_, err := chromedp.Run(page, chromedp.Poll[chromedp.Void](arrived, chromedp.WithPollingTimeout(paintedWithin)))
	return err
}

// picture waits until the page says the name, and takes the picture when it has settled.
func picture(page context.Context, name, file string) error {
	page, cancel := context.WithTimeout(page, paintedWithin)
	defer cancel()
	said := fmt.Sprintf("document.body.innerText.includes(%q)", name)
	if _, err := chromedp.Run(page, chromedp.Poll[chromedp.Void](said, chromedp.WithPollingTimeout(paintedWithin))); err != nil {
		return fmt.Errorf("the screen does not say the name: %w", err)
	}
	const calm = `new Promise(done => setTimeout(done, 600))` // the fade-in
	if _, err := chromedp.Run(page, chromedp.Evaluate[chromedp.Void](calm, chromedp.EvalAwaitPromise)); err != nil {
		return err
	}
	image, err := chromedp.Run(page, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	return os.WriteFile(file, image, 0o644)
}
