// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"redbench/edge"
)

// live is what hashes are made with. It is replaced as a whole when the keys change, so that a tap waits for nobody.
type live struct {
	identifiers []identifierKey // current first
	everywhere  []identifierKey // and after them those of other boxes
	tombstones  []*macPool      // the chain's first, the box's own last
	elsewhere   []edge.Key      // as they were told
}

// enliven makes the live keys of those at rest. A key that stays keeps its prepared states.
func (b *Box) enliven(keys keyFile) *live {
	l := &live{}
	var chain edge.ChainKeys
	if keys.Chain != nil {
		chain = *keys.Chain
		l.tombstones = append(l.tombstones, newMACPool(chain.Tombstone))
	}
	if keys.Office != nil {
		l.tombstones = append(l.tombstones, newMACPool(keys.Office.Tombstone))
	}
	for _, key := range keys.Tombstones {
		l.tombstones = append(l.tombstones, newMACPool(key))
	}
	l.tombstones = append(l.tombstones, b.tombstone)
	for _, k := range distinct(chain.Identifiers, keys.Identifiers) {
		l.identifiers = append(l.identifiers, identifierKey{Key: k, mac: newMACPool(k.Key)})
	}
	return l.with(chain.Elsewhere)
}

// with adds the keys of other boxes.
func (l live) with(elsewhere []edge.Key) *live {
	l.elsewhere = elsewhere
	l.everywhere = slices.Clone(l.identifiers)
	for _, k := range elsewhere {
		if !slices.ContainsFunc(l.everywhere, func(have identifierKey) bool { return sameKey(have.Key, k) }) {
			l.everywhere = append(l.everywhere, identifierKey{Key: k, mac: newMACPool(k.Key)})
		}
	}
	return &l
}

// distinct are the keys of several lists, each once. Ids are random, so that two keys hardly ever have the same; where they
// do both are kept.
func distinct(lists ...[]edge.Key) (out []edge.Key) {
	for _, k := range slices.Concat(lists...) {
		if !slices.ContainsFunc(out, func(have edge.Key) bool { return sameKey(have, k) }) {
			out = append(out, k)
		}
	}
	return out
}

// Adopt makes the chain's keys the first of this box's: durably, and then at once. What the box had before stays live
// after them, the keys of a chain that it belonged to before among it, so that whoever rests under an old key is found.
// The same keys again change nothing.
func (b *Box) Adopt(chain edge.ChainKeys) error {
	if err := CheckChain(chain); err != nil {
		return fmt.Errorf("adopting the chain's keys: %w", err)
	}
	b.adopting.Lock()
	defer b.adopting.Unlock()
	if b.keys.Office != nil {
		return errors.New("adopting the chain's keys: these are head office's own")
	}
	if b.keys.Chain != nil && sameChain(*b.keys.Chain, chain) {
		return nil
	}
	keys := b.keys.adopted(chain)
	data, err := encodeKeys(keys)
	if err != nil {
		return err
	}
	if _, err := decodeKeys(data); err != nil { // what the next start would refuse must not be written
		return fmt.Errorf("adopting the chain's keys: %w", err)
	}
	if err := replaceDurably(b.dir, KeyFile, data); err != nil {
		return fmt.Errorf("writing the keys: %w", err)
	}
	b.keys = keys
	b.live.Store(b.enliven(keys))
	return nil
}

// adopted are the keys with another chain's before them.
func (k keyFile) adopted(chain edge.ChainKeys) keyFile {
	if former := k.Chain; former != nil {
		lost := slices.DeleteFunc(slices.Clone(former.Identifiers), func(old edge.Key) bool {
			return slices.ContainsFunc(chain.Identifiers, func(now edge.Key) bool { return sameKey(now, old) })
		})
		k.Identifiers = distinct(k.Identifiers, lost)
		if !bytes.Equal(former.Tombstone, chain.Tombstone) {
			k.Tombstones = append([][]byte{former.Tombstone}, k.Tombstones...)
		}
	}
	k.Chain = &chain
	return k
}

func sameKey(a, b edge.Key) bool { return a.ID == b.ID && bytes.Equal(a.Key, b.Key) }

func sameChain(a, b edge.ChainKeys) bool {
	return slices.EqualFunc(a.Identifiers, b.Identifiers, sameKey) && slices.EqualFunc(a.Elsewhere, b.Elsewhere, sameKey) &&
		bytes.Equal(a.Tombstone, b.Tombstone) && bytes.Equal(a.Playbook, b.Playbook)
}

// Chain gives the chain's keys, and whether the box has any.
func (b *Box) Chain() (edge.ChainKeys, bool) {
	b.adopting.Lock()
	defer b.adopting.Unlock()
	if b.keys.Chain == nil {
		return edge.ChainKeys{}, false
	}
	return *b.keys.Chain, true
}

// OwnKeys are the box's own identifier keys: what enrolling tells head office, so that others make tombstones under them.
func (b *Box) OwnKeys() []edge.Key {
	b.adopting.Lock()
	defer b.adopting.Unlock()
	return slices.Clone(b.keys.Identifiers)
}

// OpenChain opens the keys of head office, and makes them at the first start: its identifier keys and its tombstone key
// are the chain's.
func OpenChain(dir string) (*Box, error) {
	keys, err := readKeys(filepath.Join(dir, KeyFile))
	if errors.Is(err, fs.ErrNotExist) {
		keys, err = create(dir, &office{Tombstone: random(32), Playbook: random(ed25519.SeedSize)})
	}
	if err != nil {
		return nil, err
	}
	if keys.Office == nil {
		return nil, fmt.Errorf("%q holds the keys of a store's box, not of head office; give head office a state directory of its own", dir)
	}
	return newBox(dir, keys)
}

// ChainKeys are what head office tells its boxes, with the keys that KnowElsewhere was told last. Of a box's own keys it
// is the zero value.
func (b *Box) ChainKeys() edge.ChainKeys {
	b.adopting.Lock()
	defer b.adopting.Unlock()
	o := b.keys.Office
	if o == nil {
		return edge.ChainKeys{}
	}
	public := ed25519.NewKeyFromSeed(o.Playbook).Public().(ed25519.PublicKey)
	return edge.ChainKeys{Identifiers: slices.Clone(b.keys.Identifiers), Tombstone: slices.Clone(o.Tombstone),
		Elsewhere: slices.Clone(b.live.Load().elsewhere), Playbook: public}
}

// KnowElsewhere tells head office's keys those of the boxes, which it keeps in its database: HashesEverywhere has them
// from then on. They are not written to the key file.
func (b *Box) KnowElsewhere(keys []edge.Key) error {
	for _, k := range keys {
		if len(k.Key) != 32 || k.ID == 0 {
			return errors.New("taking the boxes' keys: one has the wrong length or no id")
		}
	}
	b.adopting.Lock()
	defer b.adopting.Unlock()
	b.live.Store(b.live.Load().with(slices.Clone(keys)))
	return nil
}

// SignPlaybook signs a playbook's message with head office's key. It gives nil where there is none.
func (b *Box) SignPlaybook(message []byte) []byte {
	b.adopting.Lock()
	defer b.adopting.Unlock()
	if b.keys.Office == nil {
		return nil
	}
	return ed25519.Sign(ed25519.NewKeyFromSeed(b.keys.Office.Playbook), message)
}
