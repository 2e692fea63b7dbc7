// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"
	"sync/atomic"

	"redbench/edge"
)

// Box holds one box's keys, and those of the chain it belongs to. It is safe for concurrent use.
type Box struct {
	dir         string
	wrapping    cipher.AEAD
	own         cipher.AEAD // what belongs to the box and to no customer
	digest      *macPool
	tombstone   *macPool // the box's own
	fingerprint [8]byte

	adopting sync.Mutex // held while the key file changes
	keys     keyFile    // as it is at rest; behind adopting
	live     atomic.Pointer[live]
}

type identifierKey struct {
	edge.Key
	mac *macPool
}

// Hash is an identifier under one live key.
type Hash struct {
	Key uint32
	Sum [32]byte
}

// ErrSealed says that something sealed cannot be opened: it was changed, moved to another row, or sealed under another key.
var ErrSealed = errors.New("sealed data does not open")

// newBox derives what is needed from the keys at rest.
func newBox(dir string, keys keyFile) (*Box, error) {
	b := &Box{dir: dir, keys: keys}
	var err error
	if b.wrapping, err = newAEAD(keys.Wrapping); err != nil {
		return nil, err
	}
	derived := make(map[string][]byte)
	for _, purpose := range []string{"own", "digest", "tombstone", "fingerprint"} {
		key, err := hkdf.Key(sha256.New, keys.Box, nil, "redbench "+purpose, 32)
		if err != nil {
			return nil, fmt.Errorf("deriving the %s key: %w", purpose, err)
		}
		derived[purpose] = key
	}
	if b.own, err = newAEAD(derived["own"]); err != nil {
		return nil, err
	}
	b.digest = newMACPool(derived["digest"])
	b.tombstone = newMACPool(derived["tombstone"])
	// The wrapping key is part of the fingerprint: a database without it is unreadable, whatever the box key is.
	sum := newMACPool(derived["fingerprint"]).sum(keys.Wrapping)
	copy(b.fingerprint[:], sum[:])
	b.live.Store(b.enliven(keys))
	return b, nil
}

// Hashes gives the identifier's HMAC-SHA-256 under each live key, the current one first: the chain's before the box's
// own. The value is normalised by its kind, so that a phone number typed with spaces is the same phone number.
func (b *Box) Hashes(id edge.Identifier) []Hash { return hashes(id, b.live.Load().identifiers) }

// HashesEverywhere gives the identifier's hashes under the live keys, and then under those that boxes of the chain have
// for themselves: whoever forgets a customer must name her as any box may hold her.
func (b *Box) HashesEverywhere(id edge.Identifier) []Hash {
	return hashes(id, b.live.Load().everywhere)
}

func hashes(id edge.Identifier, keys []identifierKey) []Hash {
	out := make([]Hash, len(keys))
	kind, value := []byte(id.Kind), []byte(Normal(id))
	for i, k := range keys {
		out[i] = Hash{Key: k.ID, Sum: k.mac.sum(kind, value)}
	}
	return out
}

// Digest gives a keyed digest of parts. Each part's length goes in before it, so that ("ab","c") differs from ("a","bc").
func (b *Box) Digest(parts ...[]byte) [16]byte {
	sum := b.digest.sum(parts...)
	return [16]byte(sum[:16])
}

// Fingerprint tells this box's keys from another's without saying anything about them. A database keeps it, so that
// one that is opened with the wrong keys is refused instead of losing every customer silently.
func (b *Box) Fingerprint() [8]byte { return b.fingerprint }

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("preparing a key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("preparing a key: %w", err)
	}
	return aead, nil
}

// macPool keeps HMAC states of one key: setting one up costs two blocks of SHA-256, which an import would pay twice a row.
type macPool struct{ pool sync.Pool }

func newMACPool(key []byte) *macPool {
	key = append([]byte(nil), key...)
	return &macPool{pool: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

func (p *macPool) sum(parts ...[]byte) (out [32]byte) {
	mac := p.pool.Get().(hash.Hash)
	mac.Reset()
	var length [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		mac.Write(length[:])
		mac.Write(part)
	}
	mac.Sum(out[:0])
	p.pool.Put(mac)
	return out
}
