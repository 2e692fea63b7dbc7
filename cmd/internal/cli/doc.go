// SPDX-License-Identifier: Apache-2.0

// Package cli is how our programs behave on a command line: exit codes, arguments that are checked, results that can be
// had as JSON, hints that can be typed as they stand, files to import and their progress.
package cli
