// SPDX-License-Identifier: Apache-2.0

// Package store keeps head office's records in SQLite. Several processes may have the database open: the server, and the
// verbs of the command line beside it. Nothing is therefore remembered between two transactions, and whoever writes waits
// for the others at the beginning of its transaction.
package store
