// SPDX-License-Identifier: Apache-2.0

package eval

// rhythmParts measure what is said of her visits' rhythm.
func rhythmParts() []part { return nil }
