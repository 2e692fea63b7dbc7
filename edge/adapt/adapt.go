// SPDX-License-Identifier: Apache-2.0

// Package adapt turns what a till sent into events. It reads the contract's CloudEvents strictly, but drops unknown
// attributes and fields in silence; it maps what other tills send by adapters, which are jq programs from the
// configuration; and it refuses anything with payment card data in it before anybody keeps it.
//
// Whatever is refused comes back as a *Rejection, whose texts hold no value of the payload.
package adapt

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
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

	// Withhold says that nobody has looked for card data in the payload, so that it must not be kept.
	Withhold bool
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

	// Digest is a digest under a key that outlives the process, so that a message without an id which comes again after
	// a restart is the same event. nil: a key of this decoder's own.
	Digest func(parts ...[]byte) [16]byte
}

// Decoder turns messages into events. It is safe for concurrent use.
type Decoder struct {
	options  Options
	adapters []*program
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
	if options.Digest == nil {
		d.options.Digest = ownDigest()
	}
	return d, nil
}

// ownDigest makes a keyed digest for a decoder that was given none: a bare one of a scan would give the card away.
func ownDigest() func(parts ...[]byte) [16]byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return func(parts ...[]byte) [16]byte {
		mac := hmac.New(sha256.New, key)
		for _, part := range parts {
			_ = binary.Write(mac, binary.BigEndian, uint64(len(part)))
			mac.Write(part)
		}
		return [16]byte(mac.Sum(nil))
	}
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
	event, rejection := d.contract(msg, to, rejection)
	if rejection != nil {
		return nil, rejection
	}
	return []edge.Event{event}, nil
}

// contract reads an event of the contract's. What is wrong with its topic already is told only when nothing worse is wrong
// with its payload.
func (d *Decoder) contract(msg edge.Message, to address, rejection *Rejection) (edge.Event, *Rejection) {
	if tooLarge := d.checkSize(msg.Payload); tooLarge != nil {
		tooLarge.Lane = to.lane
		return edge.Event{}, tooLarge
	}
	if what, found := d.options.Guard.Find(msg.Payload); found {
		rejection = reject(what, "in the payload")
	}
	if rejection == nil {
		rejection = checkUTF8(msg.Payload)
	}
	if rejection != nil {
		return edge.Event{}, d.label(rejection, msg.Payload, to.lane)
	}
	event, rejection := d.decode(msg.Payload, to)
	if rejection != nil {
		rejection.Lane = to.lane
		return edge.Event{}, rejection
	}
	event.Retained, event.Arrived = msg.Retained, msg.Arrived
	return event, nil
}

// checkSize comes before anything is read, so that nobody can make the box work through more. What it refuses may hold
// card data.
func (d *Decoder) checkSize(payload []byte) *Rejection {
	if len(payload) <= d.options.MaxSize {
		return nil
	}
	rejection := reject(CodeTooLarge, "%d bytes, more than %d", len(payload), d.options.MaxSize)
	rejection.Withhold = true
	return rejection
}

func checkUTF8(payload []byte) *Rejection {
	if utf8.Valid(payload) {
		return nil
	}
	return reject(CodeText, "not UTF-8")
}

// label adds lane and, where it can be read, the event's id to a rejection that was made before reading.
func (d *Decoder) label(rejection *Rejection, payload []byte, lane string) *Rejection {
	e, _ := readEnvelope(payload, d.options)
	rejection.Lane, rejection.ID = lane, d.safeID(e)
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
