// SPDX-License-Identifier: Apache-2.0
// The sheet that comes up from below: a question and a few large answers.

import { button, el } from './dom.js';

export class Sheet {
  /** @param {HTMLElement} node @param {(key: string) => string} t */
  constructor(node, t) {
    this.node = node;
    this.t = t;
    /** @type {Element|null} */ this.from = null;
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape') this.close(); });
    document.addEventListener('pointerdown', (event) => {
      if (!this.node.hidden && !this.node.contains(/** @type {Node} */ (event.target))) this.close();
    });
  }

  /** @param {string} title @param {string} text @param {[string, () => void][]} answers */
  open(title, text, answers) {
    this.close();
    this.from = document.activeElement;
    this.from?.setAttribute('aria-expanded', 'true');
    const head = el('h2', '', title);
    head.dir = 'auto';
    head.id = 'sheet-title';
    this.node.setAttribute('aria-labelledby', head.id);
    const buttons = answers.map(([label, press]) => button(label, '', () => { this.close(); press(); }));
    this.node.replaceChildren(head);
    if (text) this.node.append(el('p', '', text));
    this.node.append(el('div', 'actions', ...buttons, button(this.t('close'), 'close', () => this.close())));
    this.node.hidden = false;
    buttons[0]?.focus({ preventScroll: true });
  }

  close() {
    if (this.node.hidden) return;
    this.node.hidden = true;
    this.node.replaceChildren();
    this.from?.removeAttribute('aria-expanded');
    if (this.from instanceof HTMLElement && this.from.isConnected) this.from.focus({ preventScroll: true });
  }
}
