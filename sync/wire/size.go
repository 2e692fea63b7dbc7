// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"

	"redbench/edge"
)

// ChangeSize is how many bytes a change takes on a page. It fails where EncodePage would for its sake, and with ErrTooLarge
// where it is longer than a line may be: whoever fills a page leaves that one out, so that the others arrive.
func ChangeSize(c *edge.Change) (int, error) {
	if err := checkChange(c); err != nil {
		return 0, fmt.Errorf("encoding a change: %w", err)
	}
	line, err := Marshal(c)
	if err != nil {
		return 0, err
	}
	if len(line) > MaxLine {
		return 0, fmt.Errorf("encoding a change of %d bytes: %w", len(line), ErrTooLarge)
	}
	return len(line) + 1, nil
}

// CheckVisit refuses a visit that cannot travel.
func CheckVisit(v *edge.VisitState) error { return checkVisit(v) }

// CheckFact refuses a fact that cannot travel.
func CheckFact(f *edge.FactState) error { return checkFact(f) }
