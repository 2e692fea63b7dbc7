// SPDX-License-Identifier: Apache-2.0
// What the cashier told and the box has not confirmed yet. It outlives a reload and a lost link, and is sent again with
// the same id until the box says ok. It never holds a customer's name: a word names a prompt by its id.
//
// Each word rests under a key of its own, so that two pages of one lane do not write over each other's words. A page may
// then send what another has sent already; the box knows a word by its id.

import { newID } from './dom.js';

const MOST = 200;
const OLDEST_MS = 24 * 3600 * 1000;
const ANSWER_MS = 8000;
const AGAIN_MS = 1500;
const PAUSE_MS = 10000; // a pause is about now: one that could not be said in time is not said at all

/**
 * @typedef {{type: string, id: string, [field: string]: any}} Word
 * @typedef {{word: Word, at: number}} Kept
 * @typedef {(error: {code: string, text: string}|null) => void} Answered
 */

export class Outbox {
  /** @param {string} lane @param {(word: Word) => boolean} send */
  constructor(lane, send) {
    this.prefix = `redbench.word.${lane}.`; // a lane's name holds no dot
    this.send = send;
    /** @type {Map<string, Answered>} */ this.waiting = new Map();
    this.flying = '';
    this.timer = 0;
    this.words = this.load();
    window.addEventListener('storage', (event) => { // another page of this lane has had its answer
      if (event.newValue === null && event.key?.startsWith(this.prefix)) this.lose(event.key.slice(this.prefix.length));
    });
  }

  /** @returns {Kept[]} oldest first */
  load() {
    /** @type {Kept[]} */ const words = [];
    for (const key of this.keys()) {
      const kept = read(key);
      if (kept && Date.now() - kept.at < OLDEST_MS) words.push(kept);
      else store(key, null);
    }
    return words.sort((a, b) => a.at - b.at);
  }

  keys() {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    } catch {
      return [];
    }
  }

  /**
   * Keeps a word until the box has it.
   * @param {{type: string, [field: string]: any}} fields @param {Answered} [answered] @returns {string} its id
   */
  put(fields, answered) {
    const kept = { word: /** @type {Word} */ ({ ...fields, id: newID() }), at: Date.now() };
    this.words.push(kept);
    if (answered) this.waiting.set(kept.word.id, answered);
    store(this.prefix + kept.word.id, kept);
    if (this.words.length > MOST) this.evict();
    this.pump();
    return kept.word.id;
  }

  /** Makes room: what was seen is worth less than what a cashier said. */
  evict() {
    const out = this.words.find((k) => k.word.type === 'seen') || this.words[0];
    this.drop(out.word.id);
  }

  /** @param {string} id */
  drop(id) {
    this.words = this.words.filter((k) => k.word.id !== id);
    store(this.prefix + id, null);
  }

  /** A word that is on its way from here keeps its place until its answer. @param {string} id */
  lose(id) {
    if (id !== this.flying) this.words = this.words.filter((k) => k.word.id !== id);
  }

  /** How many notes and verdicts wait; "seen" is the box's business, not the cashier's. */
  get pending() {
    return this.words.filter((k) => k.word.type !== 'seen').length;
  }

  /** Sends the first word; the next follows its answer, so that they arrive in order. */
  pump() {
    if (this.flying) return;
    const late = this.words.filter((k) => k.word.type === 'pause' && Date.now() - k.at >= PAUSE_MS);
    for (const { word } of late) this.drop(word.id);
    if (!this.words.length) return;
    const { word } = this.words[0];
    if (!this.send(word)) return;
    this.flying = word.id;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.retry(), ANSWER_MS);
  }

  retry() {
    this.flying = '';
    this.pump();
  }

  /** The link is new: whatever was on its way is sent again. */
  up() { this.retry(); }

  /** @param {{type: string, id: string, code?: string, text?: string}} answer */
  answer(answer) {
    if (answer.id !== this.flying) return;
    clearTimeout(this.timer);
    if (answer.type === 'error' && (answer.code === 'rate' || answer.code === 'unavailable')) {
      this.timer = setTimeout(() => this.retry(), AGAIN_MS);
      return;
    }
    this.flying = '';
    this.drop(answer.id);
    const answered = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    answered?.(answer.type === 'ok' ? null : { code: answer.code || '', text: answer.text || '' });
    this.pump();
  }

  /** This screen is no longer paired: nothing stays behind on it. */
  wipe() {
    this.words = [];
    for (const key of this.keys()) store(key, null);
  }
}

/** @param {string} key @returns {Kept|null} */
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) || 'null');
  } catch {
    return null;
  }
}

/** @param {string} key @param {Kept|null} kept */
function store(key, kept) {
  try {
    if (kept) localStorage.setItem(key, JSON.stringify(kept));
    else localStorage.removeItem(key);
  } catch { /* no storage: words live as long as the page */ }
}
