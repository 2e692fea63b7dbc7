// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// quietLog notes each call: what went well for those who look closely, what failed for everybody. Somebody who only tries
// doors cannot fill a disk by it: refusals are few a second, and the rest is counted.
type quietLog struct {
	log  *slog.Logger
	rate *limits

	mu      sync.Mutex
	skipped int
}

func newQuietLog(log *slog.Logger, now func() time.Time) *quietLog {
	return &quietLog{log: log, rate: newLimits(now, 50, 5)}
}

func (q *quietLog) note(c *call, name string, took time.Duration, err error) {
	level := slog.LevelDebug
	switch {
	case c.w.status >= http.StatusInternalServerError && c.w.status != http.StatusServiceUnavailable:
		level = slog.LevelError
	case c.w.status >= http.StatusBadRequest && c.w.status != http.StatusNotFound && c.w.status != statusGone:
		level = slog.LevelInfo
	}
	if level > slog.LevelDebug && q.rate.take("") > 0 {
		q.mu.Lock()
		q.skipped++
		q.mu.Unlock()
		return
	}
	attrs := []slog.Attr{
		slog.String("request", c.id), slog.String("call", name), slog.String("method", plainMethod(c.r.Method)),
		slog.Int("status", c.w.status), slog.Int64("in", c.in), slog.Int64("out", c.w.bytes), slog.Duration("took", took),
	}
	if c.store != "" {
		attrs = append(attrs, slog.String("store", c.store))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	if level > slog.LevelDebug {
		if c.machine {
			attrs = append(attrs, slog.String("remote", remote(c.r)))
		}
		if n := q.takeSkipped(); n > 0 {
			attrs = append(attrs, slog.Int("skipped", n))
		}
	}
	q.log.LogAttrs(context.Background(), level, "call", attrs...)
}

func (q *quietLog) takeSkipped() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, q.skipped = q.skipped, 0
	return n
}

// plainMethod keeps words that somebody made up out of log and metrics.
func plainMethod(method string) string {
	for _, known := range append(methods, http.MethodOptions) {
		if method == known {
			return method
		}
	}
	return "other"
}

// metrics count the calls.
type metrics struct {
	calls   *prometheus.CounterVec
	took    *prometheus.HistogramVec
	bytes   *prometheus.CounterVec
	flying  prometheus.Gauge
	waiting prometheus.Gauge
	records prometheus.Counter
	hooks   *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "redbench_hq_calls_total", Help: "Calls answered, by call and status."}, []string{"call", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "redbench_hq_call_seconds", Help: "How long calls took; questions for changes may wait for something to tell.",
			Buckets: []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10, 30, 100}}, []string{"call"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "redbench_hq_bytes_total", Help: "Bytes of bodies, as on the wire."}, []string{"direction"}),
		flying: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "redbench_hq_calls_in_flight", Help: "Calls that are being answered, those that wait included."}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "redbench_hq_questions_waiting", Help: "Questions for changes that wait for something to tell."}),
		records: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "redbench_hq_records_received_total", Help: "Records received in batches that were taken, repeated ones included."}),
		hooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "redbench_hq_webhooks_total", Help: "Bodies that vendors posted, by vendor and what came of them."}, []string{"vendor", "outcome"}),
	}
	if registry == nil {
		return m, nil
	}
	for _, each := range []prometheus.Collector{m.calls, m.took, m.bytes, m.flying, m.waiting, m.records, m.hooks} {
		if err := registry.Register(each); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) done(name string, status int, took time.Duration, in, out int64) {
	m.calls.WithLabelValues(name, strconv.Itoa(status)).Inc()
	m.took.WithLabelValues(name).Observe(took.Seconds())
	m.bytes.WithLabelValues("in").Add(float64(in))
	m.bytes.WithLabelValues("out").Add(float64(out))
}
