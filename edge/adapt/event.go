// SPDX-License-Identifier: Apache-2.0

package adapt

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"redbench/edge"
)

// How long texts may be, in characters, and numbers large.
const (
	maxID         = 256
	maxSource     = 512
	maxIdentifier = 256
	maxCheckout   = 128
	maxCashier    = 128
	maxSKU        = 128
	maxName       = 256
	maxReason     = 512
	maxQuantity   = 1e6
	maxMinor      = int64(1e12)
)

// decode reads one event of the contract's and checks everything about it.
func (d *Decoder) decode(payload []byte, to address) (edge.Event, *Rejection) {
	e, rejection := readEnvelope(payload, d.options)
	var event edge.Event
	if rejection == nil {
		event, rejection = d.event(&e, to)
	}
	if rejection != nil {
		rejection.ID = d.safeID(e)
		return edge.Event{}, rejection
	}
	return event, nil
}

func (d *Decoder) event(e *envelope, to address) (edge.Event, *Rejection) {
	event := edge.Event{Store: d.options.Store, Lane: to.lane}
	if err := e.attributes(&event); err != nil {
		return event, err
	}
	if want := topicOf(event.Type); to.topic != "" && want != "" && want != to.topic {
		return event, reject(CodeTopic, "events of this type come on %s", want)
	}
	data := &e.data
	if e.dataKind != '{' && e.dataKind != 'n' && e.dataKind != 0 {
		return event, reject(CodeField, "data is not an object")
	}
	return event, data.into(&event)
}

// attributes checks what CloudEvents asks of every event.
func (e *envelope) attributes(event *edge.Event) *Rejection {
	if err := checkText("specversion", e.specversion, 8); err != nil {
		return err
	}
	if e.specversion.text != "1.0" {
		return reject(CodeField, "specversion is not 1.0")
	}
	if err := text("id", e.id, maxID, &event.ID); err != nil {
		return err
	}
	if err := text("source", e.source, maxSource, &event.Source); err != nil {
		return err
	}
	if e.base64.given() {
		return reject(CodeField, "data_base64: data has to be JSON")
	}
	if err := e.checkContentType(); err != nil {
		return err
	}
	if e.kind.kind != '"' || !slices.Contains(edge.EventTypes, edge.EventType(e.kind.text)) {
		return reject(CodeType, "not a type of the contract's")
	}
	event.Type = edge.EventType(e.kind.text)
	if e.time.kind != '"' {
		return reject(CodeTime, "time is missing, or not a string")
	}
	if err := event.Time.UnmarshalText([]byte(e.time.text)); err != nil {
		return reject(CodeTime, "time is not RFC 3339")
	}
	event.Time = event.Time.UTC()
	if event.Time.Before(time.Unix(0, 0)) {
		return reject(CodeTime, "time is before 1970")
	}
	return nil
}

