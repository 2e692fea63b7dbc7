// SPDX-License-Identifier: Apache-2.0

// Package hqtest is for tests: a small head office and a small box, both in memory and of few lines, so that what they
// should do can be seen; and what goes wrong between them. Faulty wraps any handler with faults by script or by seed,
// Transport carries calls to a handler without a network (so that testing/synctest can hold the clock), and Proxy is a
// real line with real faults.
package hqtest
