// SPDX-License-Identifier: Apache-2.0

// Package torture looks for ways in which what a store tells head office, or head office a store, could be lost, doubled
// or brought back. It runs whole chains in one process: real boxes and a real head office on small directories, joined by
// a line that loses, doubles, delays and spoils what goes over it, with power cuts between any two transactions, restored
// and cloned disks, and clocks that are wrong. When all faults have stopped and everybody has been heard, it looks whether
// each visit is at head office once, everybody knows the same, and nobody knows the forgotten.
//
// One number, the seed, decides all that happens in a schedule, so that a schedule that failed can be seen again step by
// step. Nothing waits for real time.
package torture
