// SPDX-License-Identifier: Apache-2.0

// Package tap shows a card at one lane of a box, by MQTT from outside, and measures until its prompt is on a screen.
package tap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"redbench/cmd/rig/box"
	"redbench/edge/mqtt"
)

// The customer who shows her card. She is made up.
const (
	Card      = "6001002003004"
	Name      = "Ada Quintel"
	Customers = "identifier,kind,name,consent\n" + Card + ",card," + Name + ",remember\n"
)

// Place is where a card is shown.
type Place struct {
	Tills   string // tcp://host:port
	Screens string // host:port
	Token   string // that pairing gave for the lane
	Store   string
	Lane    string
}

// within is how long a prompt may take. An emulated processor is slow.
const within = 20 * time.Second

// Prompts shows the card n times, takes it away again each time, and gives how long each prompt took from the till to the
// screen.
func Prompts(ctx context.Context, p Place, n int) (took []time.Duration, err error) {
	heard := make(chan box.Message, 64)
	screen, err := box.Watch(ctx, "ws://"+p.Screens+"/ws/lane/"+p.Lane, p.Token, p.Lane, func(m box.Message) { heard <- m })
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, screen.Close()) }()
	till, err := mqtt.NewTill(mqtt.TillOptions{Broker: p.Tills, ClientID: "till-" + p.Lane})
	if err != nil {
		return nil, err
	}
	defer till.Close()
	for i := range n {
		id := fmt.Sprintf("tap-%d-%d", time.Now().UnixNano(), i)
		began := time.Now()
		if err := publish(ctx, till, p, id, "redbench.loyalty.presented", map[string]string{"identifier": Card, "kind": "card", "method": "tap"}); err != nil {
			return nil, err
		}
		prompt, err := await(ctx, heard, func(m box.Message) bool { return m.Type == "prompt" && m.Event == id })
		if err != nil {
			return nil, fmt.Errorf("waiting for the prompt of tap %d: %w", i+1, err)
		}
		if prompt.Who.Name != Name {
			return nil, fmt.Errorf("the prompt is for %q, and the card is %s's", prompt.Who.Name, Name)
		}
		took = append(took, prompt.Arrived.Sub(began))
		if err := publish(ctx, till, p, id+"-away", "redbench.loyalty.removed", map[string]string{}); err != nil {
			return nil, err
		}
		if _, err := await(ctx, heard, func(m box.Message) bool { return m.Type == "clear" || m.Type == "idle" }); err != nil {
			return nil, fmt.Errorf("waiting for the screen to be cleared: %w", err)
		}
	}
	return took, nil
}

func publish(ctx context.Context, till *mqtt.Till, p Place, id, kind string, data any) error {
	body, err := json.Marshal(map[string]any{"specversion": "1.0", "id": id, "source": "/till/" + p.Lane, "type": kind,
		"time": time.Now().UTC().Format(time.RFC3339Nano), "data": data})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := till.Publish(ctx, "redbench/v1/"+p.Store+"/"+p.Lane+"/loyalty", body); err != nil {
		return fmt.Errorf("publishing as a till: %w", err)
	}
	return nil
}

func await(ctx context.Context, heard <-chan box.Message, is func(box.Message) bool) (box.Message, error) {
	over := time.NewTimer(within)
	defer over.Stop()
	for {
		select {
		case m := <-heard:
			if is(m) {
				return m, nil
			}
		case <-over.C:
			return box.Message{}, fmt.Errorf("nothing came within %s", within)
		case <-ctx.Done():
			return box.Message{}, ctx.Err()
		}
	}
}

// Said tells durations as a person reads them: the first, and the middle one of the rest.
func Said(took []time.Duration) string {
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
	rest := slices.Sorted(slices.Values(took[1:]))
	if len(rest) == 0 {
		return ms(took[0])
	}
	return fmt.Sprintf("the first %s, then p50 %s, slowest %s of %d", ms(took[0]), ms(rest[len(rest)/2]), ms(rest[len(rest)-1]), len(took))
}
