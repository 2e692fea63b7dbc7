// SPDX-License-Identifier: Apache-2.0

// Package exchange reads and writes the files that customers and visits come and go in: CSV with a header, or JSON
// lines. A reader gives row by row, so that a file of any size takes the memory of one line; a row that cannot be used
// comes as an *edge.BadRow, and the next row after it.
//
// One line is one row: no column of ours holds a line break, and so a quote that is never closed costs its own line
// and not the rest of the file.
package exchange
