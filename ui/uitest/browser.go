// SPDX-License-Identifier: Apache-2.0

package uitest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/chromedp/chromedp"
)

// ErrNoBrowser says that Chromium is missing, and how to get it.
var ErrNoBrowser = errors.New("no Chromium found: install it (Debian: apt-get install chromium) and run this again")

// Browser starts a headless Chromium with a profile of its own. Tabs are made from the context that it gives; stop ends
// the browser.
func Browser(ctx context.Context) (tabs context.Context, stop func(), err error) {
	path, err := findChromium()
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en-GB"),
		chromedp.Flag("disable-dev-shm-usage", true),
	)
	allocator, stopAllocator := chromedp.NewExecAllocator(ctx, options...)
	tabs, stopTabs := chromedp.NewContext(allocator)
	stop = func() { stopTabs(); stopAllocator() }
	if err := chromedp.Do(tabs); err != nil {
		stop()
		return nil, nil, fmt.Errorf("starting Chromium: %w", err)
	}
	return tabs, stop, nil
}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoBrowser
}
