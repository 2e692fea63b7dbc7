// SPDX-License-Identifier: Apache-2.0

// Package doctor says what is wrong with a box or with head office, and what to do about it.
//
// A [Check] looks at one thing and adds to [Findings]; [Run] runs each within its own time, so that one that hangs hangs no
// other. What a check may find is a [Kind] of the [Catalogue], with its words: so the documentation can be written from it,
// and nothing that a check saw reaches a person but what a kind has a place for. The checks' judgements are functions of
// plain facts; who calls them gathers these.
package doctor
