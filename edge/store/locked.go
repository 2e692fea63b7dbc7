// SPDX-License-Identifier: Apache-2.0

package store

// Lock locks the profiles, or opens them again. Of a box that has not heard for days who is to be forgotten, each tap is
// a stranger's: Tap, Profile and ProfileOf answer edge.ErrLocked, while events are kept as ever. It is not at rest:
// whoever knows when head office was last asked says so at each start (see Cursor).
func (s *Store) Lock(locked bool) { s.locked.Store(locked) }
