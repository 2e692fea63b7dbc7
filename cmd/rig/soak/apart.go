// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"redbench/daemon"
	"redbench/daemon/config"
)

// apart is the hidden verb by which this program starts itself as the daemon.
const apart = "soak-box"

// bounds are shorter than a configuration may ask for, so that they are reached within the run.
const (
	visitsDays = 10
	databaseMB = 12
	keepBackup = 3
	upkeep     = 100 * time.Millisecond // a day goes by in seconds, in which a box looks after itself 43,200 times
)

// self is what the daemon tells of itself when it is asked.
type self struct {
	Heap       uint64 `json:"heap"` // that is in use after a collection
	Goroutines int    `json:"goroutines"`
}

// BoxCommand is the daemon with a clock that is moved by whoever asks it to.
func BoxCommand() *cobra.Command {
	var ask, file string
	var offset time.Duration
	command := &cobra.Command{
		Use: apart, Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), ask, file, offset) },
	}
	command.Flags().StringVar(&ask, "ask", "", "where it is asked")
	command.Flags().DurationVar(&offset, "offset", 0, "how far its clock is from the real one")
	command.Flags().StringVar(&file, "config", "", "its configuration")
	return command
}

func serve(ctx context.Context, ask, file string, offset time.Duration) error {
	c, err := config.Load(file, nil)
	if err != nil {
		return err
	}
	c.Privacy.VisitsDays, c.Limits.DatabaseMB = visitsDays, databaseMB
	var off atomic.Int64
	off.Store(int64(offset))
	l, err := net.Listen("tcp", ask)
	if err != nil {
		return fmt.Errorf("listening for who asks: %w", err)
	}
	asked := &http.Server{Handler: answers(&off), ReadHeaderTimeout: time.Second}
	go func() { _ = asked.Serve(l) }() // ends with the process
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	app, err := daemon.New(ctx, daemon.Options{Config: c, Log: log, Version: "soak", Upkeep: upkeep,
		Now: func() time.Time { return time.Now().Add(time.Duration(off.Load())) }})
	if err != nil {
		return err
	}
	return app.Run(ctx)
}

func answers(off *atomic.Int64) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /clock", func(w http.ResponseWriter, r *http.Request) {
		offset, err := time.ParseDuration(r.FormValue("offset"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		off.Store(int64(offset))
	})
	mux.HandleFunc("GET /self", func(w http.ResponseWriter, _ *http.Request) {
		runtime.GC()
		runtime.GC() // what had a finalizer
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		_ = json.NewEncoder(w).Encode(self{memory.HeapAlloc, runtime.NumGoroutine()}) // who asked sees it
	})
	return mux
}
