// SPDX-License-Identifier: Apache-2.0

// Package office runs the real redbench-hq binary for a measurement: with its built-in authority, on a port that stays the
// same over its lives, and every step by the commands that a person would use.
package office

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/process"
	"redbench/sync/hq"
	"redbench/sync/hq/authority"
)

// Options say what is to run.
type Options struct {
	Binary string   // bin/redbench-hq
	Dir    string   // for configuration, state and log
	Serve  []string // a command line to serve with in place of the binary's own; the configuration's file is added
	Extra  string   // more lines of configuration
}

// Office is a head office and its files. It may live several times.
type Office struct {
	options Options
	address string
	process *process.Process // nil: it does not run
	token   string           // for the feed
}

const readyWithin = 30 * time.Second

// Start configures a head office, starts it, and returns once it answers.
func Start(ctx context.Context, o Options) (*Office, error) {
	office, err := Configure(o)
	if err != nil {
		return nil, err
	}
	return office, office.Start(ctx)
}

// Configure writes a head office's configuration, on a free port, and starts nothing.
func Configure(o Options) (*Office, error) {
	address, err := box.FreeAddress()
	if err != nil {
		return nil, err
	}
	office := &Office{options: o, address: address}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making head office's directory: %w", err)
	}
	text := fmt.Sprintf("[hq]\nlisten = %q\n[state]\ndir = %q\n%s", address, office.State(), o.Extra)
	if err := os.WriteFile(office.config(), []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("writing head office's configuration: %w", err)
	}
	return office, nil
}

// Address is where it listens.
func (o *Office) Address() string { return o.address }

// Dir holds configuration, state and log.
func (o *Office) Dir() string { return o.options.Dir }

// State is the state directory.
func (o *Office) State() string { return filepath.Join(o.options.Dir, "state") }

// Log is the file of its log, over all its lives.
func (o *Office) Log() string { return filepath.Join(o.options.Dir, "redbench-hq.log") }

func (o *Office) config() string { return filepath.Join(o.options.Dir, "redbench-hq.toml") }

// PID is the process that serves.
func (o *Office) PID() int { return o.process.PID() }

// Start begins a life, and returns once it answers.
func (o *Office) Start(ctx context.Context) (err error) {
	args := []string{o.options.Binary, "serve", "--config"}
	if o.options.Serve != nil {
		args = o.options.Serve
	}
	if o.process, err = process.Start(args[0], o.Log(), append(args[1:len(args):len(args)], o.config())...); err != nil {
		return err
	}
	if err := o.process.Await(ctx, readyWithin, o.answers); err != nil {
		return errors.Join(fmt.Errorf("starting head office: %w", err), o.Stop(), errors.New(process.Tail(o.Log())))
	}
	return nil
}

// answers asks whether it is ready, over the same TLS as a box.
func (o *Office) answers(ctx context.Context) error {
	answer, err := o.get(ctx, "/readyz", "")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz: %s", answer.Status)
	}
	return nil
}

func (o *Office) get(ctx context.Context, path, token string) (*http.Response, error) {
	pem, err := os.ReadFile(filepath.Join(o.State(), authority.PublicFile))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.URL()+path, nil)
	if err != nil {
		return nil, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}
	return (&http.Client{Transport: transport}).Do(request)
}

// URL is how boxes call it.
func (o *Office) URL() string { return "https://" + o.address }

// Stop ends it as a service manager does, and tells when it did not end well.
func (o *Office) Stop() error {
	if o.process == nil {
		return nil
	}
	defer func() { o.process = nil }()
	if err := o.process.Stop(); err != nil {
		return fmt.Errorf("stopping head office: %w", err)
	}
	return nil
}

// Kill ends it in the middle of whatever it does.
func (o *Office) Kill() {
	if o.process != nil {
		o.process.Kill()
		o.process = nil
	}
}

// JSON runs a verb with --json and decodes what it prints.
func (o *Office) JSON(ctx context.Context, into any, verb ...string) error {
	return process.JSON(ctx, into, o.options.Binary, append(verb, "--json", "--config", o.config())...)
}

// AddStore runs `redbench-hq store add` and gives the one-time code.
func (o *Office) AddStore(ctx context.Context, store string) (code string, err error) {
	var added struct {
		Code string `json:"code"`
	}
	err = o.JSON(ctx, &added, "store", "add", store)
	return added.Code, err
}

// Join adds a box's store and enrols the box, which may run or not. The box calls head office by url.
func (o *Office) Join(ctx context.Context, b *box.Box, url string) error {
	code, err := o.AddStore(ctx, b.Store())
	if err != nil {
		return err
	}
	return b.Enroll(ctx, url, code)
}

// Owing lists which store owes the receipt of which erasure.
func (o *Office) Owing(ctx context.Context) (owed []hq.OwedErasure, err error) {
	err = o.JSON(ctx, &owed, "forget", "--owing")
	return owed, err
}

// Stores lists the stores as the fleet page does.
func (o *Office) Stores(ctx context.Context) (stores []hq.StoreView, err error) {
	err = o.JSON(ctx, &stores, "store", "list")
	return stores, err
}
