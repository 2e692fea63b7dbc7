// SPDX-License-Identifier: Apache-2.0

package link

import (
	"fmt"
	"time"
)

// Pace is how much of one core the box's work for head office may take. Prompts come first: while the store serves customers
// it is a small part of what is configured, so that few cards come while a batch is under way.
type Pace struct {
	Share float64          // of one core, above 0 to 1; 0: a half
	Card  func() time.Time // when the last card came, the zero time: none did yet; nil: none ever does
}

const (
	defaultShare = .5
	besideCards  = 40               // the part of the share that is left while cards come: a fortieth
	quietAfter   = 30 * time.Second // without a card: the store serves nobody just now
	longestRest  = 5 * time.Second
	longestOpen  = time.Minute // while cards come: on a slow machine, too, the share is what it is
)

// Complete fills in what is not set. A share that is none is an error.
func (p *Pace) Complete() error {
	if p.Share < 0 || p.Share > 1 {
		return fmt.Errorf("a share of a core is above 0 and at most 1, not %v", p.Share)
	}
	if p.Share == 0 {
		p.Share = defaultShare
	}
	return nil
}

// Rest is how long to leave the core to others after work that took busy: busy·(1/share−1), at most five seconds,
// and a minute while cards come.
func (p Pace) Rest(now time.Time, busy time.Duration) time.Duration {
	share, longest := p.Share, longestRest
	if p.Card != nil && now.Sub(p.Card()) < quietAfter {
		share, longest = share/besideCards, longestOpen
	}
	return min(time.Duration(float64(busy)*(1/share-1)), longest)
}
