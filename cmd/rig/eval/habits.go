// SPDX-License-Identifier: Apache-2.0

package eval

// habitParts measure what is said of her usual things and of what is due.
func habitParts() []part { return nil }
