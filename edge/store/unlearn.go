// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"

	"redbench/edge"
)

// lowers reports whether going from one level of consent to another takes something back.
func lowers(from, to edge.Consent) bool {
	return from == edge.ConsentRemember && to != edge.ConsentRemember || from == edge.ConsentRecognise && to == edge.ConsentNone
}

// unlearning deletes all that was learnt of a customer or said to her. Her visits stay, as a stranger's. Each statement
// finds its rows by an index: an import may lower the consent of thousands while tills wait for the writer.
var unlearning = [...]string{
	`UPDATE words SET fact = NULL WHERE fact IN (SELECT id FROM facts WHERE customer = ?)`,
	`UPDATE words SET closed = NULL WHERE closed IN (SELECT id FROM facts WHERE customer = ?)`,
	`UPDATE words SET prompt = NULL WHERE id IN (SELECT word FROM outcomes WHERE prompt IN (SELECT id FROM prompts WHERE customer = ?))`,
	`DELETE FROM outcomes WHERE prompt IN (SELECT id FROM prompts WHERE customer = ?)`,
	`DELETE FROM prompts WHERE customer = ?`,
	`DELETE FROM said WHERE customer = ?`,
	`DELETE FROM carded WHERE customer = ?`,
	`DELETE FROM lineage WHERE merge IN (SELECT number FROM merges WHERE customer = ?)`,
	`DELETE FROM merges WHERE customer = ?`,
	`DELETE FROM facts WHERE customer = ?`,
	`DELETE FROM habits WHERE customer = ?`,
	`DELETE FROM memory WHERE customer = ?`,
	`UPDATE visits SET customer = NULL WHERE customer = ?`,
}

func (w *work) unlearn(ref edge.CustomerRef) error {
	if err := w.leaves(ref); err != nil {
		return err
	}
	for _, query := range unlearning {
		if err := w.exec(query, int64(ref)); err != nil {
			return err
		}
	}
	return w.untell(ref)
}

// untell takes back what waits to be told of what was learnt of her. That a fact was deleted (only such a row has a body) is
// told all the same: others may hold the fact still, and she may be remembered there.
func (w *work) untell(ref edge.CustomerRef) error {
	if err := w.flush(); err != nil {
		return err
	}
	const learnt = `kind IN ('fact', 'outcome') AND coalesce(length(body), 0) = 0` // wiping leaves an empty one
	for _, query := range []string{wipeRows + learnt, voidRows + learnt, strangerRows} {
		if err := w.exec(query, int64(ref)); err != nil {
			return err
		}
	}
	return nil
}

// wipe overwrites a customer's key and sealed columns in place and at the same length: a delete or a longer value may
// leave their page to be rearranged, and of all that is hers the key is what must be gone.
func (w *work) wipe(ref edge.CustomerRef) error {
	if err := w.trace(ref); err != nil {
		return err
	}
	return w.exec(`UPDATE customers SET wrapped = zeroblob(length(wrapped)), sealed = zeroblob(length(sealed)), tap = zeroblob(length(tap)) WHERE ref = ?`, int64(ref))
}

// takeBack takes back her key with all that it sealed, and what was learnt. What is kept of her has to be sealed under
// a new key.
func (w *work) takeBack(ref edge.CustomerRef) error {
	w.touch(ref)
	return errors.Join(w.wipe(ref), w.unlearn(ref))
}

// allowed is what may be kept of a person. Of one who said no it is the chain's id alone, by which she is known as
// somebody who said no.
func (p person) allowed(consent edge.Consent) person {
	if consent == edge.ConsentNone {
		return person{chain: p.chain}
	}
	return p
}
