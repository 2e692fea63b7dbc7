// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
)

// When each field of a customer or a fact was told, and how far it is to be believed, lies beside its row: in clear, since
// it says nothing of her, and short, since there are a million. Most rows have one moment for all their fields, and that
// one stands in the row already: then there are no stamps at all, or eight bytes.

// mark is a register without its value: since when a field is as it is, and how far it is to be believed.
type mark struct {
	At    edge.Stamp
	Rank  edge.Rank
	Epoch uint32
}

func markOf(r edge.Register) mark { return mark{r.At, r.Rank, r.Epoch} }

func (m mark) register(value string) edge.Register {
	return edge.Register{Value: value, At: m.At, Rank: m.Rank, Epoch: m.Epoch}
}

// rowStamps are the marks of one row.
type rowStamps struct {
	rest mark            // of every field that has a value and is not named in of
	of   map[string]mark // may name a field without a value: it was taken away

	unlearnt edge.Stamp // a customer's watermark
}

// stampFields are the fields by their number at rest. A new one goes to the end.
var stampFields = [...]string{
	"", edge.FieldName, edge.FieldSay, edge.FieldAddress, edge.FieldLanguage, edge.FieldChain, edge.FieldSince, edge.FieldConsent,
	edge.FieldText, edge.FieldDate, edge.FieldUntil, edge.FieldPrivate, edge.FieldToldTo, edge.FieldPlace, edge.FieldHeld, edge.FieldClosed,
}

// usual is the stamp of a field that nothing else is said of: made by this box, at the row's own moment.
func (s *Store) usual(at int64) edge.Stamp {
	return edge.Stamp{Wall: min(max(at, 0), 1<<52-1), Origin: s.origin}
}

// stampsVersion leads all stamps.
const stampsVersion = 1

// hasUnlearnt is a flag.
const hasUnlearnt = 1

// The heads of a packed stamp; from stampFrom on they are the number of its origin.
const (
	stampZero = iota
	stampUsual
	stampFrom
)

// packStamps writes a row's stamps, or nil when all of them are guesses of the usual moment.
func packStamps(m rowStamps, usual edge.Stamp) []byte {
	p := stampPacker{usual: usual}
	var flags byte
	if !m.unlearnt.IsZero() {
		flags |= hasUnlearnt
	}
	p.body = append(p.body, flags)
	p.mark(m.rest)
	if flags&hasUnlearnt != 0 {
		p.stamp(m.unlearnt)
	}
	for code, name := range stampFields {
		if each, is := m.of[name]; is && code > 0 {
			p.body = append(p.body, byte(code))
			p.mark(each)
		}
	}
	if len(m.of) == 0 && flags == 0 && m.rest == (mark{At: usual}) {
		return nil
	}
	return p.packed()
}

type stampPacker struct {
	usual   edge.Stamp
	origins []string
	body    []byte
}

func (p *stampPacker) mark(m mark) {
	p.body = binary.AppendUvarint(p.body, uint64(m.Epoch)<<2|uint64(m.Rank))
	p.stamp(m.At)
}

func (p *stampPacker) stamp(s edge.Stamp) {
	switch {
	case s.IsZero():
		p.body = append(p.body, stampZero)
		return
	case s == p.usual:
		p.body = append(p.body, stampUsual)
		return
	}
	origin := slices.Index(p.origins, s.Origin)
	if origin < 0 {
		origin = len(p.origins)
		p.origins = append(p.origins, s.Origin)
	}
	p.body = binary.AppendUvarint(p.body, uint64(origin)+stampFrom)
	p.body = binary.AppendUvarint(p.body, uint64(s.Wall))
	p.body = binary.AppendUvarint(p.body, uint64(s.Count))
}

// packed puts the origins before the body. One that is a UUID, as a box's is, takes 17 bytes.
func (p *stampPacker) packed() []byte {
	out := binary.AppendUvarint([]byte{stampsVersion}, uint64(len(p.origins)))
	for _, origin := range p.origins {
		if u, err := uuid.Parse(origin); err == nil && u.String() == origin {
			out = append(append(out, 0), u[:]...)
			continue
		}
		out = binary.AppendUvarint(out, uint64(len(origin))+1)
		out = append(out, origin...)
	}
	return append(out, p.body...)
}

