// SPDX-License-Identifier: Apache-2.0

package memory

// What tests look at from outside.
var (
	StudentQuantile = studentQuantile
	StudentAbove    = studentAbove
	Bend            = bend
	Supported       = supported
)

// Fade is what a gap still weighs when the next one is known.
const Fade = fade
