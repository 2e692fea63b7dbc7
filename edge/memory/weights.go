// SPDX-License-Identifier: Apache-2.0

package memory

// The weights that ship.
var (
	shippedAgain, shippedAgainOrder [againSize]float64
	shippedFresh, shippedFreshOrder [freshSize]float64
)