// unpackStamps reads what packStamps wrote for the same usual stamp.
func unpackStamps(data []byte, usual edge.Stamp) (rowStamps, error) {
	m := rowStamps{rest: mark{At: usual}}
	if len(data) == 0 {
		return m, nil
	}
	r := stampReader{usual: usual, rest: data}
	if r.byte() != stampsVersion {
		return m, errRecord
	}
	r.readOrigins()
	flags := r.byte()
	m.rest = r.mark()
	if flags&hasUnlearnt != 0 {
		m.unlearnt = r.stamp()
	}
	for !r.bad && len(r.rest) > 0 {
		code := r.byte()
		if code == 0 || int(code) >= len(stampFields) {
			return m, errRecord
		}
		if m.of == nil {
			m.of = map[string]mark{}
		}
		m.of[stampFields[code]] = r.mark()
	}
	if r.bad || flags&^hasUnlearnt != 0 {
		return m, errRecord
	}
	return m, nil
}

type stampReader struct {
	usual   edge.Stamp
	origins []string
	rest    []byte
	bad     bool
}

func (r *stampReader) byte() byte {
	if len(r.rest) == 0 {
		r.bad = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *stampReader) number(most uint64) uint64 {
	n, read := binary.Uvarint(r.rest)
	if read <= 0 || n > most {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[read:]
	return n
}

func (r *stampReader) take(n uint64) []byte {
	if uint64(len(r.rest)) < n {
		r.bad, r.rest = true, nil
		return make([]byte, n)
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *stampReader) readOrigins() {
	for n := r.number(64); n > 0 && !r.bad; n-- {
		if length := r.number(100); length > 0 {
			r.origins = append(r.origins, string(r.take(length-1)))
		} else {
			r.origins = append(r.origins, uuid.UUID(r.take(16)).String())
		}
	}
}

func (r *stampReader) mark() mark {
	head := r.number(1<<34 - 1)
	m := mark{Rank: edge.Rank(head & 3), Epoch: uint32(head >> 2)}
	if m.Rank > edge.RankCorrected {
		r.bad = true
	}
	m.At = r.stamp()
	return m
}

func (r *stampReader) stamp() edge.Stamp {
	head := r.number(64 + stampFrom)
	switch {
	case head == stampZero:
		return edge.Stamp{}
	case head == stampUsual:
		return r.usual
	case head-stampFrom >= uint64(len(r.origins)):
		r.bad = true
		return edge.Stamp{}
	}
	wall, count := r.number(1<<52-1), r.number(1<<32-1)
	return edge.Stamp{Wall: int64(wall), Count: uint32(count), Origin: r.origins[head-stampFrom]}
}

// fields gives the registers of values: of those that are not empty, and of those that were taken away.
func (m rowStamps) fields(values map[string]string) edge.Fields {
	out := make(edge.Fields, len(values))
	for name, value := range values {
		if each, is := m.of[name]; is {
			out[name] = each.register(value)
		} else if value != "" {
			out[name] = m.rest.register(value)
		}
	}
	return out
}

// marksOf are the stamps of registers, to be kept beside their values.
func marksOf(fields edge.Fields, unlearnt edge.Stamp) rowStamps {
	m := rowStamps{of: make(map[string]mark, len(fields)), unlearnt: unlearnt}
	times := map[mark]int{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		each := markOf(fields[name])
		m.of[name] = each
		if times[each]++; times[each] > times[m.rest] {
			m.rest = each
		}
	}
	for name, each := range m.of {
		if each == m.rest && fields[name].Value != "" {
			delete(m.of, name)
		}
	}
	return m
}

// rank is how far a field that has a value is to be believed.
func (m rowStamps) rank(name string) edge.Rank {
	if each, is := m.of[name]; is {
		return each.Rank
	}
	return m.rest.Rank
}

// tell says that a field was told now, within the epoch that it is in.
func (m *rowStamps) tell(name string, at edge.Stamp, rank edge.Rank) {
	before, is := m.of[name]
	if !is {
		before = m.rest
	}
	if m.of == nil {
		m.of = map[string]mark{}
	}
	m.of[name] = mark{at, rank, before.Epoch}
}

// Heard tells what time it is at head office. A box whose clock is behind must not make stamps that lose to what was told
// long before.
func (s *Store) Heard(at time.Time) {
	if !at.IsZero() {
		s.clock.See(edge.Stamp{Wall: at.UnixMicro(), Origin: "hq"})
	}
}
