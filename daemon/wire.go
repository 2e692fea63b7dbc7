// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/guard"
	"redbench/edge/lane"
	"redbench/edge/seal"
	"redbench/edge/serve"
	"redbench/edge/store"
	"redbench/ui"
	"redbench/ui/words"
)

// wire makes every room and ties them together, in the order of an event's way backwards: what is needed comes first.
func (a *App) wire(ctx context.Context) error {
	c := a.Config
	opened := askForTime(a.Log)
	keys, s, err := openRecord(ctx, a.Options)
	opened()
	if err != nil {
		return err
	}
	a.keys, a.store = keys, s
	a.stops.add("the store", func(context.Context) error { return s.Close() })
	watchStore(a.metrics, s)
	a.backups = &backupLoop{backups: newBackups(c, a.Version, s, a.Log, a.Now)}
	a.stops.add("backups", a.backups.stop)
	watchBackups(a.metrics, a.backups.backups)

	found, err := findRules(ctx, c, keys, s, a.Log)
	if err != nil {
		return err
	}
	a.rules.Store(int64(found.version))
	a.office = &office{app: a}
	cards := guard.New(c.Privacy.LoyaltyPrefixes)
	decoder, err := newDecoder(c, cards, keys)
	if err != nil {
		return err
	}
	a.announcements = newAnnouncer(c.Store.ID, a.Version, a.run)

	// Screens and the service know each other: a prompt goes one way, a cashier's word the other.
	told := &cashier{}
	listener, err := a.openScreens(told)
	if err != nil {
		return err
	}
	a.troubles = &troubles{words: words.For(c.Store.Locale), zone: c.Zone(), tell: a.screens.Notice, since: map[string]time.Time{}}
	a.serve, err = serve.New(ctx, serve.Options{
		StoreID: c.Store.ID, StoreName: c.Store.Name, Language: c.Store.Locale, Zone: c.Zone(),
		Timing: lane.Timing{Card: c.Screen.GreetedFor(), Prompt: c.Screen.PromptFor(), Farewell: c.Screen.FarewellFor(),
			Checkout: c.Limits.CheckoutFor()},
		Store: s, Decoder: decoder, Screens: a.screens, Digester: keys, Guard: cards, Playbook: found.Playbook, Log: a.Log,
		Experiment: serve.Experiment{Silent: c.Experiment.Silent, ControlPercent: c.Experiment.ControlPercent},
		Metrics:    a.metrics, Refused: a.announcements.refused,
		Trouble: func(err error) { a.troubles.set("notice.store", err != nil) },
		Ask:     a.office.ask, AskWithin: time.Duration(c.HQ.LookupMS) * time.Millisecond, Now: a.Now,
	})
	if err != nil {
		return err
	}
	a.stops.add("serving", func(context.Context) error { a.serve.Stop(); return nil })
	told.service = a.serve
	if err := a.addPairedLanes(ctx); err != nil {
		return err
	}

	if a.tills, err = a.openTills(a.announcements); err != nil {
		return err
	}
	a.stops.add("hearing tills", a.tills.Stop)
	a.prober = &prober{serve: a.serve, tills: a.tills, screen: a.probeScreen, writing: s.WritingSince,
		gone: func() string { return goneAddress(listener.Addr().String(), a.tills.status().Address) }, turn: make(chan struct{}, 1)}
	a.stops.add("head office", a.office.stop)
	a.office.relay = &relay{store: s, storeID: c.Store.ID, receive: a.serve.Receive, log: a.Log, kick: make(chan struct{}, 1)}
	if err := a.office.follow(ctx); err != nil {
		return err
	}
	a.box = &live{app: a, ui: a.uiListener(listener),
		record: record{config: c, version: a.Version, keys: keys, store: s, cards: cards, playbook: a.serve.Rules}}
	if err := a.openMetrics(); err != nil {
		return err
	}
	if err := a.openControl(); err != nil {
		return err
	}
	a.serveHTTP("screens", listener, a.screens.Handler())
	a.announcements.start(a.tills)
	a.stops.add("announcing", a.announcements.stop)
	return nil
}

// openRecord opens keys and store.
func openRecord(ctx context.Context, o Options) (*seal.Box, *store.Store, error) {
	c := o.Config
	if err := os.MkdirAll(c.State.Dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("making the state directory ([state] dir): %w", err)
	}
	// What SQLite writes beside the database for a while lies in the state directory too: it is as secret as that.
	if err := os.Setenv("SQLITE_TMPDIR", c.State.Dir); err != nil {
		return nil, nil, err
	}
	if err := finishRestore(c.State.Dir); err != nil {
		return nil, nil, err
	}
	keys, err := seal.Open(c.State.Dir)
	if err != nil {
		return nil, nil, err
	}
	record, err := store.Open(ctx, store.Options{Dir: c.State.Dir, StoreID: c.Store.ID, Zone: c.Zone(), Seal: keys, Log: o.Log,
		Now: o.Now, Upkeep: o.Upkeep,
		QuarantineCount: c.Limits.Quarantine, OutboxBytes: int64(c.Limits.OutboxMB) << 20,
		VisitsKept: c.Privacy.VisitsFor(), DatabaseBytes: int64(c.Limits.DatabaseMB) << 20})
	return keys, record, err
}

func newDecoder(c *config.Config, cards *guard.Guard, keys *seal.Box) (*adapt.Decoder, error) {
	return adapt.New(adapt.Options{Store: c.Store.ID, Guard: cards, Adapters: adapters(c), MaxSize: c.Limits.MessageBytes,
		Digest: keys.Digest})
}

