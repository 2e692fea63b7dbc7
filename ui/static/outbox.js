// SPDX-License-Identifier: Apache-2.0
// What the cashier told and the box has not confirmed yet. It outlives a reload and a lost link, and is sent again with
// the same id until the box says ok. It never holds a customer's name: a word names a prompt by its id.

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
    this.key = 'redbench.words.' + lane;
    this.send = send;
    /** @type {Map<string, Answered>} */ this.waiting = new Map();
    this.flying = '';
    this.timer = 0;
    this.words = this.load();
  }

  /** @returns {Kept[]} */
  load() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) || '[]');
      return kept.filter((/** @type {Kept} */ k) => Date.now() - k.at < OLDEST_MS);
    } catch {
      return [];
    }
  }

  save() {
    try {
      if (this.words.length) localStorage.setItem(this.key, JSON.stringify(this.words));
      else localStorage.removeItem(this.key);
    } catch { /* no storage: they live as long as the page */ }
  }

  /**
   * Keeps a word until the box has it.
   * @param {{type: string, [field: string]: any}} fields @param {Answered} [answered] @returns {string} its id
   */
  put(fields, answered) {
    const word = /** @type {Word} */ ({ ...fields, id: newID() });
    this.words.push({ word, at: Date.now() });
    if (this.words.length > MOST) this.words.shift();
    if (answered) this.waiting.set(word.id, answered);
    this.save();
    this.pump();
    return word.id;
  }

  /** Takes back a word that may not have left. @param {string} id @returns {boolean} whether that was in time */
  take(id) {
    if (this.flying === id) return false;
    const before = this.words.length;
    this.words = this.words.filter((k) => k.word.id !== id);
    this.save();
    return this.words.length < before;
  }

  /** How many notes and verdicts wait; "seen" is the box's business, not the cashier's. */
  get pending() {
    return this.words.filter((k) => k.word.type !== 'seen').length;
  }

  /** Sends the first word; the next follows its answer, so that they arrive in order. */
  pump() {
    if (this.flying) return;
    this.words = this.words.filter((k) => k.word.type !== 'pause' || Date.now() - k.at < PAUSE_MS);
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
    this.words = this.words.filter((k) => k.word.id !== answer.id);
    this.save();
    const answered = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    answered?.(answer.type === 'ok' ? null : { code: answer.code || '', text: answer.text || '' });
    this.pump();
  }

  /** This screen is no longer paired: nothing stays behind on it. */
  wipe() {
    this.words = [];
    this.save();
  }
}
