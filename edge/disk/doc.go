// SPDX-License-Identifier: Apache-2.0

// Package disk says how much room a disk has, and makes what is written to it outlive a power cut.
package disk
