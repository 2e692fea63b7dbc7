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
  list.style.setProperty('--avoid', String(t('avoid').length)); // its label is larger than the others
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

/** How many chips are offered at once; the rest is one tap away. */
const MOST_CHIPS = 6;

/**
 * @param {string[]} kinds @param {Words} t @param {(kind: string) => void} chosen
 * @param {(() => void)|null} more opens the rest; null: all are shown
 */
function chips(kinds, t, chosen, more) {
  const most = more && kinds.length > MOST_CHIPS + 1 ? MOST_CHIPS : kinds.length; // never "more" for a single one
  const list = kinds.slice(0, most).map((kind) => {
    const chip = button(t('kind.' + kind), '', () => chosen(kind));
    chip.dataset.kind = kind;
    return chip;
  });
  if (more && most < kinds.length) list.push(button(t('more'), 'more', more));
  return el('div', 'chips', ...list);
}

/** @param {any} f a farewell @param {Words} t @param {(kind: string) => void} chosen @param {() => void} more */
export function farewell(f, t, chosen, more) {
  const head = el('h1', '', f.text);
  head.dir = 'auto';
  const kinds = f.prompt ? f.chips || [] : [];
  return el('section', 'state farewell', head,
    kinds.length > 0 && el('div', '', el('p', 'over', t('farewell.ask')), chips(kinds, t, chosen, more)));
}

/**
 * What kind of note is it?
 * @param {string[]} all @param {Words} t @param {(kind: string) => void} chosen @param {(() => void)|null} more
 * @param {() => void} back
 */
export function kinds(all, t, chosen, more, back) {
  return el('section', 'state note kinds', el('h1', '', t('farewell.ask')), chips(all, t, chosen, more),
    button(t('close'), 'back', back));
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
 * A short note: quick choices that send at once, or a few words. The draft follows what is typed.
 * @param {import('./notes.js').Draft} draft @param {string[]} choices @param {Words} t
 * @param {{typed: () => void, kind: (kind: string) => void, send: () => void, leave: () => void}} tell
 */
export function note(draft, choices, t, tell) {
  const bare = draft.kind === 'no-chat' || draft.kind === 'no-greeting';
  const form = el('form', '');
  const text = field('text', t('note.text'), draft.text, (value) => { draft.text = value; });
  const day = field('date', t('note.date'), draft.date, (value) => { draft.date = value; });
  if (!bare) form.append(text);
  if (draft.kind === 'date') form.append(day);
  form.append(el('button', '', t('note.send')));
  form.addEventListener('input', tell.typed);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (draft.text.trim() || bare) tell.send();
    else text.focus();
  });
  const quick = choices.map((choice) => button(choice, '', () => {
    draft.text = text.value = choice;
    if (draft.kind === 'date' && !draft.date) day.focus(); // the day matters as much as what it is
    else tell.send();
  }));
  return el('section', 'state note', el('h1', '', t(draft.kinds ? 'note.answer' : 'kind.' + draft.kind)),
    draft.kinds && kindTabs(draft.kinds, draft.kind, t, tell.kind),
    quick.length > 0 && el('div', 'chips', ...quick), form, button(t('close'), 'back', tell.leave));
}

/** @param {string} type @param {string} label @param {string} value @param {(value: string) => void} typed */
function field(type, label, value, typed) {
  const input = /** @type {HTMLInputElement} */ (el('input', ''));
  input.type = type;
  input.maxLength = 280;
  input.placeholder = label;
  input.setAttribute('aria-label', label);
  input.autocomplete = 'off';
  input.value = value;
  input.addEventListener('input', () => typed(input.value));
  return input;
}

/** @param {string[]} kinds @param {string} chosen @param {Words} t @param {(kind: string) => void} choose */
function kindTabs(kinds, chosen, t, choose) {
  const tabs = kinds.map((kind) => {
    const tab = button(t('kind.' + kind), '', () => choose(kind));
    tab.dataset.kind = kind;
    tab.setAttribute('aria-pressed', String(kind === chosen));
    return tab;
  });
  return el('div', 'tabs', ...tabs);
}
