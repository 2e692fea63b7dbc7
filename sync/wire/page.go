// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"redbench/edge"
)

// pageEnd is the last line of a page. A page without it was cut off on its way.
type pageEnd struct {
	Cursor *string `json:"cursor"`
	More   bool    `json:"more,omitempty"`
}

// maxCursor bounds the cursor, which goes back in a URL.
const maxCursor = 1024

// EncodePage appends a page to dst: a line for each change, and a last one with the cursor.
func EncodePage(dst []byte, page edge.Page) ([]byte, error) {
	start := len(dst)
	buffer := bytes.NewBuffer(dst)
	encoder := jsontext.NewEncoder(buffer, writing())
	for i := range page.Changes {
		if err := checkChange(&page.Changes[i]); err != nil {
			return dst, fmt.Errorf("encoding change %d of a page: %w", i+1, err)
		}
		if err := json.MarshalEncode(encoder, &page.Changes[i]); err != nil {
			return dst, fmt.Errorf("encoding change %d of a page: %w", i+1, err)
		}
	}
	if err := json.MarshalEncode(encoder, pageEnd{Cursor: &page.Cursor, More: page.More}); err != nil {
		return dst, fmt.Errorf("encoding the end of a page: %w", err)
	}
	if len(page.Changes) > MaxChanges || len(page.Cursor) > maxCursor || buffer.Len()-start > MaxBatch {
		return dst, fmt.Errorf("encoding a page of %d changes: %w", len(page.Changes), ErrTooLarge)
	}
	return buffer.Bytes(), nil
}

// DecodePage reads a page. One without its last line is refused: it was cut off.
func DecodePage(data []byte) (page edge.Page, err error) {
	var ended bool
	err = lines(data, MaxChanges+1, func(_ int, line []byte) error {
		if ended {
			return errors.New("something behind the end of the page")
		}
		if bytes.HasPrefix(line, []byte(`{"cursor":`)) {
			ended = true
			return decodeEnd(line, &page)
		}
		var change edge.Change
		if err := json.Unmarshal(line, &change, reading()); err != nil {
			return plain(err)
		}
		page.Changes = append(page.Changes, change)
		return checkChange(&change)
	})
	if err == nil && !ended {
		err = errors.New("it was cut off on its way")
	}
	if err != nil {
		return edge.Page{}, fmt.Errorf("decoding a page of changes: %w", err)
	}
	return page, nil
}

func decodeEnd(line []byte, page *edge.Page) error {
	var end pageEnd
	if err := json.Unmarshal(line, &end, reading()); err != nil {
		return plain(err)
	}
	if end.Cursor == nil || len(*end.Cursor) > maxCursor {
		return errors.New("a cursor that cannot be")
	}
	page.Cursor, page.More = *end.Cursor, end.More
	return nil
}

func checkChange(c *edge.Change) error {
	set := 0
	for _, is := range []bool{c.Erasure != nil, c.Keys != nil, c.Customer != nil, c.Fact != nil, c.Playbook != nil, c.Settings != nil,
		c.Event != nil} {
		if is {
			set++
		}
	}
	if set != 1 {
		return errBody
	}
	switch {
	case len(c.Visits) > 0 && c.Customer == nil:
		return errBody
	case c.Kind == edge.ChangeErasure && c.Erasure != nil:
		return CheckErasure(c.Erasure)
	case c.Kind == edge.ChangeKeys && c.Keys != nil:
		return CheckKeys(*c.Keys)
	case c.Kind == edge.ChangeCustomer && c.Customer != nil:
		return errors.Join(checkCustomer(c.Customer), checkVisits(c.Visits))
	case c.Kind == edge.ChangeFact && c.Fact != nil:
		return checkFact(c.Fact)
	case c.Kind == edge.ChangePlaybook && c.Playbook != nil,
		c.Kind == edge.ChangeSettings && c.Settings != nil:
		return nil
	case c.Kind == edge.ChangeEvent && c.Event != nil:
		return checkRelayed(c.Event)
	}
	return errBody
}

func checkVisits(visits []edge.VisitState) error {
	if len(visits) > maxVisits {
		return errMany
	}
	for i := range visits {
		if err := checkVisit(&visits[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkRelayed(e *edge.Relayed) error {
	switch {
	case !edge.ValidLane(e.Lane):
		return errLane
	case len(e.Payload) > maxText:
		return errText
	case e.Waited < 0 || e.Waited > maxWaited:
		return errMoment
	}
	return checkID(e.ID)
}
