// SPDX-License-Identifier: Apache-2.0

package erasure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"redbench/cmd/rig/box"
	"redbench/edge"
	"redbench/edge/mqtt"
	"redbench/edge/simulate"
)

// floor is a store: its box, and one lane with a till and a screen, anew in each of the box's lives.
type floor struct {
	*box.Box
	till   *mqtt.Till
	screen *box.Screen
	heard  chan box.Message
	events int
}

const lane = "L1"

// open starts the box, a till and a screen.
func (f *floor) open(ctx context.Context) (err error) {
	if err := f.Start(ctx); err != nil {
		return err
	}
	if f.till, err = mqtt.NewTill(mqtt.TillOptions{Broker: f.Tills(), ClientID: "till"}); err != nil {
		return err
	}
	f.heard = make(chan box.Message, 1000)
	heard := f.heard
	f.screen, err = f.Screen(ctx, lane, func(m box.Message) {
		select {
		case heard <- m:
		default: // nobody looks that long
		}
	})
	return err
}

// close stops the box as a service manager does.
func (f *floor) close() error {
	if f.screen == nil {
		return f.Stop()
	}
	err := errors.Join(f.screen.Close(), f.till.Close(), f.Stop())
	f.screen = nil
	return err
}

func (f *floor) publish(ctx context.Context, kind edge.EventType, data any) (id string, err error) {
	f.events++
	id = fmt.Sprintf("%d-%d", time.Now().UnixNano(), f.events)
	event := simulate.Event{ID: id, Source: "/till/" + lane, Type: kind, Data: data}
	topic := simulate.Timed{Store: f.Store(), Lane: lane, Event: event}.Topic()
	return id, f.till.Publish(ctx, topic, event.Payload(time.Now()))
}

// present shows a card and gives the prompt that came of it: the first that names somebody within a while of the first at all, else
// the last. A machine that is busy may take longer for the first.
func (f *floor) present(ctx context.Context, id edge.Identifier, within time.Duration) (m box.Message, err error) {
	event, err := f.publish(ctx, edge.LoyaltyPresented, simulate.Presented{Identifier: id.Value, Kind: id.Kind, Method: "tap"})
	if err != nil {
		return m, err
	}
	late := time.NewTimer(20 * within)
	defer late.Stop()
	for {
		select {
		case heard := <-f.heard:
			if heard.Type == "prompt" && heard.Event == event {
				if m.ID == "" {
					late.Reset(within)
				}
				m = heard
			}
			if m.Who.Name != "" {
				return m, nil
			}
		case <-late.C:
			if m.ID == "" {
				return m, fmt.Errorf("no prompt came at %s within %s", f.Store(), 20*within)
			}
			return m, nil
		case <-ctx.Done():
			return m, ctx.Err()
		}
	}
}

// pay completes a checkout: whoever stands there has bought something.
func (f *floor) pay(ctx context.Context, checkout string) error {
	_, err := f.publish(ctx, edge.CheckoutCompleted, simulate.Completed{Checkout: checkout, Total: 390, Currency: "EUR",
		Items: []edge.Item{{SKU: "4711", Name: "Oat flat white", Quantity: 1, AmountMinor: 390}}})
	return err
}

// note tells what a customer told, on her prompt.
func (f *floor) note(prompt box.Message, text string) error {
	return f.screen.Send(map[string]any{"type": "note", "id": "n-" + prompt.ID, "prompt": prompt.ID, "kind": "person", "text": text})
}
