// SPDX-License-Identifier: Apache-2.0

// Package pages is what people at head office see in a browser: the fleet, a store a row, what is wrong first and in
// words. It is read only; whatever changes something is a verb of redbench-hq.
package pages
