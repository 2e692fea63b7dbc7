// SPDX-License-Identifier: Apache-2.0

package mqtt_test

import (
	"slices"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/mqtt"
	"redbench/edge/mqtt/mqtttest"
)

// BenchmarkBroker measures a till's publish until its acknowledgement, with nothing to make durable.
func BenchmarkBroker(b *testing.B) {
	broker, err := mqtt.NewBroker(mqtt.BrokerOptions{
		Listen: "127.0.0.1:0", Store: "s1", Sink: func(_ edge.Message, done func(error)) { done(nil) },
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := broker.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer broker.Stop(b.Context())
	till, err := mqtt.NewTill(mqtt.TillOptions{Broker: "tcp://" + broker.Addr(), ClientID: "till-1"})
	if err != nil {
		b.Fatal(err)
	}
	defer till.Close()
	payload := make([]byte, 300)
	b.Run("one after the other", func(b *testing.B) {
		for b.Loop() {
			if err := till.Publish(b.Context(), loyalty1, payload); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("many at once", func(b *testing.B) {
		b.SetParallelism(50)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := till.Publish(b.Context(), loyalty1, payload); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

// BenchmarkClient measures from a till's publish on a real Mosquitto to our sink, with acknowledgements that take 5 ms
// as a commit does, at 500 a second: slow enough for Nagle and delayed acknowledgements to bite.
func BenchmarkClient(b *testing.B) {
	broker, err := mqtttest.Start(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer broker.Kill()
	arrived, up := make(chan struct{}, 1), make(chan bool, 1)
	c, err := mqtt.NewClient(mqtt.ClientOptions{
		Broker: broker.URL, ClientID: "box", Store: "s1", OnState: func(bool) { up <- true },
		Sink: func(_ edge.Message, done func(error)) {
			time.AfterFunc(5*time.Millisecond, func() { done(nil) })
			arrived <- struct{}{}
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	<-up
	till, err := mqtt.NewTill(mqtt.TillOptions{Broker: broker.URL, ClientID: "till-1"})
	if err != nil {
		b.Fatal(err)
	}
	payload := make([]byte, 300)
	var took []time.Duration
	pace := time.NewTicker(2 * time.Millisecond)
	for b.Loop() {
		b.StopTimer()
		<-pace.C
		b.StartTimer()
		begin := time.Now()
		if err := till.Publish(b.Context(), loyalty1, payload); err != nil {
			b.Fatal(err)
		}
		<-arrived
		took = append(took, time.Since(begin))
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	go func() {
		for range up {
		}
	}()
	_ = till.Close()
	_ = c.Stop(b.Context())
}