func adapters(c *config.Config) []adapt.Adapter {
	list := make([]adapt.Adapter, len(c.Adapters))
	for i, each := range c.Adapters {
		list[i] = adapt.Adapter{Name: each.Name, Topic: each.Topic, Format: each.Format, Program: each.Program,
			DropCards: each.DropCards}
	}
	return list
}

// cashier hands words to the service, which is made after the screens.
type cashier struct{ service *serve.Service }

// Tell takes a cashier's word.
func (c *cashier) Tell(ctx context.Context, lane string, w edge.Word) error {
	return c.service.Tell(ctx, lane, w)
}

// paired keeps screens in the store, and makes a lane known when a screen is paired for it.
type paired struct {
	*store.Store
	told *cashier
}

// AddScreen keeps a screen.
func (p paired) AddScreen(ctx context.Context, s edge.Screen, token [32]byte) error {
	if !s.Manager {
		if err := p.told.service.AddLane(s.Lane); err != nil {
			return err
		}
	}
	return p.Store.AddScreen(ctx, s, token)
}

// addPairedLanes makes the lanes of all paired screens known.
func (a *App) addPairedLanes(ctx context.Context) error {
	screens, err := a.store.Screens(ctx)
	for _, s := range screens {
		switch {
		case s.Manager:
		case s.Lane == edge.ProbeLane: // before that was the box's own
			a.Log.Warn("a screen is paired with a lane that cannot be; revoke it and pair it with its till's", "screen", s.ID, "lane", s.Lane)
		default:
			err = errors.Join(err, a.serve.AddLane(s.Lane))
		}
	}
	return err
}

// openScreens listens for screens and makes what serves them.
func (a *App) openScreens(told *cashier) (net.Listener, error) {
	c := a.Config
	security, err := c.UI.TLS()
	if err != nil {
		return nil, err
	}
	token, err := c.Metrics.Token()
	if err != nil {
		return nil, err
	}
	listener, err := listen("[ui] listen", c.UI.Listen)
	if err != nil {
		return nil, err
	}
	a.screens, err = ui.New(ui.Options{
		Run: a.run, StoreID: c.Store.ID, StoreName: c.Store.Name, Locale: c.Store.Locale, Version: a.Version, Zone: c.Zone(),
		Listen: listener.Addr().String(), TLS: security != nil, PublicURL: c.UI.PublicURL, TrustedHosts: c.UI.TrustedHosts,
		DistanceM: c.Screen.DistanceM, Screens: paired{a.store, told}, Cashier: told,
		Lanes: func() []string { return a.serve.Lanes() }, Today: a.today, Idle: func() edge.Idle { return a.serve.Idle() },
		Ready: a.readiness, Metrics: metricsHandler(a.metrics, ""), MetricsToken: token, Registry: a.metrics, Log: a.Log,
	})
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	a.stops.add("the screens", a.screens.Close)
	a.stops.add("the screens' listener", func(context.Context) error {
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	if security != nil {
		listener = tls.NewListener(listener, security)
	}
	return listener, nil
}

func (a *App) today(ctx context.Context) (ui.Today, error) {
	since := midnight(a.Now().In(a.Config.Zone()))
	counts, err := a.store.Counts(ctx, since)
	return ui.Today{Since: since, Counts: counts}, err
}

func (a *App) readiness(ctx context.Context) error {
	var errs []error
	for _, why := range a.notReady(ctx) {
		errs = append(errs, errors.New(why))
	}
	return errors.Join(errs...)
}

func (a *App) uiListener(l net.Listener) control.Listener {
	secure := a.Config.UI.CertFile != ""
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	url := a.Config.UI.PublicURL
	if url == "" {
		url = scheme + l.Addr().String()
	}
	return control.Listener{Address: l.Addr().String(), URL: url, Secure: secure}
}

// openMetrics opens the listener of [metrics] listen, if it is set.
func (a *App) openMetrics() error {
	c := a.Config.Metrics
	if c.Listen == "" {
		return nil
	}
	token, err := c.Token()
	if err != nil {
		return err
	}
	security, err := c.TLS()
	if err != nil {
		return err
	}
	listener, err := listen("[metrics] listen", c.Listen)
	if err != nil {
		return err
	}
	a.box.metrics = &control.Listener{Address: listener.Addr().String(), Secure: security != nil}
	if security != nil {
		listener = tls.NewListener(listener, security)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metricsHandler(a.metrics, token))
	a.serveHTTP("metrics", listener, mux)
	return nil
}

// openControl opens the socket by which the verbs of the command line speak to the daemon.
func (a *App) openControl() error {
	listener, err := control.Listen(a.Config.State.Dir)
	if err != nil {
		return err
	}
	server := control.NewServer(a.box, a.Log)
	go func() {
		if err := server.Serve(listener); err != nil {
			a.failed <- err
		}
	}()
	a.stops.add("the control socket", server.Stop)
	return nil
}

// serveHTTP serves a listener until the app stops. Write time-outs are the handlers' business: a screen's socket lives
// for days.
func (a *App) serveHTTP(name string, l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug)}
	go func() {
		if err := server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			a.failed <- fmt.Errorf("serving %s on %s: %w", name, l.Addr(), err)
		}
	}()
	a.stops.add("serving "+name, func(ctx context.Context) error {
		if err := server.Shutdown(ctx); err != nil {
			return errors.Join(err, server.Close())
		}
		return nil
	})
}
