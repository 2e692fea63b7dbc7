// SPDX-License-Identifier: Apache-2.0

// Package uplink sends a box's outbox to head office: orders to forget first, then records in their order, each until
// head office says that it is durable there. Any batch may be lost, or its answer, or both ends may be restored from a
// backup: what was told is told again until it is known to be kept, and nothing that was told twice counts twice.
//
// It takes little of the box. Tills come first, and so it rests after each batch in proportion to the work that it was.
package uplink
