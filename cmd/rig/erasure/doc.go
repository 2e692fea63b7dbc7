// SPDX-License-Identifier: Apache-2.0

// Package erasure tells one story with real programs: a customer whom three stores and head office know asks one of them to
// be forgotten. Before, a search through every byte that they keep finds her everywhere; after everybody has done it, it
// finds her nowhere, and nothing that comes late or out of an old copy brings her back. What she says herself does.
package erasure
