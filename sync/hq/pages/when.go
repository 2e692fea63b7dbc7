// SPDX-License-Identifier: Apache-2.0

package pages

import "time"

// when is a moment, and its words for whoever has no script to put it into their own zone.
type when struct {
	At    time.Time
	Words string
}

// When is for the template.
func (p page) When(t time.Time) when { return when{t, p.Judge.Ago(t)} }
