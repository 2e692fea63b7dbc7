// SPDX-License-Identifier: Apache-2.0

// Package seal keeps what names a person unreadable at rest: identifiers become keyed hashes, a customer's columns are
// sealed under a key of her own, and that key is wrapped by the box's. Wiping the wrapped key is what forgetting means:
// every copy of her sealed columns, wherever it still lies, is noise from then on.
//
// The keys live in one file of the state directory, made at the first start. Who can read that file can read the record;
// who has the database alone cannot.
package seal
