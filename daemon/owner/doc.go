// SPDX-License-Identifier: Apache-2.0

// Package owner makes root the user whose directory it works in.
package owner
