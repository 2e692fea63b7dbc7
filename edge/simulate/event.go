// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"encoding/json"
	"strings"
	"time"

	"redbench/edge"
)

// Event is what a till says, before it is stamped with the time at which it is said.
type Event struct {
	ID     string
	Source string
	Type   edge.EventType
	Data   any // one of the data structs below
}

// Timed is an event at its moment of the made-up day.
type Timed struct {
	At     time.Time
	Store  string
	Lane   string
	Event  Event
	Person string // who it tells of, by Person.ID; empty for a stranger and for what tells of nobody
	Repeat bool   // the till sends once more, unchanged, what it has sent before
}

// Topic is where a till publishes the event.
func (t Timed) Topic() string {
	subject := "checkout"
	if strings.HasPrefix(string(t.Event.Type), "redbench.loyalty.") {
		subject = "loyalty"
	}
	return "redbench/v1/" + t.Store + "/" + t.Lane + "/" + subject
}

// Payload gives the event as CloudEvents JSON, stamped with the time at which it is sent.
func (e Event) Payload(at time.Time) []byte {
	payload, err := json.Marshal(envelope{
		SpecVersion: "1.0",
		ID:          e.ID,
		Source:      e.Source,
		Type:        e.Type,
		Time:        at.UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		ContentType: "application/json",
		Data:        e.Data,
	})
	if err != nil {
		panic(err) // plain structs of strings and numbers
	}
	return payload
}

type envelope struct {
	SpecVersion string         `json:"specversion"`
	ID          string         `json:"id"`
	Source      string         `json:"source"`
	Type        edge.EventType `json:"type"`
	Time        string         `json:"time"`
	ContentType string         `json:"datacontenttype"`
	Data        any            `json:"data"`
}

// Presented is the data of a card, phone or app that was shown.
type Presented struct {
	Identifier string              `json:"identifier"`
	Kind       edge.IdentifierKind `json:"kind"`
	Method     string              `json:"method,omitempty"`
	Checkout   string              `json:"checkout,omitempty"`
}

// Checkout is the data of what names a checkout and little else.
type Checkout struct {
	Checkout string `json:"checkout,omitempty"`
	Cashier  string `json:"cashier,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Scanned is the data of one thing put into the basket or taken off it.
type Scanned struct {
	Checkout string `json:"checkout"`
	edge.Item
}

// Completed is the data of a paid checkout.
type Completed struct {
	Checkout string      `json:"checkout"`
	Items    []edge.Item `json:"items"`
	Total    int64       `json:"total_minor"`
	Currency string      `json:"currency"`
}
