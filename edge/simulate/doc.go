// SPDX-License-Identifier: Apache-2.0

// Package simulate makes up a small chain and a day in one of its stores: customers with names in many languages and
// scripts, what they buy and when, what they told us, and the tills' events of a day, with everything that real tills
// do (second cards, suspended and abandoned checkouts, returns, messages sent twice).
//
// Everybody in it is invented. Names are common first names; the tables in data/ were written by hand for this package.
// All of it follows from a seed and a moment, so that a day can be had again.
//
// [NewChain] makes the chain with its past visits, [Day] a day of events, and [Player] sends events at any speed.
package simulate
