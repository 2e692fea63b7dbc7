// SPDX-License-Identifier: Apache-2.0

package mqtt_test

import (
	"crypto/tls"
	"errors"
	"testing"

	"redbench/edge"
	"redbench/edge/mqtt"
	"redbench/edge/mqtt/mqtttest"
)

const boxLoyalty = "redbench/v1/s1/box/loyalty"

// A test event comes in over TLS and past the tills' passwords, is told once it is durable, and is no till.
func TestTheBrokerTakesATestEventAsATills(t *testing.T) {
	certFile, keyFile := certificate(t)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	open := mqtt.BrokerOptions{}
	guarded := mqtt.BrokerOptions{TLS: &tls.Config{Certificates: []tls.Certificate{pair}}, Tills: map[string]string{"1": "secret"}}
	for name, options := range map[string]mqtt.BrokerOptions{"open": open, "guarded": guarded} {
		t.Run(name, func(t *testing.T) {
			broker, _, in := embedded(t, options)
			outcome := make(chan error, 1)
			go func() { outcome <- broker.Probe(t.Context(), boxLoyalty, []byte("one")) }()
			got := in.next(t)
			if got.Topic != boxLoyalty || string(got.Payload) != "one" || got.Lane != edge.ProbeLane {
				t.Errorf("it heard %+v", got.Message)
			}
			if n, lanes := broker.Connections(), broker.Lanes(); n != 0 || len(lanes) != 0 {
				t.Errorf("%d tills on lanes %v", n, lanes)
			}
			select {
			case err := <-outcome:
				t.Errorf("it was told before it was durable: %v", err)
			default:
			}
			got.done(nil)
			if err := await(t, "the answer", outcome); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheClientsTestEventComesBack(t *testing.T) {
	broker := mqtttest.Mosquitto(t)
	client, in, _ := outside(t, broker.URL, func(*mqtt.ClientOptions) {})
	if err := client.Probe(t.Context(), boxLoyalty, []byte("one")); err != nil {
		t.Fatal(err)
	}
	got := in.next(t)
	if got.Topic != boxLoyalty || string(got.Payload) != "one" || got.Retained {
		t.Errorf("it heard %+v", got.Message)
	}
	got.done(nil)
	if err := client.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := client.Probe(t.Context(), boxLoyalty, []byte("two")); !errors.Is(err, mqtt.ErrNotConnected) {
		t.Errorf("without a broker: %v", err)
	}
}
