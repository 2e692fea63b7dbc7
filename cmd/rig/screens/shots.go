// SPDX-License-Identifier: Apache-2.0

package screens

import (
	"context"
	"fmt"
	"time"

	"redbench/edge"

	"github.com/chromedp/chromedp"
)

type size struct{ width, height int }

// The windows that a store's screens have: the usual till, a large one, a small one, a phone.
var (
	usual = size{1366, 768}
	large = size{1920, 1080}
	small = size{1024, 600}
	phone = size{390, 844}
)

// shot is one picture: a state, a window, and how to get there.
type shot struct {
	name   string
	size   size
	dark   bool
	path   string
	locale string
	steps  func(*box) action
	fleet  func() fleet // a page of head office instead of a box's
}

func (s shot) file() string {
	name := s.name
	if s.size != usual {
		name += fmt.Sprintf("-%dx%d", s.size.width, s.size.height)
	}
	if s.dark {
		name += "-dark"
	}
	return name + ".png"
}

func shots(all bool) []shot {
	states := []shot{
		{name: "idle", steps: shows("idle")},
		{name: "prompt-stranger", steps: shows("prompt", stranger)},
		{name: "prompt-new", steps: shows("prompt", newcomer)},
		{name: "prompt-familiar", steps: shows("prompt", familiar)},
		{name: "prompt-regular", steps: shows("prompt", regular)},
		{name: "prompt-avoid", steps: shows("prompt", avoid)},
		{name: "prompt-long", steps: shows("prompt", long)},
		{name: "prompt-rtl", steps: shows("prompt", rtl)},
		{name: "prompt-cjk", steps: shows("prompt", cjk)},
		{name: "prompt-german", locale: "de-DE", steps: shows("prompt", german)},
		{name: "undo", steps: shows("prompt", other, regular)},
		{name: "feedback", steps: feedback},
		{name: "farewell", steps: shows("farewell", farewell)},
		{name: "kinds", steps: kinds},
		{name: "draft", steps: draft},
		{name: "note", steps: aNote},
		{name: "link-down", steps: linkDown},
		{name: "paused", steps: shows("paused", edge.Clear{Reason: edge.ClearPaused})},
		{name: "notice", steps: shows("prompt", familiar, notice)},
		{name: "unpaired", path: "/screen/3", steps: unpaired},
		{name: "choose", path: "/", steps: choose},
		{name: "manager", path: "/", steps: manager},
	}
	for i := range states {
		states[i].size = usual
	}
	list := states
	if all {
		for _, each := range states {
			list = append(list, variants(each, large, small, phone)...)
		}
		return list
	}
	for _, each := range states {
		switch each.name {
		case "prompt-regular":
			list = append(list, variants(each, large, small, phone)...)
		case "prompt-avoid", "kinds":
			each.size = small
			list = append(list, each)
		case "idle", "link-down", "farewell":
			dark, low := each, each
			dark.dark, low.size = true, small
			list = append(list, dark, low)
		case "prompt-long":
			each.size = small
			list = append(list, each)
		case "note":
			each.size = phone
			list = append(list, each)
		}
	}
	return list
}

// variants gives a state in other sizes, and dark in its own.
func variants(s shot, sizes ...size) []shot {
	var list []shot
	for _, each := range sizes {
		other := s
		other.size = each
		list = append(list, other)
	}
	s.dark = true
	return append(list, s)
}

func feedback(b *box) action {
	return chromedp.Steps(
		shows("prompt", regular)(b), chromedp.Click(chromedp.CSS(`.line.remember`)),
		chromedp.WaitVisible(chromedp.CSS(`#sheet`)),
	)
}

func aNote(b *box) action {
	return chromedp.Steps(
		shows("farewell", farewell)(b), chromedp.Click(chromedp.CSS(`[data-kind="promise"]`)), mode("note"),
	)
}

func kinds(b *box) action {
	return chromedp.Steps(
		shows("farewell", farewell)(b), chromedp.Click(chromedp.CSS(`.chips .more`)), mode("note"),
	)
}

// draft is a note that the next customer interrupted.
func draft(b *box) action {
	return chromedp.Steps(
		shows("prompt", regular)(b), chromedp.Click(chromedp.CSS(`#note`)), chromedp.Click(chromedp.CSS(`[data-kind="promise"]`)),
		chromedp.SendKeys(chromedp.CSS(`.note input`), "Keep"), b.show(familiar), mode("prompt"),
	)
}

func linkDown(b *box) action {
	return chromedp.Steps(
		shows("prompt", regular)(b),
		chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			b.http.Close()
			return b.Close(ctx)
		}),
		mode("down"),
	)
}

func unpaired(*box) action {
	return chromedp.Steps(
		chromedp.WaitReady(chromedp.CSS(`body[data-asked]`)),
		chromedp.Evaluate[chromedp.Void](`document.getElementById('code').textContent =
			document.getElementById('again').textContent = 'K7M-4QX'; undefined`),
	)
}

func choose(b *box) action {
	return chromedp.Steps(b.pair(false), mode("idle"), chromedp.Navigate(b.url("/")))
}

func manager(b *box) action {
	return chromedp.Steps(
		b.pair(false), mode("idle"), b.pair(true),
		chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			screens, err := b.screens.Screens(ctx)
			if err != nil {
				return err
			}
			b.Show("4", edge.Clear{Reason: edge.ClearPaused})
			old := edge.Screen{ID: screens[0].ID + "x", Lane: "1", Name: "Till by the door", Paired: morning, Seen: morning.Add(-40 * time.Hour)}
			return b.screens.AddScreen(ctx, old, [32]byte{1})
		}),
		chromedp.Navigate(b.url("/manager")),
	)
}
