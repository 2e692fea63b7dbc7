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
	Program   string                   // whose advice is given; empty: redbench
	Within    time.Duration            // for all checks together; what does not get its turn is told. 0: as long as they take
	Progress  func(check, text string) // nil: nobody watches
	After     func(time.Duration) <-chan time.Time
	Now       func() time.Time
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
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Program == "" {
		o.Program = "redbench"
	}
	var all []Finding
	ends := o.Now().Add(o.Within)
	for _, c := range checks {
		cut := false
		if left := ends.Sub(o.Now()); o.Within > 0 && left < c.Within+grace {
			c.Within, cut = left-grace, true
		}
		if c.Within <= 0 {
			all = append(all, o.unturned(c, "Its turn did not come"))
			continue
		}
		o.Progress(c.Name, "")
		all = append(all, o.run(ctx, c, cut)...)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	order := func(f Finding) int { return slices.Index([]State{Fail, Warn, Skipped, OK}, f.State) }
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(order(a), order(b)) })
	return all, nil
}

// unturned tells of a check for which no time was left: that says nothing against what it looks at.
func (o Options) unturned(c Check, what string) Finding {
	return Finding{Check: c.Name, ID: "unturned", State: Skipped, Do: "`" + o.Program + " doctor --check " + c.Name + "` gives it the time.",
		Text: fmt.Sprintf("%s in the %s that a look may take.", what, Span(o.Within))}
}

// run runs one check. cut says that it had less than its own time.
func (o Options) run(ctx context.Context, c Check, cut bool) []Finding {
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	done := make(chan []Finding, 1)
	go func() {
		f := NewFindings(o.Catalogue, func(text string) { o.Progress(c.Name, text) })
		defer func() {
			if broken := recover(); broken != nil { // damage may reach where nobody thought of it; the other checks still tell
				done <- append(f.list, Finding{Check: c.Name, ID: "broken", State: Fail, Do: "Tell whoever looks after Redbench, with `" + o.Program + " version`.",
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
		if cut {
			return []Finding{o.unturned(c, "It did not come to its end")}
		}
		return []Finding{{Check: c.Name, ID: "unfinished", State: Fail,
			Text: fmt.Sprintf("The check did not end within %s: what it looks at hangs.", c.Within),
			Do:   "Look at it by itself with `" + o.Program + " doctor --check " + c.Name + "`; a disk or a network that hangs shows in the system's log (`journalctl -k`)."}}
	}
}

// Healthy reports whether nothing fails.
func Healthy(all []Finding) bool {
	return !slices.ContainsFunc(all, func(f Finding) bool { return f.State == Fail })
}
