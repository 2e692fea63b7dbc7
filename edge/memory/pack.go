// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// What is packed begins with a version. A store that finds another one computes anew what it can, and starts with the
// model that ships.
const (
	personVersion = 2 // 1 was a list of most usual things alone
	modelVersion  = 1
)

// MoreSize is how many bytes More takes.
const MoreSize = 4 + 5*4 + weekdays + tripKinds

var (
	errMore   = errors.New("what is kept of a thing is malformed")
	errPerson = errors.New("what is kept of a customer's baskets is malformed")
	errModel  = errors.New("what the store learnt of habits is malformed")
)

func (m *More) numbers() []*float32 { return []*float32{&m.fast, &m.slow, &m.light, &m.gap, &m.skips} }

// Append packs m.
func (m More) Append(data []byte) []byte {
	data = binary.LittleEndian.AppendUint32(data, uint32(m.latest))
	data = appendFloats(data, m.numbers())
	data = append(data, m.week[:]...)
	return append(data, m.trips[:]...)
}

// ReadMore reads what Append packed.
func ReadMore(data []byte) (m More, err error) {
	u := unpacker{data: data}
	u.more(&m)
	if !u.done() {
		return More{}, errMore
	}
	return m, nil
}

func (p *Person) numbers() []*float32 {
	all := []*float32{&p.weight, &p.size, &p.again, &p.fresh, &p.light, &p.expected, &p.sure, &p.sureHeld, &p.logSize}
	for i := range tripKinds {
		all = append(all, &p.tripSize[i], &p.trips[i])
	}
	for i := range weekdays {
		all = append(all, &p.weekSize[i], &p.week[i])
	}
	return all
}

// MarshalBinary packs p, without the SKUs of her things.
func (p *Person) MarshalBinary() ([]byte, error) {
	data := append(make([]byte, 0, 160+64*len(p.Things)), personVersion)
	data = binary.AppendUvarint(data, uint64(p.Visits))
	data = binary.AppendVarint(data, p.First)
	data = binary.AppendVarint(data, p.Last)
	data = appendFloats(data, p.numbers())
	data = binary.AppendUvarint(data, uint64(len(p.Things)))
	for _, t := range p.Things {
		data = binary.AppendVarint(data, t.Item)
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(t.LogW))
		data = binary.AppendUvarint(data, uint64(t.Times))
		data = binary.AppendVarint(data, t.Last)
		data = t.More.Append(data)
	}
	return data, nil
}

// UnmarshalBinary reads what MarshalBinary packed. The caller gives her things their SKUs before she learns.
func (p *Person) UnmarshalBinary(data []byte) error {
	u := unpacker{data: data}
	if u.byte() != personVersion {
		return errPerson
	}
	read := Person{Visits: u.count(math.MaxInt32), First: u.varint(), Last: u.varint()}
	u.floats(read.numbers())
	for range u.count(Shortlist) {
		t := Thing{Item: u.varint(), LogW: u.float64(), Times: u.count(math.MaxInt32), Last: u.varint()}
		u.more(&t.More)
		read.Things = append(read.Things, t)
	}
	if !u.done() {
		return errPerson
	}
	*p = read
	return nil
}

// MarshalBinary packs the model, in some hundred kilobytes at most.
func (m *Model) MarshalBinary() ([]byte, error) {
	data := []byte{modelVersion}
	for _, h := range m.heads() {
		data = binary.AppendUvarint(data, uint64(len(h.w)))
		for _, w := range h.w {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(w))
		}
		for _, c := range h.curve {
			data = appendFloat(data, float32(c))
		}
	}
	for _, f := range []float64{m.baskets, m.lately, m.day} {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(f))
	}
	items := make([]int64, 0, len(m.items))
	for item := range m.items {
		items = append(items, item)
	}
	slices.SortFunc(items, cmp.Compare[int64])
	data = binary.AppendUvarint(data, uint64(len(items)))
	for _, item := range items {
		data = binary.AppendVarint(data, item)
		for _, f := range m.items[item].numbers() {
			data = appendFloat(data, float32(*f))
		}
	}
	return data, nil
}

func (s *seen) numbers() []*float64 {
	return []*float64{&s.baskets, &s.lately, &s.hits, &s.hoped, &s.hitsLately, &s.hopedLately, &s.day}
}

// UnmarshalBinary reads what MarshalBinary packed.
func (m *Model) UnmarshalBinary(data []byte) error {
	u := unpacker{data: data}
	if u.byte() != modelVersion {
		return errModel
	}
	read := NewModel()
	for _, h := range read.heads() {
		if u.count(len(h.w)) != len(h.w) {
			return errModel
		}
		for i := range h.w {
			h.w[i] = u.float64()
		}
		for i := range h.curve {
			h.curve[i] = float64(u.float32())
		}
	}
	read.baskets, read.lately, read.day = u.float64(), u.float64(), u.float64()
	for range u.count(mostSeen * 2) {
		item, s := u.varint(), &seen{}
		for _, f := range s.numbers() {
			*f = float64(u.float32())
		}
		read.items[item] = s
	}
	if !u.done() {
		return errModel
	}
	read.list()
	*m = *read
	return nil
}

func appendFloat(data []byte, f float32) []byte {
	return binary.LittleEndian.AppendUint32(data, math.Float32bits(f))
}

func appendFloats(data []byte, numbers []*float32) []byte {
	for _, f := range numbers {
		data = appendFloat(data, *f)
	}
	return data
}

// unpacker reads numbers one after another. After something that cannot be, all else is zero and done says no.
type unpacker struct {
	data []byte
	bad  bool
}

func (u *unpacker) done() bool { return !u.bad && len(u.data) == 0 }

func (u *unpacker) take(n int) []byte {
	if u.bad || len(u.data) < n {
		u.bad = true
		return make([]byte, n)
	}
	taken := u.data[:n]
	u.data = u.data[n:]
	return taken
}

func (u *unpacker) byte() byte { return u.take(1)[0] }

// finite refuses what no computation here gives: it would spread to every guess.
func (u *unpacker) finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		u.bad = true
		return 0
	}
	return f
}

func (u *unpacker) float32() float32 {
	return float32(u.finite(float64(math.Float32frombits(binary.LittleEndian.Uint32(u.take(4))))))
}

func (u *unpacker) float64() float64 {
	return u.finite(math.Float64frombits(binary.LittleEndian.Uint64(u.take(8))))
}

func (u *unpacker) floats(numbers []*float32) {
	for _, f := range numbers {
		*f = u.float32()
	}
}

func (u *unpacker) count(most int) int {
	n, size := binary.Uvarint(u.data)
	if size <= 0 || n > uint64(most) {
		u.bad = true
		return 0
	}
	u.take(size)
	return int(n)
}

func (u *unpacker) varint() int64 {
	n, size := binary.Varint(u.data)
	if size <= 0 {
		u.bad = true
		return 0
	}
	u.take(size)
	return n
}

func (u *unpacker) more(m *More) {
	m.latest = int32(binary.LittleEndian.Uint32(u.take(4)))
	u.floats(m.numbers())
	copy(m.week[:], u.take(weekdays))
	copy(m.trips[:], u.take(tripKinds))
}
