// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge/mqtt"
	"redbench/edge/simulate"
)

// tillOptions say where made-up tills publish. What is not given comes from the box's configuration.
type tillOptions struct {
	broker       string
	store        string
	username     string
	passwordFile string
	caFile       string
}

func (o *tillOptions) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.broker, "broker", "", "where to publish, as in tcp://127.0.0.1:1883 (default: the configured broker)")
	flags.StringVar(&o.store, "store", "", "store in the topics (default: the configured one; of a recording: its own)")
	flags.StringVar(&o.username, "username", "", "user name at the broker; {lane} stands for the till's lane")
	flags.StringVar(&o.passwordFile, "password-file", "", "file with the password on its first line")
	flags.StringVar(&o.caFile, "ca-file", "", "the authority that signed the broker's certificate, PEM (default: the system's)")
}

// tills are the connections, made when a lane first speaks.
type tills struct {
	options  tillOptions
	store    string
	password string
	run      string // makes the client ids of this process its own
	recorder *recorder

	mu     sync.Mutex
	byLane map[string]*mqtt.Till
	failed error // the first thing that could not be sent
}

// connectTills fills the options from the configuration. Nothing is dialled before the first message.
func connectTills(cmd *cobra.Command, o tillOptions) (*tills, error) {
	if o.broker == "" || o.store == "" {
		cfg, err := loadConfig(cmd)
		if err != nil {
			return nil, err
		}
		if o.broker == "" {
			o.broker = configuredBroker(cmd.Context(), cfg)
		}
		if o.store == "" {
			o.store = cfg.Store.ID
		}
	}
	return newTills(o)
}

func newTills(o tillOptions) (*tills, error) {
	t := &tills{options: o, store: o.store, run: fmt.Sprintf("%x", time.Now().UnixNano()&0xffffff), byLane: map[string]*mqtt.Till{}}
	if o.passwordFile != "" {
		raw, err := os.ReadFile(o.passwordFile)
		if err != nil {
			return nil, fmt.Errorf("reading the password: %w", err)
		}
		t.password, _, _ = strings.Cut(strings.TrimRight(string(raw), "\r\n"), "\n")
	}
	return t, nil
}

// configuredBroker is the outside broker, or the address at which the running daemon's embedded one really listens
// (port 0 became a port), or the configured one.
func configuredBroker(ctx context.Context, cfg *config.Config) string {
	if cfg.MQTT.Broker != "" {
		return cfg.MQTT.Broker
	}
	if client, err := control.Dial(ctx, cfg.State.Dir); err == nil {
		defer client.Close()
		if status, err := client.Status(ctx); err == nil && status.MQTT.Address != "" {
			return brokerURL(status.MQTT.Address, status.MQTT.Secure)
		}
	}
	return brokerURL(cfg.MQTT.Listen, cfg.MQTT.CertFile != "")
}

func brokerURL(address string, secure bool) string {
	if secure {
		return "tls://" + address
	}
	return "tcp://" + address
}

// send publishes as the till of a lane, and returns once the broker has taken it.
func (t *tills) send(ctx context.Context, lane, topic string, payload []byte) error {
	till, err := t.till(ctx, lane)
	if err != nil {
		return err
	}
	if err := till.Publish(ctx, topic, payload); err != nil {
		err = fmt.Errorf("lane %s: publishing to %s: %w", lane, t.options.broker, err)
		t.keep(err)
		return err
	}
	if t.recorder != nil {
		return t.recorder.write(simulate.Recorded{Topic: topic, Payload: payload, At: time.Now()})
	}
	return nil
}

func (t *tills) keep(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil {
		t.failed = err
	}
}

// failure is why nothing could be sent. That the sending was told to stop is not why.
func (t *tills) failure() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var network *net.OpError
	switch {
	case errors.As(t.failed, &network):
		return network.Error()
	case t.failed == nil, errors.Is(t.failed, context.Canceled), errors.Is(t.failed, context.DeadlineExceeded):
		return "no answer"
	}
	return t.failed.Error()
}

func (t *tills) till(ctx context.Context, lane string) (*mqtt.Till, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.byLane[lane]; known != nil {
		return known, nil
	}
	till, err := mqtt.NewTill(mqtt.TillOptions{
		Broker:   t.options.broker,
		ClientID: "till-" + strings.Map(clientIDRune, lane) + "-" + t.run,
		Username: strings.ReplaceAll(t.options.username, "{lane}", lane),
		Password: t.password,
		CAFile:   t.options.caFile,
	})
	if err != nil {
		return nil, fmt.Errorf("lane %s: %w", lane, err)
	}
	t.byLane[lane] = till
	return till, nil
}

// clientIDRune keeps what every broker takes in a client id.
func clientIDRune(r rune) rune {
	if r < 128 && (r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
		return r
	}
	return '_'
}

func (t *tills) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, till := range t.byLane {
		till.Close()
	}
}

// recorder writes what is sent to a file; lanes share it.
type recorder struct {
	mu   sync.Mutex
	file *os.File
	out  *bufio.Writer
}

func newRecorder(name string) (*recorder, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return &recorder{file: file, out: bufio.NewWriter(file)}, nil
}

func (r *recorder) write(line simulate.Recorded) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return simulate.WriteRecorded(r.out, line)
}

// Close writes what is left.
func (r *recorder) Close() error { return errors.Join(r.out.Flush(), r.file.Close()) }

// sentReport is what simulate and replay print at the end.
type sentReport struct {
	Broker  string  `json:"broker"`
	Seconds float64 `json:"seconds"`
	simulate.Counts
}

// play sends the messages, shows how it goes, and prints the counts at the end.
func play(cmd *cobra.Command, ctx context.Context, t *tills, player *simulate.Player, messages iter.Seq[simulate.Message]) error {
	player.Send = t.send
	began := time.Now()
	progress := showSent(cmd.ErrOrStderr(), player)
	err := player.Play(ctx, messages)
	progress()
	report := sentReport{t.options.broker, time.Since(began).Seconds(), player.Counts()}
	if err == nil && report.Sent == 0 && report.Failed > 0 { // the end of its time is no error to the player
		err = fmt.Errorf("nothing could be sent to %s: %s", t.options.broker, t.failure())
	}
	return errors.Join(err, cli.Printed(cmd, report, report.print))
}

// print tells a person what was sent.
func (r sentReport) print(out io.Writer) {
	fmt.Fprintf(out, "%s sent to %s in %.1f s (%d of them once more, as tills do), %d given up\n",
		cli.Count(r.Sent, "event", "events"), r.Broker, r.Seconds, r.Repeats, r.Failed)
	for _, kind := range eventOrder(r.Types) {
		fmt.Fprintf(out, "  %6d  %s\n", r.Types[kind], cli.Visible(string(kind)))
	}
}
