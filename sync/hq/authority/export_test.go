// SPDX-License-Identifier: Apache-2.0

package authority

import "crypto/ecdsa"

// leafKey is the server certificate's key, for a test that writes it into files.
func (a *Authority) leafKey() *ecdsa.PrivateKey { return a.leaf.PrivateKey.(*ecdsa.PrivateKey) }
