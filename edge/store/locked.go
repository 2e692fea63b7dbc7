// SPDX-License-Identifier: Apache-2.0

package store

import "redbench/edge"

// Lock locks the profiles, or opens them again. Of a box that has not heard for days who is to be forgotten, each tap is
// a stranger's: Tap, Profile and ProfileOf answer edge.ErrLocked, while events are kept as ever. It is not at rest:
// whoever knows when head office was last asked says so at each start (see Cursor).
func (s *Store) Lock(locked bool) { s.locked.Store(locked) }

// LookupHashes are an identifier's hashes under the keys that the whole chain has, to ask head office by; none while the
// box works alone. Under a key of its own nobody else could find her.
func (s *Store) LookupHashes(id edge.Identifier) []edge.IdentifierHash {
	chain, enrolled := s.opt.Seal.Chain()
	if !enrolled {
		return nil
	}
	shared := make(map[uint32]bool, len(chain.Identifiers))
	for _, key := range chain.Identifiers {
		shared[key.ID] = true
	}
	var out []edge.IdentifierHash
	for _, hash := range s.opt.Seal.Hashes(id) {
		if shared[hash.Key] {
			out = append(out, edge.IdentifierHash{Key: hash.Key, Sum: hash.Sum[:], Kind: id.Kind})
		}
	}
	return out
}