func (e *envelope) checkContentType() *Rejection {
	if !e.contentType.given() {
		return nil
	}
	kind, _, _ := strings.Cut(e.contentType.text, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if e.contentType.kind != '"' || !strings.HasSuffix(kind, "/json") && !strings.HasSuffix(kind, "+json") {
		return reject(CodeField, "datacontenttype is not JSON")
	}
	return nil
}

// into checks the fields that the event's type has; all others are dropped.
func (d *dataFields) into(event *edge.Event) *Rejection {
	switch event.Type {
	case edge.LoyaltyPresented:
		return first(d.identify(event), optional("checkout", d.checkout, maxCheckout, &event.Checkout))
	case edge.LoyaltyRemoved:
		return optional("checkout", d.checkout, maxCheckout, &event.Checkout)
	case edge.ShiftStarted, edge.ShiftEnded:
		return optional("cashier", d.cashier, maxCashier, &event.Cashier)
	}
	if err := text("checkout", d.checkout, maxCheckout, &event.Checkout); err != nil {
		return err
	}
	switch event.Type {
	case edge.CheckoutStarted:
		return optional("cashier", d.cashier, maxCashier, &event.Cashier)
	case edge.CheckoutCancelled:
		return optional("reason", d.reason, maxReason, &event.Reason)
	case edge.CheckoutItem:
		return d.item.into(&event.Item)
	case edge.CheckoutCompleted:
		return d.complete(event)
	}
	return nil
}

func (d *dataFields) identify(event *edge.Event) *Rejection {
	if err := text("identifier", d.identifier, maxIdentifier, &event.Identifier.Value); err != nil {
		return err
	}
	if strings.TrimSpace(event.Identifier.Value) == "" {
		return reject(CodeField, "identifier is blank")
	}
	event.Identifier.Kind = edge.IdentifierKind(d.kind.text)
	if d.kind.kind != '"' || !event.Identifier.Kind.Valid() {
		return reject(CodeField, "kind is missing, or none of card, phone, email, app, customer")
	}
	if !d.method.given() {
		return nil
	}
	switch d.method.text {
	case "tap", "scan", "typed":
		event.Method = d.method.text
		return nil
	}
	return reject(CodeField, "method is none of tap, scan, typed")
}

func (d *dataFields) complete(event *edge.Event) *Rejection {
	if d.itemsKind != '[' {
		return reject(CodeField, "items is missing, or not a list")
	}
	event.Items = make([]edge.Item, len(d.items))
	for i := range d.items {
		if d.items[i].itemKind != '{' {
			return reject(CodeField, "items holds something that is not an object")
		}
		if err := d.items[i].into(&event.Items[i]); err != nil {
			err.Detail = "item " + strconv.Itoa(i) + ": " + err.Detail
			return err
		}
	}
	if err := minor("total_minor", d.total, &event.Total.Minor); err != nil {
		return err
	}
	if d.currency.kind != '"' || !isCurrency(d.currency.text) {
		return reject(CodeField, "currency is missing, or not three capital letters of ISO 4217")
	}
	event.Total.Currency = d.currency.text
	return nil
}

func (i *itemFields) into(item *edge.Item) *Rejection {
	return first(
		text("sku", i.sku, maxSKU, &item.SKU),
		text("name", i.name, maxName, &item.Name),
		quantity(i.quantity, &item.Quantity),
		minor("amount_minor", i.amount, &item.AmountMinor),
	)
}

func first(rejections ...*Rejection) *Rejection {
	for _, each := range rejections {
		if each != nil {
			return each
		}
	}
	return nil
}

// text takes a string that has to be there.
func text(name string, f field, longest int, to *string) *Rejection {
	*to = f.text
	return checkText(name, f, longest)
}

func optional(name string, f field, longest int, to *string) *Rejection {
	if !f.given() || f.kind == '"' && f.text == "" {
		return nil
	}
	return text(name, f, longest, to)
}

func checkText(name string, f field, longest int) *Rejection {
	switch {
	case f.kind != '"':
		return reject(CodeField, "%s is missing, or not a string", name)
	case f.text == "":
		return reject(CodeField, "%s is empty", name)
	case len(f.text) > longest && utf8.RuneCountInString(f.text) > longest:
		return reject(CodeText, "%s is longer than %d characters", name, longest)
	case strings.IndexFunc(f.text, unicode.IsControl) >= 0:
		return reject(CodeText, "%s holds a control character", name)
	}
	return nil
}

func quantity(f field, to *float64) *Rejection {
	if f.kind != '0' {
		return reject(CodeField, "quantity is missing, or not a number")
	}
	n, err := strconv.ParseFloat(f.text, 64)
	if err != nil || math.Abs(n) > maxQuantity {
		return reject(CodeField, "quantity is out of range")
	}
	*to = n + 0 // a negative zero would make another digest of the same event
	return nil
}

func minor(name string, f field, to *int64) *Rejection {
	if f.kind != '0' {
		return reject(CodeField, "%s is missing, or not a number", name)
	}
	n, err := strconv.ParseInt(f.text, 10, 64)
	if err != nil || n > maxMinor || n < -maxMinor {
		return reject(CodeField, "%s is not an integer in range", name)
	}
	*to = n
	return nil
}

func isCurrency(code string) bool {
	if len(code) != 3 {
		return false
	}
	for _, c := range code {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}
