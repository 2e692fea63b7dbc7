// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge/simulate"
)

// The demo's store and lanes.
const (
	demoStore = "harbour"
	demoName  = "Harbour Bakery"
)

var demoLanes = [...]string{"1", "2", "3"}

// demoOptions are the flags of `redbench demo`.
type demoOptions struct {
	dir       string
	keep      bool
	screens   uint16 // ports
	tills     uint16
	speed     float64
	seed      uint64
	length    time.Duration
	noBrowser bool
	json      bool
}

func newDemoCommand() *cobra.Command {
	var o demoOptions
	defaults := config.Default()
	command := &cobra.Command{
		Use:   "demo",
		Short: "See it work: a made-up store day on this machine",
		Long: `Starts a whole box in this process (embedded broker, store, screens) with a small made-up chain of customers and a
simulated store day on three lanes, and opens a cashier's screen in the browser. Ctrl-C ends it.

It has a directory of its own, which is made anew each time. The box's real state and configuration are not touched.`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.json = cli.WantsJSON(cmd)
			return runDemo(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.dir, "dir", "", "the demo's own directory (default: in the user's cache)")
	flags.BoolVar(&o.keep, "keep", false, "go on with the last demo's customers instead of making them anew")
	flags.Uint16Var(&o.screens, "screens-port", portOf(defaults.UI.Listen), "port of the screens; 0 picks a free one")
	flags.Uint16Var(&o.tills, "tills-port", portOf(defaults.MQTT.Listen), "port of the embedded MQTT broker; 0 picks a free one")
	flags.Float64Var(&o.speed, "speed", 8, "how much faster than a real day; at 8 a lane has a new customer about every nine seconds")
	flags.Uint64Var(&o.seed, "seed", 1, "another seed, another day")
	flags.DurationVar(&o.length, "for", 0, "stop after this time, as in 30s")
	flags.BoolVar(&o.noBrowser, "no-browser", false, "open no browser")
	return command
}

func portOf(address string) uint16 {
	_, port, _ := net.SplitHostPort(address)
	n, _ := strconv.ParseUint(port, 10, 16)
	return uint16(n)
}

// demo is a running demo.
type demo struct {
	o    demoOptions
	dir  string
	cfg  *config.Config
	app  *daemon.App
	box  *control.Client
	run  chan error // the daemon's end
	stop context.CancelFunc
}

func runDemo(ctx context.Context, o demoOptions, out, messages io.Writer) error {
	if o.speed <= 0 || o.length < 0 {
		return cli.WrongUsage(errors.New("--speed is above 0, --for is not below 0"))
	}
	d, err := startDemo(ctx, o)
	if err != nil {
		return err
	}
	now := time.Now()
	chain := simulate.NewChain(o.seed, now)
	if err := d.prepare(ctx, chain, out); err != nil {
		return errors.Join(err, d.end())
	}
	ctx, cancel := within(ctx, o.length) // from when there is something to see
	defer cancel()
	player, err := d.play(ctx, chain, now, messages)
	if err := errors.Join(err, d.end()); err != nil {
		return err
	}
	if !o.json {
		fmt.Fprintf(out, "\nStopped after %d till events. Nothing is left running.\n", player.Counts().Sent)
	}
	return nil
}

// startDemo makes the demo's directory and starts the daemon in this process.
func startDemo(ctx context.Context, o demoOptions) (*demo, error) {
	d := &demo{o: o, run: make(chan error, 1)}
	if err := d.checkPorts(); err != nil {
		return nil, err
	}
	var err error
	if d.dir, err = demoDir(ctx, o.dir, o.keep); err != nil {
		return nil, err
	}
	if d.cfg, err = d.configure(); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(d.dir, "redbench.log"))
	if err != nil {
		return nil, fmt.Errorf("opening the demo's log: %w", err)
	}
	logger := slog.New(slog.NewTextHandler(log, nil))
	running, stop := context.WithCancel(context.WithoutCancel(ctx)) // the tills stop first, then the box
	d.stop = stop
	if d.app, err = daemon.New(running, daemon.Options{Config: d.cfg, Log: logger, Version: version()}); err != nil {
		stop()
		return nil, errors.Join(err, log.Close())
	}
	go func() { d.run <- errors.Join(d.app.Run(running), log.Close()) }()
	return d, d.awaitReady(ctx)
}

func (d *demo) awaitReady(ctx context.Context) error {
	select {
	case <-d.app.Ready():
		return nil
	case err := <-d.run:
		d.run <- nil
		return errors.Join(errors.New("the demo's box stopped at once"), err)
	case <-ctx.Done():
		return errors.Join(ctx.Err(), d.end())
	}
}

