// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"redbench/daemon/config"
	"redbench/edge/backup"
	"redbench/edge/seal"
	"redbench/edge/serve"
	"redbench/edge/store"
	"redbench/ui"
)

// Options are what an App is made of.
type Options struct {
	Config  *config.Config
	Log     *slog.Logger
	Version string

	// Supervised says that a service manager starts the process again when it ends with an error.
	Supervised bool

	// Now is the record's clock (nil: time.Now), and Upkeep how often the record looks after itself (0: as it does by itself). A
	// measurement lives through weeks in minutes by them. Whatever speaks with others keeps the real time.
	Now    func() time.Time
	Upkeep time.Duration
}

// App is the process on the box: it is made by New, and Run serves until its context ends.
type App struct {
	Options
	run      string // UUIDv7, new at each start
	started  time.Time
	metrics  *prometheus.Registry
	stops    stops
	troubles *troubles

	keys          *seal.Box
	store         *store.Store
	office        *office
	backups       *backupLoop
	rules         atomic.Int64 // version of head office's playbook in use; 0: none of its
	serve         *serve.Service
	screens       *ui.Server
	tills         tills
	announcements *announcer
	prober        *prober
	box           *live
	ready         chan struct{}
	failed        chan error // a listener that broke while running
}

// New opens and wires everything, and listens; Run makes it serve. On an error nothing stays open.
func New(ctx context.Context, o Options) (*App, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &App{Options: o, run: uuid.Must(uuid.NewV7()).String(), started: time.Now(), metrics: newRegistry(o.Version),
		stops: stops{log: o.Log}, ready: make(chan struct{}), failed: make(chan error, 4)}
	if err := a.wire(ctx); err != nil {
		return nil, errors.Join(err, a.stops.run())
	}
	return a, nil
}

// Ready is closed once tills are heard and screens answered.
func (a *App) Ready() <-chan struct{} { return a.ready }

// Run serves until ctx ends or a listener breaks, then stops everything in reverse: nobody new is let in, tills are no
// longer heard, what is under way is committed, and the screens that are still there and the store come last.
func (a *App) Run(ctx context.Context) error {
	for _, warning := range a.Config.Warnings {
		a.Log.Warn(warning)
	}
	if err := a.tills.Start(ctx); err != nil {
		return errors.Join(fmt.Errorf("starting to hear tills: %w", err), a.stops.run())
	}
	if err := backup.Heard(a.Config.State.Dir); err != nil {
		a.Log.Error("upgrade", "error", err)
	}
	unheard := time.AfterFunc(brokerPatience, a.noteUnheard)
	defer unheard.Stop()
	a.office.relay.start()
	if err := a.office.begin(); err != nil { // tills are served without it
		a.Log.Error("head office", "error", err)
	}
	a.backups.start()
	a.announcements.online() // an outside broker is told at each connection, this one is there already
	a.sayWhere()
	close(a.ready)
	tellServiceManager(a.Log, "READY=1\nSTATUS=Hearing tills, answering screens")
	a.watch()
	var failure error
	select {
	case <-ctx.Done():
		a.Log.Info("stopping")
	case failure = <-a.failed:
		a.Log.Error("stopping", "error", failure)
	}
	tellServiceManager(a.Log, "STOPPING=1")
	closing := a.stops.run
	if errors.Is(failure, errNotPrompting) { // what is stuck may not close either, and tills wait
		closing = func() error { return bounded(func(context.Context) error { return a.stops.run() }) }
	}
	err := errors.Join(failure, closing())
	a.Log.Info("stopped", "clean", err == nil)
	return err
}

// brokerPatience is how long an outside broker may take to answer at the start before people are told. Afterwards each
// lost connection is told at once.
const brokerPatience = 5 * time.Second

func (a *App) noteUnheard() {
	if !a.tills.Connected() {
		a.Log.Warn("not connected to the broker yet; trying on", "broker", a.tills.status().Broker)
		a.troubles.set("notice.tills", true)
	}
}

// sayWhere logs where the box is found: port 0 became a port.
func (a *App) sayWhere() {
	a.Log.Info("redbench runs", "version", a.Version, "store", a.Config.Store.ID, "state", a.Config.State.Dir, "run", a.run)
	a.Log.Info("screens", "address", a.box.ui.Address, "url", a.box.ui.URL)
	mqtt := a.box.mqtt(context.Background())
	a.Log.Info("tills", "mode", mqtt.Mode, "address", mqtt.Address, "broker", mqtt.Broker)
	if a.box.metrics != nil {
		a.Log.Info("metrics", "address", a.box.metrics.Address)
	}
}
