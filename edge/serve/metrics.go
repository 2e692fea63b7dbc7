// SPDX-License-Identifier: Apache-2.0

package serve

import "github.com/prometheus/client_golang/prometheus"

// metrics counts without a customer in any label.
type metrics struct {
	events       *prometheus.CounterVec
	refused      *prometheus.CounterVec
	prompts      *prometheus.CounterVec
	words        *prometheus.CounterVec
	notShown     *prometheus.CounterVec
	asked        *prometheus.CounterVec
	tap          prometheus.Histogram
	commits      prometheus.Histogram
	batch        prometheus.Histogram
	commitErrors prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "redbench", Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "redbench", Name: name, Help: help, Buckets: buckets})
	}
	m := &metrics{
		events:   counter("events_total", "Events from tills, by type and outcome (new, duplicate, conflict).", "type", "outcome"),
		refused:  counter("events_refused_total", "Messages that went to quarantine, by reason.", "reason"),
		prompts:  counter("prompts_total", "Prompts shown, by relationship stage.", "stage"),
		words:    counter("words_total", "Words from cashiers' screens, by type.", "type"),
		notShown: counter("prompts_not_shown_total", "Taps that did not prompt, by reason (late, retained; control, silent: of an experiment).", "reason"),
		asked:    counter("cards_asked_total", "Unknown cards asked about at head office, by answer (known, unknown, late, failed, busy).", "answer"),
		tap: histogram("tap_seconds", "From a tap's arrival to its prompt handed to the screens.",
			[]float64{.0001, .0002, .0005, .001, .002, .005, .01, .02, .05, .1, .5, 2}),
		commits: histogram("commit_seconds", "One transaction of the writer, its sync included.", prometheus.ExponentialBuckets(.0002, 2, 14)),
		batch:   histogram("commit_entries", "Entries in one transaction.", prometheus.ExponentialBuckets(1, 2, 10)),
		commitErrors: prometheus.NewCounter(prometheus.CounterOpts{Namespace: "redbench", Name: "commit_errors_total",
			Help: "Transactions that failed."}),
	}
	if r != nil {
		r.MustRegister(m.events, m.refused, m.prompts, m.words, m.notShown, m.asked, m.tap, m.commits, m.batch, m.commitErrors)
	}
	return m
}
