// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"encoding/binary"

	"redbench/edge"
)

// A tombstone is a hash under a key that serves forgotten customers alone, so that the list of the forgotten cannot be
// joined with the identifiers in use. There are two kinds: of an identifier's value, which outlives every change of
// identifier keys, and of its hash, for whoever has no more than that. Of an enrolled box the chain's key comes first:
// under it orders to forget travel. The box's own stays, for those who were forgotten before.

// Tombstones gives the identifier's tombstone under each tombstone key, the chain's first.
func (b *Box) Tombstones(id edge.Identifier) [][32]byte {
	kind, value := []byte(id.Kind), []byte(Normal(id))
	return b.entomb(kind, value)
}

// TombstonesOf gives the tombstones of an identifier whose hash alone is known. Another key's hash of the same
// identifier has others.
func (b *Box) TombstonesOf(h Hash) [][32]byte {
	return b.entomb([]byte("hash"), binary.BigEndian.AppendUint32(nil, h.Key), h.Sum[:])
}

func (b *Box) entomb(parts ...[]byte) [][32]byte {
	keys := b.live.Load().tombstones
	out := make([][32]byte, len(keys))
	for i, key := range keys {
		out[i] = key.sum(parts...)
	}
	return out
}

// Tombstone is the first of Tombstones: the one that travels, where the box is enrolled.
func (b *Box) Tombstone(id edge.Identifier) [32]byte {
	return b.live.Load().tombstones[0].sum([]byte(id.Kind), []byte(Normal(id)))
}

// TombstoneOf is the first of TombstonesOf.
func (b *Box) TombstoneOf(h Hash) [32]byte {
	return b.live.Load().tombstones[0].sum([]byte("hash"), binary.BigEndian.AppendUint32(nil, h.Key), h.Sum[:])
}
