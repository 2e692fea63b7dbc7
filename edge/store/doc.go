// SPDX-License-Identifier: Apache-2.0

// Package store keeps the box's record in SQLite: events, customers and what identifies them, facts, visits and what
// they teach, prompts and what came of them, lanes, screens, quarantine.
//
// Reads of the hot path go to a pool of read-only connections and never wait for the writer. There is one writing
// connection; [Store.Commit] makes many entries durable with one sync. The journal is a write-ahead log with
// synchronous=FULL, since an acknowledged event must outlive a power cut; it is copied back by a connection of its own,
// so that no commit pays for it.
package store
