// SPDX-License-Identifier: Apache-2.0

// Package memory says what the record means: how usual a thing is for a customer, how steady her visits are, how well
// the store knows her, and how long she was away. It is pure arithmetic over [edge.Profile]; the store keeps what it
// computes, and the playbook reads it.
//
// Money never enters: no function here sees an amount.
package memory
