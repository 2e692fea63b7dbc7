// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"redbench/edge"
)

type metrics struct {
	sent, acknowledged, failures prometheus.Counter
	leftOut                      prometheus.Counter
	renewed                      *prometheus.CounterVec
	records, bytes, oldest       prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "redbench", Subsystem: "sync", Name: name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "redbench", Subsystem: "sync", Name: name, Help: help})
	}
	m := &metrics{
		sent:         counter("records_sent_total", "Records put on the wire, each time that they were."),
		acknowledged: counter("records_acknowledged_total", "Records that head office said are durable there."),
		leftOut:      counter("records_left_out_total", "Records that could not be told as they were, and went as void ones."),
		failures:     counter("failures_total", "Calls to head office that brought no success."),
		renewed: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "redbench", Subsystem: "sync", Name: "new_box_total",
			Help: "Times that the outbox was given a new box id, by reason."}, []string{"why"}),
		records: gauge("backlog_records", "Records that wait to be sent."),
		bytes:   gauge("backlog_bytes", "About the size of what waits to be sent."),
		oldest:  gauge("backlog_oldest_seconds", "Age of the oldest record that waits to be sent."),
	}
	if r == nil {
		return m, nil
	}
	for _, each := range []prometheus.Collector{m.sent, m.acknowledged, m.leftOut, m.failures, m.renewed, m.records, m.bytes, m.oldest} {
		if err := r.Register(each); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) waits(b edge.Backlog, now time.Time) {
	m.records.Set(float64(b.Records))
	m.bytes.Set(float64(b.Bytes))
	age := 0.0
	if !b.Oldest.IsZero() {
		age = max(now.Sub(b.Oldest).Seconds(), 0)
	}
	m.oldest.Set(age)
}

// acknowledged counts those of a batch that head office has.
func (u *Uplink) acknowledged(records []edge.Record, upto uint64) {
	n := 0
	for n < len(records) && records[n].Seq <= upto {
		n++
	}
	u.metrics.acknowledged.Add(float64(n))
}
