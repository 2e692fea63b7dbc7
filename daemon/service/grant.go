// SPDX-License-Identifier: Apache-2.0

package service

// Granted is what the service may write beside its state directory.
type Granted struct {
	Changed bool
	File    string // where that is said
	Dir     string // empty: nothing, as backups lie in the state directory, or as this system keeps nobody from writing
	But     string // why it cannot write there all the same; empty: nothing is known against it
}

// Grant lets the service write where its backups lie, and nowhere else outside its state directory any more. What stands as it
// should is left alone. With dry it only tells what would change.
func (m *Manager) Grant(dry bool) (Granted, error) { return m.host.Grant(m.options, dry) }