// checkPorts tells of a taken port by the flag that helps, before anything is made.
func (d *demo) checkPorts() error {
	var problems []error
	for _, each := range []struct {
		port       uint16
		what, flag string
	}{{d.o.screens, "the screens", "--screens-port"}, {d.o.tills, "the tills' broker", "--tills-port"}} {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(each.port))))
		switch {
		case err == nil:
			_ = listener.Close()
		case errors.Is(err, syscall.EADDRINUSE):
			problems = append(problems, fmt.Errorf("port %d, which the demo wants for %s, is taken by another program "+
				"(perhaps another Redbench); stop that, or give %s another port (0 picks a free one)", each.port, each.what, each.flag))
		default:
			problems = append(problems, fmt.Errorf("port %d for %s: %w; give %s another port (0 picks a free one)",
				each.port, each.what, err, each.flag))
		}
	}
	return errors.Join(problems...)
}

// configure writes a configuration file for the demo, so that every other verb can be tried on it, and reads it back
// without the environment: what is set for the real box is not meant for this one.
func (d *demo) configure() (*config.Config, error) {
	file := filepath.Join(d.dir, "redbench.toml")
	text := fmt.Sprintf(`# The demo's own configuration. Try the other verbs with it:
#   %[1]s
[store]
id = %[2]q
name = %[3]q
[state]
dir = %[4]q
[ui]
listen = "127.0.0.1:%[5]d"
[mqtt]
listen = "127.0.0.1:%[6]d"
`, cli.CommandLine("redbench", "status", file), demoStore, demoName, filepath.Join(d.dir, "state"), d.o.screens, d.o.tills)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("writing the demo's configuration: %w", err)
	}
	return config.Load(file, nil)
}

// prepare imports the chain, pairs the screens, and tells where to look.
func (d *demo) prepare(ctx context.Context, chain *simulate.Chain, out io.Writer) error {
	box, err := control.Dial(ctx, d.cfg.State.Dir)
	if err != nil {
		return err
	}
	d.box = box
	if err := d.importChain(ctx, chain); err != nil {
		return err
	}
	where, err := d.pair(ctx, chain)
	if err != nil {
		return err
	}
	if d.o.json {
		return json.NewEncoder(out).Encode(where)
	}
	where.print(out, colours(out))
	if !d.o.noBrowser {
		openBrowser(where.Screens[0].URL)
	}
	return nil
}

func (d *demo) importChain(ctx context.Context, chain *simulate.Chain) error {
	if d.o.keep {
		status, err := d.box.Status(ctx)
		if err != nil {
			return err
		}
		if status.Counts.Customers > 0 {
			return nil // the last demo's
		}
	}
	var customers, visits bytes.Buffer
	if err := errors.Join(chain.WriteCustomers(&customers), chain.WriteVisits(&visits)); err != nil {
		return fmt.Errorf("making up the chain: %w", err)
	}
	for _, each := range []struct {
		kind string
		rows io.Reader
	}{{control.ImportCustomers, &customers}, {control.ImportVisits, &visits}} {
		report, err := d.box.Import(ctx, control.ImportRequest{Kind: each.kind, Format: control.FormatCSV}, each.rows, nil)
		if err != nil {
			return fmt.Errorf("importing the made-up %s: %w", each.kind, err)
		}
		if report.Bad > 0 {
			return fmt.Errorf("importing the made-up %s: %w", each.kind, &report.Problems[0])
		}
	}
	return nil
}

// play runs the store day until the context ends.
func (d *demo) play(ctx context.Context, chain *simulate.Chain, now time.Time, messages io.Writer) (*simulate.Player, error) {
	status, err := d.box.Status(ctx)
	if err != nil {
		return &simulate.Player{}, err
	}
	t, err := newTills(tillOptions{broker: "tcp://" + status.MQTT.Address, store: demoStore})
	if err != nil {
		return &simulate.Player{}, err
	}
	defer t.close()
	player := &simulate.Player{Speed: d.o.speed, Send: t.send}
	day := dayAfterDay(demoDay(d.o, chain, now), false)
	progress := showSent(messages, player)
	defer progress()
	inner, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // a box that breaks ends the demo
		select {
		case err := <-d.run:
			d.run <- err
			stop()
		case <-inner.Done():
		}
	}()
	return player, player.Play(inner, day)
}

// demoDay is a day that is pleasant to watch: all lanes open, no quiet hours, mostly customers who are known.
func demoDay(o demoOptions, chain *simulate.Chain, now time.Time) simulate.DayOptions {
	return simulate.DayOptions{Chain: chain, Seed: o.seed, Open: openingAt(now), Store: demoStore, Lanes: demoLanes[:],
		Steady: true, Members: .8}
}

// end stops the box and waits for it.
func (d *demo) end() error {
	if d.box != nil {
		d.box.Close()
	}
	d.stop()
	if err := <-d.run; err != nil {
		return fmt.Errorf("stopping the demo's box: %w", err)
	}
	return nil
}
