// SPDX-License-Identifier: Apache-2.0
// The notes that a cashier takes. A note belongs to the prompt that it was begun on, by id, and outlives its card: the
// next customer puts it aside, and it can be finished for a while. Nothing here names a customer.

import * as states from './states.js';

const KEEP_MS = 60000; // how long a note that nobody writes on is kept

/** What a cashier may note of her own accord; the box's farewell puts its own first. */
const kinds = ['complaint', 'promise', 'preference', 'interest', 'person', 'praise',
  'date', 'avoid', 'limit', 'no-chat', 'no-greeting'];

/** What an answer to a question can be. */
const answerKinds = ['interest', 'preference', 'person'];

/**
 * @typedef {{prompt: string, kind: string, kinds?: string[], answers?: string, text: string, date: string}} Draft
 * @typedef {{prompt: string, kind: string, text: string, date?: string, answers?: string}} Note
 * @typedef {{show: (state: HTMLElement) => void, leave: () => void, send: (note: Note) => void}} Host
 */

export class Notes {
  /** @param {states.Words} t @param {Record<string, string[]>} choices @param {Host} host */
  constructor(t, choices, host) {
    this.t = t;
    this.choices = choices;
    this.host = host;
    /** @type {Draft|null} */ this.open = null;
    /** @type {Draft|null} */ this.aside = null;
    this.touched = 0;
  }

  /** Asks what kind of note it is. @param {string} prompt @param {string[]} [offered] none: all kinds, the rest folded away */
  choose(prompt, offered) {
    this.begin({ prompt, kind: '', text: '', date: '' });
    const leave = () => this.leave();
    const all = offered || kinds;
    const unfold = offered ? null : () => this.choose(prompt, kinds);
    this.host.show(states.kinds(all, this.t, (kind) => this.take(prompt, kind), unfold, leave));
  }

  /** @param {string} prompt @param {string} kind */
  take(prompt, kind) { this.write({ prompt, kind, text: '', date: '' }); }

  /** The answer to a question, which stands in the place of the fact that was asked about. @param {string} prompt @param {string} [fact] */
  answer(prompt, fact) {
    this.write({ prompt, kind: answerKinds[0], kinds: answerKinds, answers: fact, text: '', date: '' });
  }

  /** @param {Draft} draft */
  write(draft) {
    this.begin(draft);
    this.host.show(states.note(draft, this.choices[draft.kind] || [], this.t, {
      typed: () => { this.touched = Date.now(); },
      kind: (kind) => this.write({ ...draft, kind }),
      send: () => this.send(draft),
      leave: () => this.leave(),
    }));
  }

  /** @param {Draft} draft */
  begin(draft) {
    this.open = draft;
    this.touched = Date.now();
  }

  /** @param {Draft} draft */
  send(draft) {
    const { prompt, kind, text, date, answers } = draft;
    this.host.send({ prompt, kind, text: text.trim(), ...(date && { date }), ...(answers && { answers }) });
    this.leave();
  }

  leave() {
    this.open = null;
    this.host.leave();
  }

  /** The next customer is here: the form goes, and what was written is kept for a while. */
  putAside() {
    if (this.open?.text.trim()) {
      this.aside = this.open;
      this.touched = Date.now();
    }
    this.open = null;
  }

  /** Goes on with what was put aside. */
  finish() {
    const draft = this.aside;
    this.aside = null;
    if (draft) this.write(draft);
  }

  /** Somebody is to be forgotten: so is what was being written. */
  drop() { this.open = this.aside = null; }

  /** Ends what nobody goes on with. */
  tick() {
    if (Date.now() - this.touched < KEEP_MS) return;
    this.aside = null;
    if (!this.open) return;
    this.putAside();
    this.host.leave();
  }
}
