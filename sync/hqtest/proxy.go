// SPDX-License-Identifier: Apache-2.0

package hqtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
)

// Proxy is a real TCP line to an address, on which real faults can be had.
type Proxy struct {
	t     testing.TB
	proxy *toxiproxy.Proxy
}

// Toxic is one fault of a Proxy, in one direction.
type Toxic struct {
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Stream     string         `json:"stream"`   // upstream: towards head office; downstream: back
	Toxicity   float32        `json:"toxicity"` // share of the connections that it happens to
	Attributes map[string]any `json:"attributes"`
}

// NewProxy starts a line to an address such as 127.0.0.1:8788, which ends with the test.
func NewProxy(t testing.TB, upstream string) *Proxy {
	t.Helper()
	toxics.Register(corruptType, new(Corrupter))
	zerolog.SetGlobalLevel(zerolog.Disabled) // one toxic has a log of its own
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := &Proxy{t: t, proxy: toxiproxy.NewProxy(server, "hq", "127.0.0.1:0", upstream)}
	if err := p.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.proxy.Stop)
	return p
}

// Address is this end of the line.
func (p *Proxy) Address() string { return p.proxy.Listen }

// Poison puts these faults on the line, in the place of whatever was there; none: it is healed.
func (p *Proxy) Poison(list ...Toxic) {
	p.t.Helper()
	p.proxy.Toxics.ResetToxics(context.Background())
	for i, toxic := range list {
		toxic.Name = fmt.Sprint(toxic.Type, i)
		data, err := json.Marshal(toxic)
		if err != nil {
			p.t.Fatal(err)
		}
		if _, err := p.proxy.Toxics.AddToxicJson(bytes.NewReader(data)); err != nil {
			p.t.Fatal(err)
		}
	}
}

// Cut breaks every connection that is open.
func (p *Proxy) Cut() {
	p.t.Helper()
	p.proxy.Stop()
	if err := p.proxy.Start(); err != nil { // at the address that it had
		p.t.Fatal(err)
	}
}

// Upstream and Downstream are the two directions.
const (
	Upstream   = "upstream"
	Downstream = "downstream"
)

// Latency delays all data.
func Latency(stream string, delay, jitter time.Duration) Toxic {
	return Toxic{Type: "latency", Stream: stream, Toxicity: 1, Attributes: map[string]any{"latency": delay.Milliseconds(), "jitter": jitter.Milliseconds()}}
}

// Reset resets a share of the connections at their first data.
func Reset(stream string, share float32) Toxic {
	return Toxic{Type: "reset_peer", Stream: stream, Toxicity: share, Attributes: map[string]any{"timeout": 0}}
}

// HalfOpen swallows all data of a share of the connections, and never closes them.
func HalfOpen(stream string, share float32) Toxic {
	return Toxic{Type: "timeout", Stream: stream, Toxicity: share, Attributes: map[string]any{"timeout": 0}}
}

// Narrow lets so many kilobytes a second through.
func Narrow(stream string, kilobytes int) Toxic {
	return Toxic{Type: "bandwidth", Stream: stream, Toxicity: 1, Attributes: map[string]any{"rate": kilobytes}}
}

// Limit closes a connection after so many bytes.
func Limit(stream string, bytes int) Toxic {
	return Toxic{Type: "limit_data", Stream: stream, Toxicity: 1, Attributes: map[string]any{"bytes": bytes}}
}

// Corrupt changes one bit in each so many bytes.
func Corrupt(stream string, every int) Toxic {
	return Toxic{Type: corruptType, Stream: stream, Toxicity: 1, Attributes: map[string]any{"every": every}}
}
