// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"redbench/edge"
	"redbench/sync/link"
)

// office is the box's tie to head office: nothing on a box that works alone, both ways on one that is enrolled.
type office struct {
	app    *App
	relay  *relay
	locked atomic.Bool

	changing sync.Mutex // one begin or stop at a time
	stopped  bool

	mu      sync.Mutex
	line    *line  // nil: not enrolled
	trouble string // why it could not begin
}

// begin ties the box to head office if it is enrolled, in place of any tie before.
func (o *office) begin() error {
	err := o.tie()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.trouble = ""; err != nil {
		o.trouble = err.Error()
	}
	return err
}

func (o *office) tie() error {
	o.changing.Lock()
	defer o.changing.Unlock()
	credentials, err := link.Load(o.app.Config.State.Dir)
	if errors.Is(err, link.ErrNotEnrolled) || o.stopped {
		return nil
	}
	if err != nil {
		return err
	}
	o.put(nil).stop()
	if want := o.app.Config.Store.ID; credentials.Store != want {
		return fmt.Errorf("this box was enrolled as store %q, and [store] id is %q: set it back, or enroll it anew with a code for %[2]q",
			credentials.Store, want)
	}
	next, err := o.open(credentials)
	if err != nil {
		return err
	}
	o.put(next)
	o.start(next)
	return nil
}

// put sets the line and gives the one before, which still runs.
func (o *office) put(next *line) (former *line) {
	o.mu.Lock()
	defer o.mu.Unlock()
	former, o.line = o.line, next
	return former
}

// start makes what is wired run.
func (o *office) start(l *line) {
	ctx, end := context.WithCancel(context.Background())
	l.end = end
	l.running.Go(func() { _ = l.down.Run(ctx) }) // they end with the context and for no other reason
	l.running.Go(func() { _ = l.up.Run(ctx) })
	l.running.Go(func() { o.look(ctx) })
	o.app.Log.Info("head office", "url", l.client.URL(), "store", l.credentials.Store)
}

// stop ends a line; nil is none.
func (l *line) stop() {
	if l == nil || l.end == nil {
		return
	}
	l.end()
	l.running.Wait()
	l.client.Close()
	l.metrics.end()
}

// stop ends the tie for good.
func (o *office) stop(context.Context) error {
	o.changing.Lock()
	defer o.changing.Unlock()
	o.stopped = true
	o.put(nil).stop()
	o.relay.stop()
	return nil
}

func (o *office) now() *line {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.line
}

// ask asks head office who has a card that this box does not know.
func (o *office) ask(ctx context.Context, id edge.Identifier) (edge.CustomerRef, error) {
	l := o.now()
	if l == nil || o.app.Config.HQ.LookupMS == 0 {
		return edge.Stranger, edge.ErrNotFound
	}
	hashes := o.app.store.LookupHashes(id)
	if len(hashes) == 0 {
		return edge.Stranger, edge.ErrNotFound
	}
	found, err := l.down.Lookup(ctx, hashes)
	if err != nil {
		return edge.Stranger, err
	}
	return o.app.store.TakeFound(ctx, found)
}

// follow takes up what head office set before the box started: its silence, and the lock.
func (o *office) follow(ctx context.Context) error {
	if _, err := link.Load(o.app.Config.State.Dir); err != nil {
		return nil // not enrolled; a damaged file is told when the tie begins
	}
	settings, err := o.app.store.Settings(ctx)
	if err != nil {
		return err
	}
	o.settle(settings)
	o.guard(ctx)
	return nil
}

// applied lets the rest of the box follow what head office told.
func (o *office) applied(a edge.Applied) {
	for _, ref := range a.Forgotten {
		o.app.serve.Forgotten(ref)
	}
	for _, j := range a.Joined {
		o.app.serve.Joined(j.From, j.Into)
	}
	ctx := context.Background()
	if len(a.Changed) > 0 {
		o.note("following head office's changes", o.app.serve.Recheck(ctx))
	}
	if a.Playbook != nil {
		o.note("taking head office's playbook", o.app.useRules(ctx))
	}
	if a.Settings != nil {
		o.settle(*a.Settings)
	}
	if a.Relayed {
		o.relay.news()
	}
	o.guard(ctx)
}

func (o *office) note(what string, err error) {
	if err != nil {
		o.app.Log.Error(what, "error", err)
	}
}

// settle follows head office's settings.
func (o *office) settle(s edge.Settings) {
	o.app.serve.SetSilent(s.Silent)
	o.app.troubles.set("notice.silent", s.Silent)
}

// How often the box looks at how long head office has been away. A lock is to open as soon as it was asked.
const (
	lookEvery  = time.Minute
	lookLocked = time.Second
)

// look watches over the lock, and over what screens are told.
func (o *office) look(ctx context.Context) {
	for ctx.Err() == nil {
		o.guard(ctx)
		next := lookEvery
		if o.locked.Load() {
			next = lookLocked
		}
		select {
		case <-ctx.Done():
		case <-time.After(next):
		}
	}
}

// away is how long head office may be away before screens tell it.
const away = 48 * time.Hour

// guard locks the profiles while nobody has told this box for too long whom to forget.
func (o *office) guard(ctx context.Context) {
	asked, days, err := o.asked(ctx)
	if err != nil {
		o.note("looking when head office was last asked", err)
		return
	}
	first, err := o.app.store.AsksFirst(ctx)
	if err != nil {
		o.note("looking when head office was last asked", err)
		return
	}
	silent := time.Since(asked)
	locked := first || days > 0 && silent > time.Duration(days)*24*time.Hour
	o.locked.Store(locked)
	o.app.store.Lock(locked)
	o.app.troubles.set("notice.locked", locked)
	o.app.troubles.begin("notice.hq", silent > away, asked)
}

// asked tells when head office was last asked for erasures, and after how many days without it profiles are locked.
func (o *office) asked(ctx context.Context) (asked time.Time, days int, err error) {
	_, asked, err = o.app.store.Cursor(ctx)
	if err != nil {
		return asked, 0, err
	}
	settings, err := o.app.store.Settings(ctx)
	days = o.app.Config.HQ.LockAfterDays
	if settings.LockDays > 0 {
		days = settings.LockDays
	}
	if asked.IsZero() {
		credentials, loadErr := link.Load(o.app.Config.State.Dir)
		return credentials.Enrolled, days, errors.Join(err, loadErr)
	}
	return asked, days, err
}
