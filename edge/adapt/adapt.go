// SPDX-License-Identifier: Apache-2.0

// Package adapt turns what a till sent into events. It reads the contract's CloudEvents strictly, but drops unknown
// attributes and fields in silence; it maps what other tills send by adapters, which are jq programs from the
// configuration; and it refuses anything with payment card data in it before anybody keeps it.
//
// Whatever is refused comes back as a *Rejection, whose texts hold no value of the payload.
package adapt

import (
	"crypto/rand"
	"errors"
	"fmt"
	"unicode/utf8"

	"redbench/edge"
	"redbench/edge/guard"
)

// The limits that Options leaves at zero.
const (
	DefaultMaxSize  = 64 << 10
	DefaultMaxItems = 1000
	DefaultMaxDepth = 32
)

// The codes of a Rejection.
const (
	CodeTopic      = "topic"     // not a topic that a till publishes, or not the one of the event's type
	CodeStore      = "store"     // another store's topic
	CodeLane       = "lane"      // not a lane's name, or another till's lane
	CodeTooLarge   = "too-large" // more bytes or more items than allowed
	CodeJSON       = "json"      // not JSON, or an object with one key twice
	CodeDepth      = "depth"     // nested too deeply
	CodeType       = "type"      // not a type of the contract's
	CodeField      = "field"     // a field is missing, or not what it has to be
	CodeTime       = "time"      // no time, or not RFC 3339
	CodeText       = "text"      // not UTF-8, control characters, too long
	CodeAdapter    = "adapter"   // the adapter's program failed
	CodeCardNumber = guard.CardNumber
	CodeTrackData  = guard.TrackData
)

// Rejection says why a message is refused. It never holds a value of the payload, but for the event's id.
type Rejection struct {
	Code   string // one of the codes above
	Detail string // what exactly
	ID     string // the event's id, where it could be read and holds no card number
	Lane   string // by the topic, where that names one
}

// Error gives code and detail.
func (r *Rejection) Error() string { return r.Code + ": " + r.Detail }

func reject(code, format string, args ...any) *Rejection {
	return &Rejection{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Options say what a Decoder accepts.
type Options struct {
	Store    string       // this store's id, required
	Guard    *guard.Guard // required
	Adapters []Adapter    // tried in this order, before the contract's topics
	MaxSize  int          // bytes of a payload; 0: DefaultMaxSize
	MaxItems int          // of one checkout; 0: DefaultMaxItems
	MaxDepth int          // of nested objects and lists; 0: DefaultMaxDepth
}

// Decoder turns messages into events. It is safe for concurrent use.
type Decoder struct {
	options  Options
	adapters []*program
	key      [32]byte // for the ids that we make up: a bare digest of a scan would give the card away
}

// New makes a decoder. It fails on options that cannot work, among them an adapter whose program does not compile.
func New(options Options) (*Decoder, error) {
	if options.Store == "" {
		return nil, errors.New("a decoder needs the store's id")
	}
	if options.Guard == nil {
		return nil, errors.New("a decoder needs a guard")
	}
	options.MaxSize = orDefault(options.MaxSize, DefaultMaxSize)
	options.MaxItems = orDefault(options.MaxItems, DefaultMaxItems)
	options.MaxDepth = orDefault(options.MaxDepth, DefaultMaxDepth)
	d := &Decoder{options: options}
	for _, each := range options.Adapters {
		p, err := compile(each, options.Store)
		if err != nil {
			return nil, err
		}
		d.adapters = append(d.adapters, p)
	}
	_, _ = rand.Read(d.key[:]) // never fails
	return d, nil
}

func orDefault(value, otherwise int) int {
	if value > 0 {
		return value
	}
	return otherwise
}

// Decode reads a message that is one event. Its error is a *Rejection.
func (d *Decoder) Decode(msg edge.Message) (edge.Event, error) {
	events, err := d.DecodeAll(msg)
	if err != nil {
		return edge.Event{}, err
	}
	if len(events) != 1 {
		return edge.Event{}, reject(CodeAdapter, "the message is %d events", len(events))
	}
	return events[0], nil
}

// DecodeAll reads a message that an adapter may map to any number of events, also none. If one of them cannot be
// accepted, none is. Its error is a *Rejection.
func (d *Decoder) DecodeAll(msg edge.Message) ([]edge.Event, error) {
	events, rejection := d.decodeAll(msg)
	if rejection != nil {
		return nil, rejection
	}
	return events, nil
}

func (d *Decoder) decodeAll(msg edge.Message) ([]edge.Event, *Rejection) {
	if what, found := d.options.Guard.Find([]byte(msg.Topic)); found {
		return nil, reject(what, "in the topic")
	}
	for _, p := range d.adapters {
		if levels, ok := p.match(msg.Topic); ok {
			return d.adapt(p, levels, msg)
		}
	}
	to, rejection := d.readTopic(msg)
	what, found := d.options.Guard.Find(msg.Payload)
	switch {
	case found:
		rejection = reject(what, "in the payload")
	case rejection == nil:
		rejection = d.checkPayload(msg.Payload)
	}
	if rejection != nil {
		return nil, d.label(rejection, msg.Payload, to.lane)
	}
	event, rejection := d.decode(msg.Payload, to)
	if rejection != nil {
		rejection.Lane = to.lane
		return nil, rejection
	}
	event.Retained, event.Arrived = msg.Retained, msg.Arrived
	return []edge.Event{event}, nil
}

func (d *Decoder) checkPayload(payload []byte) *Rejection {
	if len(payload) > d.options.MaxSize {
		return reject(CodeTooLarge, "%d bytes, more than %d", len(payload), d.options.MaxSize)
	}
	if !utf8.Valid(payload) {
		return reject(CodeText, "not UTF-8")
	}
	return nil
}

// label adds lane and, where it can be read, the event's id to a rejection that was made before reading.
func (d *Decoder) label(rejection *Rejection, payload []byte, lane string) *Rejection {
	rejection.Lane = lane
	if len(payload) <= d.options.MaxSize {
		e, _ := readEnvelope(payload, d.options)
		rejection.ID = d.safeID(e)
	}
	return rejection
}

// safeID gives the event's id if it is fit to be kept.
func (d *Decoder) safeID(e envelope) string {
	if checkText("id", e.id, maxID) != nil {
		return ""
	}
	if _, found := d.options.Guard.Find([]byte(e.id.text)); found {
		return ""
	}
	return e.id.text
}
