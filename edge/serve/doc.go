// SPDX-License-Identifier: Apache-2.0

// Package serve is the hot path: a till's message comes in, the lane decides what it means, the profile is read, the
// playbook chooses, the screen shows. It owns the writer: in parallel to the screen, each cause becomes one [edge.Entry],
// many entries become one transaction, and only then is the till told. The screen never waits for the disk; the
// acknowledgement always does.
//
// [Service.Receive] takes what tills say, [Service.Tell] what cashiers say, and timers end what nobody ended.
package serve
