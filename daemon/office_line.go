// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"redbench/daemon/config"
	"redbench/sync/downlink"
	"redbench/sync/link"
	"redbench/sync/uplink"
	"redbench/sync/wire"
)

// line is a link to head office, both ways.
type line struct {
	credentials link.Credentials
	client      *link.Client
	up          *uplink.Uplink
	down        *downlink.Downlink
	metrics     *leased
	end         context.CancelFunc
	running     sync.WaitGroup
}

// On a link that is paid for by what it carries: how long news wait for company, and how often changes are asked for.
const (
	meteredLinger = 15 * time.Minute
	meteredEvery  = 15 * time.Minute
)

// open makes a line. It does not connect yet.
func (o *office) open(credentials link.Credentials) (*line, error) {
	c := o.app.Config.HQ
	if c.URL != "" {
		credentials.URL = c.URL
	}
	throttle := link.NewThrottle(c.KilobitsPerSecond, time.Now)
	client, err := link.New(link.Options{Credentials: credentials, CAFile: c.CAFile, Insecure: c.Insecure, Version: o.app.Version,
		Throttle: throttle, Keep: func(next link.Credentials) error { return next.Save(o.app.Config.State.Dir) }})
	if err != nil {
		return nil, err
	}
	l := &line{credentials: credentials, client: client, metrics: &leased{Registerer: o.app.metrics}}
	gate := link.NewGate()
	if l.up, err = o.openUplink(client, gate, l.metrics); err != nil {
		l.metrics.end()
		return nil, err
	}
	if l.down, err = o.openDownlink(client, gate, l.metrics); err != nil {
		l.metrics.end()
		return nil, err
	}
	return l, nil
}

func (o *office) openUplink(client *link.Client, gate *link.Gate, registry prometheus.Registerer) (*uplink.Uplink, error) {
	c := o.app.Config.HQ
	hours := ""
	if c.Send != config.SendAtOnce {
		hours = c.Send
	}
	window, err := link.ParseHours(hours, o.app.Config.Zone())
	if err != nil {
		return nil, err
	}
	options := uplink.Options{Store: o.app.store, Link: client, Gate: gate, Hours: window, Pace: o.pace(o.app.serve.LastCard),
		Status: o.boxStatus, OnStatus: o.heard, OnNewBox: gate.Shut, Registry: registry, Log: o.app.Log}
	if c.Metered {
		options.Linger = meteredLinger
	}
	return uplink.New(options)
}

// pace gives way to cards where it is told of them. What comes down is not slowed by them: cashiers wait for it.
func (o *office) pace(card func() time.Time) link.Pace {
	return link.Pace{Share: float64(o.app.Config.HQ.CPUPercent) / 100, Card: card}
}

func (o *office) openDownlink(client *link.Client, gate *link.Gate, registry prometheus.Registerer) (*downlink.Downlink, error) {
	options := downlink.Options{Store: o.app.store, Link: client, Gate: gate, OnApplied: o.applied, Pace: o.pace(nil),
		Registry: registry, Log: o.app.Log}
	if o.app.Config.HQ.Metered {
		options.Every = meteredEvery
	}
	return downlink.New(options)
}

func (o *office) heard(answer wire.StatusAnswer) { o.app.store.Heard(answer.Now) }

func (o *office) boxStatus() wire.BoxStatus {
	status, err := o.tell(context.Background())
	o.note("telling head office how the box is", err)
	return status
}

// contact tells when head office last answered, and what is wrong if it does not.
func (l *line) contact() (last time.Time, trouble string) {
	up, down := l.up.State(), l.down.State()
	last, trouble = up.Reached, up.Error
	if down.Reached.After(last) {
		last = down.Reached
	}
	if down.Error != "" {
		trouble = down.Error
	}
	return last, trouble
}

// leased registers metrics for as long as a line lives: the next one registers its own.
type leased struct {
	prometheus.Registerer
	held []prometheus.Collector
}

// Register registers a collector until end.
func (l *leased) Register(c prometheus.Collector) error {
	err := l.Registerer.Register(c)
	if err == nil {
		l.held = append(l.held, c)
	}
	return err
}

func (l *leased) end() {
	for _, c := range l.held {
		l.Unregister(c)
	}
	l.held = nil
}
