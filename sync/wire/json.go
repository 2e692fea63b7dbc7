// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// writing is how everything here is written: fields left out as their tags have always meant it, the same bytes for the
// same value, and a broken character replaced rather than a record that can never be sent.
func writing() json.Options {
	return json.JoinOptions(json.Deterministic(true), jsonv1.OmitEmptyWithLegacySemantics(true), jsontext.AllowInvalidUTF8(true))
}

// reading is how everything here is read.
func reading() json.Options { return json.RejectUnknownMembers(true) }

// Marshal encodes one message, such as an Ack.
func Marshal(message any) ([]byte, error) {
	data, err := json.Marshal(message, writing())
	if err != nil {
		return nil, fmt.Errorf("encoding %T: %w", message, err)
	}
	return data, nil
}

// Unmarshal decodes one message strictly. It fails with ErrTooLarge beyond MaxMessage.
func Unmarshal(data []byte, message any) error {
	if len(data) > MaxMessage {
		return fmt.Errorf("decoding %T: %w", message, ErrTooLarge)
	}
	if err := json.Unmarshal(data, message, reading()); err != nil {
		return fmt.Errorf("decoding %T: %w", message, plain(err))
	}
	return nil
}

// lines calls take for each line. The last one may lack its line feed.
func lines(data []byte, most int, take func(number int, line []byte) error) error {
	if len(data) > MaxBatch {
		return ErrTooLarge
	}
	for number := 1; len(data) > 0; number++ {
		line, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		if number > most || len(line) > MaxLine {
			return fmt.Errorf("line %d: %w", number, ErrTooLarge)
		}
		if err := take(number, line); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	return nil
}
