// SPDX-License-Identifier: Apache-2.0

// Package memory says what the record means: how usual a thing is for a customer, how steady her visits are, how well
// the store knows her, and how long she was away. It is pure arithmetic over [edge.Profile]; the store keeps what it
// computes, and the playbook reads it.
//
// # Her usual, and what is due
//
// The store keeps three things. A row of its habits for each customer and thing: a [Thing], of which LogW, Times and Last
// are numbers and More is MoreSize bytes ([More.Append], [ReadMore]); a purchase changes the rows of the basket alone. A blob
// for each customer: a [Person], her baskets and her Shortlist most usual things, which is what a tap reads. A blob for the
// store: a [Model]. SKUs are in none of them; the store gives them to her things when it has read them and is about to learn.
//
// At a visit, in the order of time: the items of [Things] become rows, as kept or new with Item and SKU alone; then
// [Model.Learn] with the person as she was, then [Person.Learn], whose result is written back. A visit that comes late is
// learnt by folding all visits anew from an empty Person, without the model: it learns each visit once, and is not exact.
// Losing the model's last lessons does no harm, and skipping some under load does none either. At a tap: [Model.Usual], of
// which a screen names what is [Named]. The model is to be locked: many taps at once, or one lesson. Moments are to be in
// the store's own time zone, since days of the week count.
//
// Money never enters: no function here sees an amount.
package memory
