// SPDX-License-Identifier: Apache-2.0

package adapt

import (
	"encoding/json"
	"time"

	"redbench/edge"
)

// written is an event of the contract's as it is published.
type written struct {
	SpecVersion string         `json:"specversion"`
	ID          string         `json:"id"`
	Source      string         `json:"source"`
	Type        edge.EventType `json:"type"`
	Time        time.Time      `json:"time"`
	ContentType string         `json:"datacontenttype"`
	Data        writtenData    `json:"data"`
}

type writtenData struct {
	Identifier string              `json:"identifier,omitempty"`
	Kind       edge.IdentifierKind `json:"kind,omitempty"`
	Method     string              `json:"method,omitempty"`
	Checkout   string              `json:"checkout,omitempty"`
	Cashier    string              `json:"cashier,omitempty"`
	Reason     string              `json:"reason,omitempty"`

	SKU      *string  `json:"sku,omitempty"`
	Name     *string  `json:"name,omitempty"`
	Quantity *float64 `json:"quantity,omitempty"`
	Amount   *int64   `json:"amount_minor,omitempty"`

	Items    *[]edge.Item `json:"items,omitempty"`
	Total    *int64       `json:"total_minor,omitempty"`
	Currency string       `json:"currency,omitempty"`
}

// Write gives an event as a till would publish it, for a box that reads it again: nothing but what the contract names.
func Write(event edge.Event) []byte {
	w := written{SpecVersion: "1.0", ID: event.ID, Source: event.Source, Type: event.Type, Time: event.Time, ContentType: "application/json",
		Data: writtenData{Identifier: event.Identifier.Value, Kind: event.Identifier.Kind, Method: event.Method, Checkout: event.Checkout,
			Cashier: event.Cashier, Reason: event.Reason}}
	switch event.Type {
	case edge.CheckoutItem:
		i := event.Item
		w.Data.SKU, w.Data.Name, w.Data.Quantity, w.Data.Amount = &i.SKU, &i.Name, &i.Quantity, &i.AmountMinor
	case edge.CheckoutCompleted:
		items := event.Items
		if items == nil {
			items = []edge.Item{}
		}
		w.Data.Items, w.Data.Total, w.Data.Currency = &items, &event.Total.Minor, event.Total.Currency
	}
	text, err := json.Marshal(w)
	if err != nil { // a quantity that is not finite, which no decoder lets through
		panic("edge/adapt: an event that cannot be written: " + err.Error())
	}
	return text
}

// Topic is where an event's text belongs at a store's lane, by its type.
func Topic(store, lane string, text []byte) string {
	e, _ := readEnvelope(text, Options{MaxDepth: DefaultMaxDepth, MaxItems: DefaultMaxItems})
	topic := topicOf(edge.EventType(e.kind.text))
	if topic == "" {
		topic = "checkout"
	}
	return TopicPrefix + store + "/" + lane + "/" + topic
}
