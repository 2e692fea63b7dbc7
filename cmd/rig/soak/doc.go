// SPDX-License-Identifier: Apache-2.0

// Package soak lives through weeks of a store in minutes, with the real daemon as a process of its own on a clock that is
// moved on, and looks whether memory, handles and disk stay as they are.
package soak
