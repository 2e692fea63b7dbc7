// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"errors"

	"redbench/edge"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts what screens do; never who was on them.
type metrics struct {
	screens prometheus.Gauge
	shows   *prometheus.CounterVec
	words   *prometheus.CounterVec
	slow    prometheus.Counter
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		screens: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "redbench_screens_connected", Help: "Screens with an open connection.",
		}),
		shows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "redbench_screen_messages_total", Help: "What lanes were told to show, by type.",
		}, []string{"type"}),
		words: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "redbench_screen_words_total", Help: "What cashiers told the box, by type and answer.",
		}, []string{"type", "answer"}),
		slow: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "redbench_screens_dropped_total", Help: "Connections dropped because the screen did not keep up.",
		}),
	}
	if registry == nil {
		return m, nil
	}
	var failed []error
	for _, each := range []prometheus.Collector{m.screens, m.shows, m.words, m.slow} {
		failed = append(failed, registry.Register(each))
	}
	return m, errors.Join(failed...)
}

func (m *metrics) shown(kind string)   { m.shows.WithLabelValues(kind).Inc() }
func (m *metrics) dropped(screens int) { m.slow.Add(float64(screens)) }

func (m *metrics) connected(lane string, change float64) {
	if lane != edge.ProbeLane {
		m.screens.Add(change)
	}
}

// word counts an answer. The codes come from a small fixed set on our side; a refusal's from the cashier's room.
func (m *metrics) word(t edge.WordType, answer string) {
	m.words.WithLabelValues(string(t), answer).Inc()
}
