// SPDX-License-Identifier: Apache-2.0

package wire

// Version is the version of everything here. Each side names it in VersionHeader; head office answers 426 to one that it
// does not speak.
const Version = 1

// VersionHeader is the header that tells the Version.
const VersionHeader = "Redbench-Wire"

// Limits of what is decoded, in bytes where nothing else is said.
const (
	MaxBatch   = 4 << 20  // a body of JSON lines, unpacked
	MaxLine    = 1 << 20  // one of its lines
	MaxRecords = 20_000   // records of one batch
	MaxChanges = 20_000   // changes of one page
	MaxOrders  = 1_000    // orders of one call
	MaxTold    = 4_000    // tombstones of one order that a store gives, and as many ids
	MaxMessage = 1 << 20  // a question or an answer that is one JSON object
	MaxHashes  = 64       // identifiers of one lookup
	MaxProblem = 16 << 10 // the body of a refusal
	MaxWait    = 300      // seconds that a question for changes may ask to wait
)

// Media types.
const (
	TypeJSON    = "application/json"
	TypeLines   = "application/x-ndjson"
	TypeProblem = "application/problem+json"
)
