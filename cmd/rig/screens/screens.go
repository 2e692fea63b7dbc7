// SPDX-License-Identifier: Apache-2.0

// Package screens takes a picture of every state that a screen can be in, so that people can judge it by eye. All
// customers in them are made up.
package screens

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"redbench/ui/uitest"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/spf13/cobra"
)

// action is a step in the browser.
type action = chromedp.Action[chromedp.Void]

// options are the command's flags.
type options struct {
	out  string
	only string
	all  bool
}

// Command is "rig screens".
func Command() *cobra.Command {
	var opt options
	cmd := &cobra.Command{
		Use:   "screens",
		Short: "Take a picture of every state of the screen, in real Chromium",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), opt) },
	}
	cmd.Flags().StringVar(&opt.out, "out", "docs/screens", "folder for the pictures")
	cmd.Flags().StringVar(&opt.only, "only", "", "only pictures whose name holds this")
	cmd.Flags().BoolVar(&opt.all, "all", false, "every state in every size, light and dark")
	return cmd
}

func run(ctx context.Context, opt options) error {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if err := os.MkdirAll(opt.out, 0o755); err != nil {
		return err
	}
	tabs, stop, err := uitest.Browser(ctx)
	if err != nil {
		return err
	}
	defer stop()
	var failed []error
	for _, shot := range append(shots(opt.all), fleetShots()...) {
		if !strings.Contains(shot.file(), opt.only) {
			continue
		}
		if err := take(tabs, shot, opt.out); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", shot.file(), err))
		}
	}
	return errors.Join(failed...)
}

// take shows one state in a box of its own, and keeps the picture.
func take(tabs context.Context, shot shot, out string) error {
	if shot.fleet != nil {
		return takeFleet(tabs, shot, out)
	}
	box, err := newBox(shot)
	if err != nil {
		return err
	}
	defer box.close()
	return photograph(tabs, shot, out, box.open(shot), box.steps(shot))
}

// photograph takes the steps in a browser of its own, and keeps the picture of where they led.
func photograph(tabs context.Context, shot shot, out string, steps ...action) error {
	tab, closeTab := chromedp.NewContext(tabs, chromedp.WithNewBrowserContext())
	defer closeTab()
	tab, cancel := context.WithTimeout(tab, 30*time.Second)
	defer cancel()
	steps = append(append([]action{shot.look(), frozen()}, steps...), settle())
	if err := chromedp.Do(tab, steps...); err != nil {
		return err
	}
	picture, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	return save(filepath.Join(out, shot.file()), picture)
}

// look is the window: its size, its colours, and no motion, so that a picture is the same each time.
func (s shot) look() action {
	scheme := "light"
	if s.dark {
		scheme = "dark"
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(s.size.width), Height: int64(s.size.height), DeviceScaleFactor: 1, Mobile: s.size.width < 640,
		})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			},
		})
		return err
	})
}

// settle waits until two frames were painted.
func settle() action {
	const frames = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))`
	return chromedp.Evaluate[chromedp.Void](frames, chromedp.EvalAwaitPromise)
}

// save writes the picture as small as PNG gets: few colours are on a calm screen, so a palette holds them.
func save(path string, picture []byte) error {
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return fmt.Errorf("reading the picture: %w", err)
	}
	var body bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&body, fewColours(decoded)); err != nil {
		return err
	}
	if err := os.WriteFile(path, body.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Printf("%s  %d kB\n", path, (body.Len()+1023)/1024)
	return nil
}
