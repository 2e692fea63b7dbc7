// SPDX-License-Identifier: Apache-2.0

// Package downlink asks head office what this store is to know, page by page after a cursor: erasures first, then
// profiles, facts, the playbook and settings. A page is applied in the transaction that moves the cursor, so that each
// is applied once however often it comes. It also asks for a card that the box never met.
package downlink
