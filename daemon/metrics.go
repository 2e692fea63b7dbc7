// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"redbench/edge/store"
)

func newRegistry(version string) *prometheus.Registry {
	r := prometheus.NewRegistry()
	info := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "redbench", Name: "build_info",
		Help: "Always 1; its label tells the version.", ConstLabels: prometheus.Labels{"version": version}})
	info.Set(1)
	r.MustRegister(info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// watchStore adds what the store tells about itself.
func watchStore(r prometheus.Registerer, s *store.Store) {
	gauge := func(name, help string, value func(store.Stats) float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "redbench", Name: name, Help: help},
			func() float64 { return value(s.Stats()) }))
	}
	gauge("store_bytes", "Size of the database file.", func(s store.Stats) float64 { return float64(s.DatabaseBytes) })
	gauge("store_journal_bytes", "Size of the write-ahead log.", func(s store.Stats) float64 { return float64(s.JournalBytes) })
	gauge("store_disk_full", "1 while the disk is full.", func(s store.Stats) float64 {
		if s.DiskFull {
			return 1
		}
		return 0
	})
}

// metricsHandler answers /metrics. With a token it asks for it; without, it answers whoever reaches the listener.
func metricsHandler(r *prometheus.Registry, token string) http.Handler {
	metrics := promhttp.HandlerFor(r, promhttp.HandlerOpts{})
	if token == "" {
		return metrics
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !bearerIs(req, token) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
			http.Error(w, "metrics need the token of [metrics] token_file", http.StatusUnauthorized)
			return
		}
		metrics.ServeHTTP(w, req)
	})
}

func bearerIs(r *http.Request, token string) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1
}
