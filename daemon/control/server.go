// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"redbench/edge"
)

// maxRequestBytes bounds every request but an import.
const maxRequestBytes = 64 << 10

// Server answers for a Box on a listener.
type Server struct {
	http *http.Server
	stop context.CancelFunc
}

// NewServer makes a Server for box. It logs what was asked, never about whom.
func NewServer(box Box, log *slog.Logger) *Server {
	ctx, stop := context.WithCancel(context.Background())
	s := &http.Server{
		Handler:           handler(box, log),
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	return &Server{http: s, stop: stop}
}

// Serve answers on l until Stop. It returns nil after Stop.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the control socket: %w", err)
	}
	return nil
}

// Stop ends what is under way (an import stops between two commits) and closes the listener.
func (s *Server) Stop(ctx context.Context) error {
	s.stop()
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("stopping the control socket: %w", err), s.http.Close())
	}
	return nil
}

// handler routes the calls. The paths are between two builds of the same program, and promise nobody anything.
func handler(box Box, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /status", answer(func(r *http.Request) (any, error) { return box.Status(r.Context()) }))
	mux.Handle("POST /probe", answer(func(r *http.Request) (any, error) { return box.Probe(r.Context()) }))
	mux.Handle("POST /pair", asked(func(ctx context.Context, in PairRequest) (any, error) { return box.Pair(ctx, in) }))
	mux.Handle("POST /approve", asked(func(ctx context.Context, in ApproveRequest) (any, error) { return nil, box.Approve(ctx, in) }))
	mux.Handle("GET /screens", answer(func(r *http.Request) (any, error) { return box.Screens(r.Context()) }))
	mux.Handle("DELETE /screens/{id}", answer(func(r *http.Request) (any, error) {
		return nil, box.Revoke(r.Context(), r.PathValue("id"))
	}))
	mux.Handle("POST /enroll", asked(func(ctx context.Context, in EnrollRequest) (any, error) { return box.Enroll(ctx, in) }))
	mux.Handle("POST /forget", asked(func(ctx context.Context, in edge.Identifier) (any, error) { return box.Forget(ctx, in) }))
	mux.Handle("POST /customer", asked(func(ctx context.Context, in edge.Identifier) (any, error) { return box.Customer(ctx, in) }))
	mux.Handle("POST /dossier", asked(func(ctx context.Context, in edge.Identifier) (any, error) { return box.Dossier(ctx, in) }))
	mux.Handle("POST /merge", asked(func(ctx context.Context, in MergeRequest) (any, error) { return box.Merge(ctx, in) }))
	mux.Handle("POST /unmerge", asked(func(ctx context.Context, in UnmergeRequest) (any, error) { return box.Unmerge(ctx, in) }))
	mux.Handle("POST /try", asked(func(ctx context.Context, in TryRequest) (any, error) { return box.Try(ctx, in) }))
	mux.Handle("GET /quarantine", answer(func(r *http.Request) (any, error) {
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil {
			return nil, edge.Refuse("limit", "limit must be a whole number")
		}
		return box.Quarantine(r.Context(), limit)
	}))
	mux.Handle("GET /quarantine/{id}", answer(func(r *http.Request) (any, error) {
		return box.QuarantineShow(r.Context(), r.PathValue("id"))
	}))
	mux.HandleFunc("POST /backup", func(w http.ResponseWriter, r *http.Request) { serveBackup(box, w, r) })
	mux.HandleFunc("POST /import", func(w http.ResponseWriter, r *http.Request) { serveImport(box, w, r) })
	mux.HandleFunc("POST /export", func(w http.ResponseWriter, r *http.Request) { serveExport(box, w, r) })
	return logged(mux, log)
}

// logged notes each call by its route. The path of a call holds ids of ours at most; the bodies are never logged.
func logged(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		log.Debug("control call", "route", r.Pattern)
	})
}

// answer answers with what do gives, or with its error.
func answer(do func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := do(r)
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			wire := toWire(err)
			w.WriteHeader(wire.status())
			_ = json.NewEncoder(w).Encode(wire) // whoever asked has gone
			return
		}
		_ = json.NewEncoder(w).Encode(out)
	})
}

// asked is answer for a call with a JSON body.
func asked[T any](do func(context.Context, T) (any, error)) http.Handler {
	return answer(func(r *http.Request) (any, error) {
		var in T
		decoder := json.NewDecoder(io.LimitReader(r.Body, maxRequestBytes))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&in); err != nil {
			// The decoder's text may repeat what it could not read.
			return nil, edge.Refuse("json", "the request cannot be read; are redbench and the daemon of one version?")
		}
		return do(r.Context(), in)
	})
}
