// SPDX-License-Identifier: Apache-2.0

package downlink

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	changes, failures prometheus.Counter
	lookups           *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "redbench", Subsystem: "sync", Name: name, Help: help})
	}
	m := &metrics{
		changes:  counter("changes_total", "Changes of head office that were applied."),
		failures: counter("changes_failures_total", "Questions for changes that brought no answer."),
		lookups: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "redbench", Subsystem: "sync", Name: "lookups_total",
			Help: "Cards that head office was asked for, by result."}, []string{"result"}),
	}
	if r == nil {
		return m, nil
	}
	for _, each := range []prometheus.Collector{m.changes, m.failures, m.lookups} {
		if err := r.Register(each); err != nil {
			return nil, err
		}
	}
	return m, nil
}
