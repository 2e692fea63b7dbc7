// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"
)

// Stamp is a moment of a hybrid logical clock: it follows the wall clock where that runs well, and never runs backwards
// where it does not. Whoever has seen a stamp makes only later ones, so that an edit made in knowledge of another always
// wins over it. (Kulkarni, Demirbas et al., "Logical Physical Clocks", 2014.)
type Stamp struct {
	Wall   int64  // microseconds of UTC since 1970, 0 to maxWall
	Count  uint32 // orders stamps of one Wall
	Origin string // the box, or "hq", that made it: no two make the same stamp
}

// maxWall is in the year 2112: a stamp beyond it is no moment, and would leave no room for later ones.
const maxWall = 1<<52 - 1

// IsZero reports whether s is no moment at all. It is before every other.
func (s Stamp) IsZero() bool { return s == Stamp{} }

// Compare orders stamps: negative when s is earlier than t.
func (s Stamp) Compare(t Stamp) int {
	return cmp.Or(cmp.Compare(s.Wall, t.Wall), cmp.Compare(s.Count, t.Count), strings.Compare(s.Origin, t.Origin))
}

// After reports whether s is later than t.
func (s Stamp) After(t Stamp) bool { return s.Compare(t) > 0 }

// String gives the text form, wall-count-origin in hexadecimal, which sorts as stamps do; empty for the zero Stamp.
func (s Stamp) String() string {
	if s.IsZero() {
		return ""
	}
	return fmt.Sprintf("%013x-%08x-%s", s.Wall, s.Count, s.Origin)
}

// ErrStamp says that a text is no stamp.
var ErrStamp = errors.New("not a hybrid logical time")

// ParseStamp reads what String wrote, or fails with ErrStamp.
func ParseStamp(text string) (s Stamp, err error) {
	if text == "" {
		return Stamp{}, nil
	}
	if len(text) < 24 || len(text) > 100 || text[13] != '-' || text[22] != '-' {
		return Stamp{}, ErrStamp
	}
	wall, err1 := parseHex(text[:13])
	count, err2 := parseHex(text[14:22])
	if err1 != nil || err2 != nil || wall > maxWall {
		return Stamp{}, ErrStamp
	}
	return Stamp{Wall: int64(wall), Count: uint32(count), Origin: text[23:]}, nil
}

func parseHex(digits string) (n uint64, err error) {
	for _, d := range []byte(digits) {
		switch {
		case d >= '0' && d <= '9':
			n = n<<4 | uint64(d-'0')
		case d >= 'a' && d <= 'f':
			n = n<<4 | uint64(d-'a'+10)
		default:
			return 0, ErrStamp
		}
	}
	return n, nil
}

// MarshalText gives the text form.
func (s Stamp) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the text form.
func (s *Stamp) UnmarshalText(text []byte) (err error) {
	*s, err = ParseStamp(string(text))
	return err
}

// Clock makes stamps. It is safe for concurrent use.
type Clock struct {
	mu     sync.Mutex
	last   Stamp
	origin string
}

// NewClock makes a clock that goes on after last, which may be zero.
func NewClock(origin string, last Stamp) *Clock { return &Clock{last: last, origin: origin} }

// Next gives a stamp that is later than all that this clock has made or seen, unless that was the last there can be.
func (c *Clock) Next(now time.Time) Stamp {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall := min(max(now.UnixMicro(), 0), maxWall)
	switch {
	case wall > c.last.Wall:
		c.last = Stamp{Wall: wall}
	case c.last.Count < math.MaxUint32:
		c.last.Count++
	case c.last.Wall < maxWall:
		c.last = Stamp{Wall: c.last.Wall + 1}
	}
	// Else somebody has told the last moment there is. Stamps are no later than it then: one beyond could be written down,
	// and never be read again.
	c.last.Origin = c.origin
	return c.last
}

// See makes the clock go on after a stamp that another made.
func (c *Clock) See(s Stamp) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.After(c.last) {
		c.last = s
	}
}

// Rename makes the clock go on under another origin.
func (c *Clock) Rename(origin string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.origin = origin
}

// Last is the latest stamp made or seen, to be kept over a restart.
func (c *Clock) Last() Stamp {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}
