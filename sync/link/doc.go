// SPDX-License-Identifier: Apache-2.0

// Package link is a box's connection to head office: how it enrols and what credentials it keeps, the calls themselves,
// and when and how fast it may use the line. It knows nothing of what a box stores.
//
// Every call is bounded: by a time without progress, which ends a link that is half open, and by the size of what may
// come back. What is refused comes as an error that says what a person should do.
package link
