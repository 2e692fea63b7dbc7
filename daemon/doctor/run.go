// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// Check looks at one thing.
type Check struct {
	Name   string
	Within time.Duration // after which it is given up
	Look   func(ctx context.Context, f *Findings)
}

// grace is how long a check that was told to end may take to do so before nobody waits for it any more.
const grace = time.Second

// Options say how to run the checks.
type Options struct {
	Catalogue Catalogue
	Progress  func(check, text string) // nil: nobody watches
	After     func(time.Duration) <-chan time.Time
}

// Run runs the checks one after the other, since a box at a till has other work, and each no longer than it may: one that
// does not end by itself is left behind, and told of. It ends early, with the context's error, when ctx does.
func Run(ctx context.Context, checks []Check, o Options) ([]Finding, error) {
	if o.Progress == nil {
		o.Progress = func(string, string) {}
	}
	if o.After == nil {
		o.After = time.After
	}
	var all []Finding
	for _, c := range checks {
		o.Progress(c.Name, "")
		all = append(all, o.run(ctx, c)...)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	order := func(f Finding) int { return slices.Index([]State{Fail, Warn, Skipped, OK}, f.State) }
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(order(a), order(b)) })
	return all, nil
}

func (o Options) run(ctx context.Context, c Check) []Finding {
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	done := make(chan []Finding, 1)
	go func() {
		f := NewFindings(o.Catalogue, func(text string) { o.Progress(c.Name, text) })
		defer func() {
			if broken := recover(); broken != nil { // damage may reach where nobody thought of it; the other checks still tell
				done <- append(f.list, Finding{Check: c.Name, ID: "broken", State: Fail, Do: "Tell whoever looks after Redbench, with `redbench version`.",
					Text: "The check itself broke: " + oneLine(fmt.Sprint(broken)) + "."})
				return
			}
			done <- f.list
		}()
		c.Look(ctx, f)
	}()
	select {
	case found := <-done:
		return found
	case <-ctx.Done():
	}
	select {
	case found := <-done:
		return found
	case <-o.After(grace):
		return []Finding{{Check: c.Name, ID: "unfinished", State: Fail,
			Text: fmt.Sprintf("The check did not end within %s: what it looks at hangs.", c.Within),
			Do:   "Look at it by itself with `redbench doctor --check " + c.Name + "`; a disk or a network that hangs shows in the system's log (`journalctl -k`)."}}
	}
}

// Healthy reports whether nothing fails.
func Healthy(all []Finding) bool {
	return !slices.ContainsFunc(all, func(f Finding) bool { return f.State == Fail })
}
