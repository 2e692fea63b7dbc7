// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"redbench/edge"
)

// envelope is the line of one record as it is written.
type envelope struct {
	Box  string          `json:"box"`
	Seq  uint64          `json:"seq"`
	Prev *uint64         `json:"prev,omitempty"` // only where it is not Seq-1
	ID   string          `json:"id"`
	Kind edge.RecordKind `json:"kind"`
	At   time.Time       `json:"at"`
	Body any             `json:"body,omitempty"`

	Former []string `json:"former,omitempty"` // with a box's first record
}

// received is the same line as it is read: the kind says what the body is.
type received struct {
	Box  string          `json:"box"`
	Seq  uint64          `json:"seq"`
	Prev *uint64         `json:"prev"`
	ID   string          `json:"id"`
	Kind edge.RecordKind `json:"kind"`
	At   time.Time       `json:"at"`
	Body jsontext.Value  `json:"body"`

	Former []string `json:"former"`
}

// EncodeRecords appends a batch of one box to dst as JSON lines. It fails where a record's body does not fit its kind,
// and with ErrTooLarge where the whole is beyond the limits.
func EncodeRecords(dst []byte, box string, records []edge.Record) ([]byte, error) {
	if len(records) > MaxRecords {
		return dst, fmt.Errorf("encoding %d records: %w", len(records), ErrTooLarge)
	}
	start := len(dst)
	buffer := bytes.NewBuffer(dst)
	encoder := jsontext.NewEncoder(buffer, writing())
	for i := range records {
		if err := encodeRecord(encoder, box, &records[i]); err != nil {
			return dst, fmt.Errorf("encoding record %d: %w", records[i].Seq, err)
		}
	}
	if buffer.Len()-start > MaxBatch {
		return dst, fmt.Errorf("encoding %d records: %w", len(records), ErrTooLarge)
	}
	return buffer.Bytes(), nil
}

func encodeRecord(encoder *jsontext.Encoder, box string, r *edge.Record) error {
	body, err := bodyOf(r)
	if err == nil {
		err = checkRecord(box, r) // what head office would refuse shall not be sent again and again
	}
	if err != nil {
		return err
	}
	out := envelope{Box: box, Seq: r.Seq, ID: r.ID, Kind: r.Kind, At: r.At.UTC(), Body: body, Former: r.Former}
	if r.Prev != r.Seq-1 {
		out.Prev = &r.Prev
	}
	before := encoder.OutputOffset()
	if err := json.MarshalEncode(encoder, &out); err != nil {
		return err
	}
	if encoder.OutputOffset()-before > MaxLine {
		return ErrTooLarge
	}
	return nil
}

var errBody = errors.New("its body does not fit its kind")

// bodyOf is what a record's kind says its body is; nil for a void one.
func bodyOf(r *edge.Record) (body any, err error) {
	var missing bool
	switch r.Kind {
	case edge.RecordCustomer:
		body, missing = r.Customer, r.Customer == nil
	case edge.RecordFact:
		body, missing = r.Fact, r.Fact == nil
	case edge.RecordVisit:
		body, missing = r.Visit, r.Visit == nil
	case edge.RecordOutcome:
		body, missing = r.Outcome, r.Outcome == nil
	case edge.RecordSummary:
		body, missing = r.Summary, r.Summary == nil
	case edge.RecordVoid:
		return nil, nil
	default:
		return nil, errKind
	}
	if missing {
		return nil, errBody
	}
	return body, nil
}

var errKind = errors.New("a kind that is not known")

// DecodeRecords reads a batch: the records of one box, in rising order. An empty batch has no box.
func DecodeRecords(data []byte) (box string, records []edge.Record, err error) {
	records = make([]edge.Record, 0, min(bytes.Count(data, []byte{'\n'})+1, MaxRecords))
	err = lines(data, MaxRecords, func(_ int, line []byte) error {
		of, r, err := decodeRecord(line)
		switch {
		case err != nil:
			return err
		case box != "" && of != box:
			return errors.New("a record of another box")
		case len(records) > 0 && r.Prev < records[len(records)-1].Seq:
			return errors.New("records that are not in order")
		}
		box, records = of, append(records, r)
		return nil
	})
	if err != nil {
		return "", nil, fmt.Errorf("decoding records: %w", err)
	}
	return box, records, nil
}

func decodeRecord(line []byte) (box string, r edge.Record, err error) {
	var in received
	if err := json.Unmarshal(line, &in, reading()); err != nil {
		return "", r, plain(err)
	}
	r = edge.Record{Seq: in.Seq, Prev: in.Seq - 1, ID: in.ID, Kind: in.Kind, At: in.At.UTC(), Former: in.Former}
	if in.Prev != nil {
		r.Prev = *in.Prev
	}
	if err := decodeBody(&r, in.Body); err != nil {
		return "", r, err
	}
	return in.Box, r, checkRecord(in.Box, &r)
}

func decodeBody(r *edge.Record, body jsontext.Value) error {
	switch r.Kind {
	case edge.RecordCustomer:
		r.Customer = new(edge.CustomerState)
		return decodeInto(body, r.Customer)
	case edge.RecordFact:
		r.Fact = new(edge.FactState)
		return decodeInto(body, r.Fact)
	case edge.RecordVisit:
		r.Visit = new(edge.VisitState)
		return decodeInto(body, r.Visit)
	case edge.RecordOutcome:
		r.Outcome = new(edge.OutcomeState)
		return decodeInto(body, r.Outcome)
	case edge.RecordSummary:
		r.Summary = new(edge.Summary)
		return decodeInto(body, r.Summary)
	case edge.RecordVoid:
		if len(body) > 0 {
			return errBody
		}
		return nil
	}
	return errKind
}

func decodeInto(body jsontext.Value, state any) error {
	if body.Kind() != '{' {
		return errBody
	}
	if err := json.Unmarshal(body, state, reading()); err != nil {
		return plain(err)
	}
	return nil
}
