// SPDX-License-Identifier: Apache-2.0
// What each state of the screen looks like. Functions from a message to an element; they change nothing.

import { bdi, bench, button, el, glyph } from './dom.js';

/** @typedef {(key: string, fill?: Record<string, string|number>) => string} Words */
/** @typedef {{text: string, fact?: string, why?: string, open?: boolean}} Line */

const lineNames = ['remember', 'do', 'ask', 'avoid'];

/** Slats of the bench that are painted: a quiet mark for the cashier, and never a word. */
/** @type {Record<string, number>} */
const slats = { stranger: 0, new: 1, familiar: 2, regular: 3, honoured: 4 };

/**
 * @param {any} p a prompt @param {Words} t @param {(name: string, line: Line) => void} tapped
 */
export function prompt(p, t, tapped) {
  const lines = lineNames
    .filter((name) => p[name] && !(name === 'ask' && p.avoid)) // avoid stands in the place of ask
    .map((name) => line(name, p[name], t, tapped));
  const list = el('div', 'lines', ...lines);
  list.style.setProperty('--longest', String(Math.max(...lineNames.map((name) => t(name).length))));
  return el('section', 'state prompt', who(p.who, t), lines.length > 0 && list);
}

/** @param {any} w @param {Words} t */
function who(w, t) {
  const called = w.address || w.name || '';
  const greeting = w.greeting || '';
  const large = called || greeting;
  const name = el('h1', 'name', bdi(large, '', called ? '' : w.language));
  if (w.language) name.lang = w.language;
  const meta = el('p', 'meta',
    w.say && called ? el('span', 'say', t('say') + ' ', el('b', '', bdi(w.say))) : null,
    w.address && w.name && w.address !== w.name ? bdi(w.name, 'also') : null,
    w.since ? bdi(w.since, 'since') : null);
  return el('header', called && greeting ? 'who' : 'who plain',
    called && greeting ? el('p', 'greeting', bdi(greeting, '', w.language)) : null,
    name,
    meta.childNodes.length > 0 && meta,
    /** @type {any} */ (bench(slats[w.stage] ?? 0, 'stage-mark')));
}

/** @param {string} name @param {Line} l @param {Words} t @param {(name: string, line: Line) => void} tapped */
function line(name, l, t, tapped) {
  const node = button('', 'line ' + name, () => tapped(name, l));
  node.dataset.line = name;
  const text = el('span', 'text', l.text);
  text.dir = 'auto';
  node.append(el('span', 'label', /** @type {any} */ (glyph(name)), el('span', '', t(name))), text);
  return node;
}

/** @param {any} f a farewell @param {Words} t @param {(kind: string) => void} chosen */
export function farewell(f, t, chosen) {
  const head = el('h1', '', f.text);
  head.dir = 'auto';
  const kinds = f.prompt ? f.chips || [] : [];
  const chips = kinds.map((/** @type {string} */ kind) => {
    const chip = button(t('kind.' + kind), '', () => chosen(kind));
    chip.dataset.kind = kind;
    return chip;
  });
  return el('section', 'state farewell', head,
    chips.length > 0 && el('div', '', el('p', 'over', t('farewell.ask')), el('div', 'chips', ...chips)));
}

/** @param {{title: string, text: string}|undefined} principle @param {Words} t */
export function idle(principle, t) {
  const known = principle && (principle.title || principle.text);
  return el('section', 'state calm idle', /** @type {any} */ (bench(4, 'bench')),
    known ? el('div', '', el('p', 'over', t('principle')), el('h1', '', principle.title)) : el('h1', '', t('idle.ready')),
    known ? el('p', '', principle.text) : null);
}

/** @param {string} until clock time, or empty @param {Words} t @param {() => void} resume */
export function paused(until, t, resume) {
  return el('section', 'state calm paused', el('h1', '', t('paused')),
    el('p', '', t('paused.text')),
    until ? el('p', '', t('paused.until', { time: until })) : null,
    el('div', 'actions', button(t('resume'), 'resume', resume)));
}

/** @param {string} since clock time @param {number} kept words that wait @param {Words} t */
export function down(since, kept, t) {
  return el('section', 'state calm down', /** @type {any} */ (bench(0, 'bench')),
    el('h1', '', t('link.down', { time: since })),
    el('p', '', t('link.down.text')),
    el('p', 'over', kept ? t('link.words', { n: kept }) : t('link.trying') + ' …'));
}

/** @param {Words} t */
export function connecting(t) {
  return el('section', 'state calm connecting', /** @type {any} */ (bench(0, 'bench')), el('p', '', t('link.first') + ' …'));
}

/**
 * A short note: quick choices that send at once, or a few words.
 * @param {string} kind @param {string[]} choices @param {Words} t
 * @param {(note: {text: string, date?: string}) => void} send @param {() => void} back
 */
export function note(kind, choices, t, send, back) {
  const bare = kind === 'no-chat' || kind === 'no-greeting';
  const form = el('form', '');
  const text = /** @type {HTMLInputElement} */ (el('input', ''));
  text.maxLength = 280;
  text.placeholder = t('note.text');
  text.setAttribute('aria-label', t('note.text'));
  text.autocomplete = 'off';
  const day = /** @type {HTMLInputElement} */ (el('input', ''));
  day.type = 'date';
  day.setAttribute('aria-label', t('note.date'));
  if (!bare) form.append(text);
  if (kind === 'date') form.append(day);
  form.append(el('button', '', t('note.send')));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const said = text.value.trim();
    if (said || bare) send(day.value ? { text: said, date: day.value } : { text: said });
    else text.focus();
  });
  const quick = choices.map((choice) => button(choice, '', () => {
    if (kind === 'date') { // the day matters as much as what it is
      text.value = choice;
      day.focus();
    } else send({ text: choice });
  }));
  return el('section', 'state note', el('h1', '', t('kind.' + kind)),
    quick.length > 0 && el('div', 'chips', ...quick), form, button(t('close'), 'back', back));
}
