// SPDX-License-Identifier: Apache-2.0

// Package wire is what travels between a store's box and head office: records up, pages of changes down, and the small
// questions and answers beside them. Lists are JSON lines, packed with zstd; everything else is one JSON object. Both
// ends encode and decode here, so that neither can understand something else than the other meant.
//
// Decoding is strict: an unknown field, a name that comes twice, a text that is not UTF-8, a body that does not fit its
// kind or a size beyond the limits is refused as a whole. What is new gets a new [Version], which each side names.
package wire
