// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// plain tells where decoding stopped without quoting what stood there, which may be a name: errors are logged.
func plain(err error) error {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("byte %d: a value that does not fit, or a field that is not known", semantic.ByteOffset)
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("byte %d: not valid JSON", syntactic.ByteOffset)
	}
	return errors.New("not valid JSON of the expected shape")
}
