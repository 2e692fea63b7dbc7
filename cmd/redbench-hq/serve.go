// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config/keyed"
	"redbench/edge/backup"
	"redbench/edge/guard"
	"redbench/sync/hq"
	"redbench/sync/hq/config"
	"redbench/sync/hq/pages"
)

func newServeCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "serve",
		Short: "Run head office in the foreground",
		Long: `Runs head office until Ctrl-C or SIGTERM: boxes connect to it, people open its fleet page. On a fresh machine it makes
its state directory, the chain's keys, a certificate authority of its own and an empty database. The log goes to
standard error.`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			return serve(cmd, cfg, newLogger(cfg.Log, cmd.ErrOrStderr()))
		},
	}
	command.Flags().String("listen", "", "where to listen, over [hq] listen")
	return command
}

// newLogger writes as [log] says.
func newLogger(c config.Log, out io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // the configuration was checked
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}

// listening is what serve prints once it does.
type listening struct {
	Listen  string `json:"listen"`
	URL     string `json:"url"`
	Version string `json:"version"`
	Stores  int    `json:"stores"`
}

func serve(cmd *cobra.Command, cfg *config.Config, log *slog.Logger) (err error) {
	for _, warning := range cfg.Warnings {
		log.Warn(warning)
	}
	listener, err := net.Listen("tcp", cfg.HQ.Listen)
	if err != nil {
		return keyed.ExplainListen("[hq] listen", cfg.HQ.Listen, err)
	}
	defer listener.Close() // twice where the server closed it; the second says so, and nobody minds
	o, err := openOffice(cmd.Context(), cfg, log)
	if errors.Is(err, fs.ErrPermission) && cfg.Origin("state.dir") == keyed.FromDefault {
		return fmt.Errorf("%w; for a first try name a directory of your own: %s", err, cli.Hint(cmd, "serve --state-dir ./hq"))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	marked, err := mark(cmd.Context(), cfg.State.Dir, o, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, marked()) }()
	url := urlOf(cfg, listener.Addr().String())
	forget, err := noteAddress(cfg, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, forget()) }()
	server, reach, err := newServer(cmd.Context(), o, cfg, log)
	if err != nil {
		return err
	}
	if reach.tls != nil {
		listener = tls.NewListener(listener, reach.tls)
	}
	if err := announce(cmd, o, cfg, listening{Listen: listener.Addr().String(), URL: url, Version: cli.Version(stamped)}, log); err != nil {
		return err
	}
	if err := errors.Join(backup.Heard(cfg.State.Dir), backup.Settled(cfg.State.Dir)); err != nil { // boxes are answered from now on
		log.Error("upgrade", "error", err)
	}
	tidying := tidy(cmd.Context(), o, log)
	defer tidying()
	defer newBackups(o, cfg, log).run(cmd.Context())()
	return run(cmd.Context(), server, listener, log)
}

// newServer puts the calls, the fleet page and the metrics behind one listener.
func newServer(ctx context.Context, o *office, cfg *config.Config, log *slog.Logger) (*http.Server, reach, error) {
	unused, err := neverEnrolled(ctx, o)
	if err != nil {
		return nil, reach{}, err
	}
	in, err := openReach(cfg, unused, log)
	if err != nil {
		return nil, in, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	var api *hq.API
	front, err := pages.New(pages.Options{
		Office: o,
		User: func(r *http.Request) string {
			user, _ := hq.UserOf(r.Context())
			return user.Name
		},
		Guard: func(next, refused http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { api.RequireUser(next, refused).ServeHTTP(w, r) })
		},
		Name: cfg.HQ.Name, Version: cli.Version(stamped), Log: log,
		LateAfter: cfg.Fleet.LateAfter(), OwedAfter: cfg.Erasure.LateAfter(),
	})
	if err != nil {
		return nil, in, err
	}
	hooks, err := webhooks(cfg)
	if err != nil {
		return nil, in, err
	}
	api, err = hq.NewAPI(ctx, o.HQ, hq.APIOptions{
		Webhooks: hooks, Guard: guard.New(cfg.Privacy.LoyaltyPrefixes),
		CA: in.ca, Pages: front, PublicURL: cfg.HQ.PublicURL, Insecure: plainToBrowsers(cfg), Log: log,
		Registry: registry, Metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
	})
	if err != nil {
		return nil, in, err
	}
	return api.Server(), in, nil
}

// neverEnrolled reports whether no box was ever enrolled here, so that none trusts the built-in authority.
func neverEnrolled(ctx context.Context, o *office) (bool, error) {
	stores, err := o.Stores(ctx)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(stores, func(s hq.StoreView) bool { return !s.Enrolled.IsZero() }), nil
}

// plainToBrowsers tells whether browsers come by plain HTTP. Where a proxy speaks TLS to them the cookie must not leave it.
func plainToBrowsers(cfg *config.Config) bool {
	return cfg.HQ.Insecure && !strings.HasPrefix(cfg.HQ.PublicURL, "https://")
}

// announce says where head office listens, and what to type next.
func announce(cmd *cobra.Command, o *office, cfg *config.Config, result listening, log *slog.Logger) error {
	stores, err := o.Stores(cmd.Context())
	if err != nil {
		return err
	}
	result.Stores = len(stores)
	log.Info("head office listens", "address", result.Listen, "url", result.URL, "version", result.Version, "state", cfg.State.Dir)
	return cli.Printed(cmd, result, func(out io.Writer) {
		fmt.Fprintf(out, "%s listens on %s\n", cfg.HQ.Name, result.URL)
		if len(stores) == 0 {
			fmt.Fprintf(out, "Next, in another terminal:\n  the code that a store's box enrols with: %s\n  a link to the fleet page: %s\n",
				cli.Hint(cmd, "store add store-1"), cli.Hint(cmd, "user add you"))
		}
	})
}

// stopWithin bounds how long calls under way may take to end.
const stopWithin = 10 * time.Second

func run(ctx context.Context, server *http.Server, listener net.Listener, log *slog.Logger) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	stopping, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return errors.Join(fmt.Errorf("waiting for calls to end: %w", err), server.Close())
	}
	return nil
}
