// SPDX-License-Identifier: Apache-2.0

package adapt

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// field is one JSON value as it was read, before anybody asked whether it is what it should be.
type field struct {
	kind jsontext.Kind // 0: absent; '"', '0', 't', 'f', 'n', '{', '['
	text string        // a string's characters, a number's digits
}

// given reports whether there is a value. A null says the same as no field.
func (f field) given() bool { return f.kind != 0 && f.kind != 'n' }

// envelope holds the attributes and fields that the contract knows; everything else is read, checked and dropped.
type envelope struct {
	specversion, id, source, kind, time, contentType, base64 field
	dataKind                                                 jsontext.Kind
	data                                                     dataFields

	lane field // only an adapter's program names it
}

type dataFields struct {
	identifier, kind, method, checkout, cashier, total, currency, reason field
	item                                                                 itemFields
	itemsKind                                                            jsontext.Kind
	items                                                                []itemFields
}

type itemFields struct {
	itemKind                    jsontext.Kind
	sku, name, quantity, amount field
}

func (e *envelope) named(name string) *field {
	switch name {
	case "specversion":
		return &e.specversion
	case "id":
		return &e.id
	case "source":
		return &e.source
	case "type":
		return &e.kind
	case "time":
		return &e.time
	case "datacontenttype":
		return &e.contentType
	case "data_base64":
		return &e.base64
	case "lane":
		return &e.lane
	}
	return nil
}

func (d *dataFields) named(name string) *field {
	switch name {
	case "identifier":
		return &d.identifier
	case "kind":
		return &d.kind
	case "method":
		return &d.method
	case "checkout":
		return &d.checkout
	case "cashier":
		return &d.cashier
	case "total_minor":
		return &d.total
	case "currency":
		return &d.currency
	case "reason":
		return &d.reason
	}
	return d.item.named(name)
}

func (i *itemFields) named(name string) *field {
	switch name {
	case "sku":
		return &i.sku
	case "name":
		return &i.name
	case "quantity":
		return &i.quantity
	case "amount_minor":
		return &i.amount
	}
	return nil
}

// reader reads JSON token by token, so that no limit is passed before it is noticed.
type reader struct {
	json     *jsontext.Decoder
	maxDepth int
	maxItems int
}

// readEnvelope reads a payload. Of one that is refused it gives what had been read by then.
func readEnvelope(payload []byte, options Options) (e envelope, err *Rejection) {
	r := reader{json: jsontext.NewDecoder(bytes.NewBuffer(payload)), maxDepth: options.MaxDepth, maxItems: options.MaxItems}
	if r.json.PeekKind() != '{' {
		if err = r.skip(); err == nil {
			err = reject(CodeJSON, "not a JSON object")
		}
		return e, err
	}
	if err = r.object(e.named, func(name string) (bool, *Rejection) {
		if name != "data" {
			return false, nil
		}
		return true, r.data(&e)
	}); err != nil {
		return e, err
	}
	return e, r.end()
}

// end refuses whatever stands after the event.
func (r *reader) end() *Rejection {
	switch _, err := r.json.ReadToken(); {
	case err == nil:
		return reject(CodeJSON, "something follows after the object")
	case errors.Is(err, io.EOF):
		return nil
	default:
		return r.malformed(err)
	}
}

func (r *reader) data(e *envelope) *Rejection {
	e.dataKind = r.json.PeekKind()
	if e.dataKind != '{' {
		return r.skip()
	}
	return r.object(e.data.named, func(name string) (bool, *Rejection) {
		if name != "items" {
			return false, nil
		}
		return true, r.items(&e.data)
	})
}

func (r *reader) items(d *dataFields) *Rejection {
	d.itemsKind = r.json.PeekKind()
	if d.itemsKind != '[' {
		return r.skip()
	}
	if _, err := r.token(); err != nil {
		return err
	}
	for r.json.PeekKind() != ']' {
		if len(d.items) == r.maxItems {
			return reject(CodeTooLarge, "more than %d items", r.maxItems)
		}
		item := itemFields{itemKind: r.json.PeekKind()}
		var err *Rejection
		if item.itemKind == '{' {
			err = r.object(item.named, nil)
		} else {
			err = r.skip()
		}
		if err != nil {
			return err
		}
		d.items = append(d.items, item)
	}
	_, err := r.token()
	return err
}

// object reads an object: special may take a member itself, named says where to put one, all others are dropped.
func (r *reader) object(named func(string) *field, special func(string) (bool, *Rejection)) *Rejection {
	if _, err := r.token(); err != nil {
		return err
	}
	for {
		token, err := r.token()
		if err != nil {
			return err
		}
		if token.Kind() == '}' {
			return nil
		}
		name := token.String()
		if special != nil {
			if done, err := special(name); err != nil {
				return err
			} else if done {
				continue
			}
		}
		if err := r.member(named(name)); err != nil {
			return err
		}
	}
}

// member reads a value into f; nil drops it.
func (r *reader) member(f *field) *Rejection {
	if f == nil {
		return r.skip()
	}
	f.kind = r.json.PeekKind()
	if f.kind == '{' || f.kind == '[' {
		return r.skip()
	}
	token, err := r.token()
	if err != nil {
		return err
	}
	if f.kind == '"' || f.kind == '0' {
		f.text = token.String()
	}
	return nil
}

// skip reads one value of any shape and drops it.
func (r *reader) skip() *Rejection {
	for outer := r.json.StackDepth(); ; {
		if _, err := r.token(); err != nil {
			return err
		}
		if r.json.StackDepth() <= outer {
			return nil
		}
	}
}

func (r *reader) token() (jsontext.Token, *Rejection) {
	token, err := r.json.ReadToken()
	if err != nil {
		return token, r.malformed(err)
	}
	if r.json.StackDepth() > r.maxDepth {
		return token, reject(CodeDepth, "nested more than %d deep", r.maxDepth)
	}
	return token, nil
}

// malformed says where reading stopped, and not at what: the library's own text quotes the payload.
func (r *reader) malformed(err error) *Rejection {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return reject(CodeJSON, "an object has a key twice, after %d bytes", r.json.InputOffset())
	}
	return reject(CodeJSON, "malformed after %d bytes", r.json.InputOffset())
}
