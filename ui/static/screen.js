// SPDX-License-Identifier: Apache-2.0
// The cashier's screen: what the box says becomes what is shown, and what the cashier taps becomes a word to the box.
// The one rule above all: it shows the truth or nothing. A customer's card is taken off when its time is over, when the
// box says so, and when the link is gone.

import { button, readWords } from './dom.js';
import { fit, size } from './fit.js';
import { Link } from './link.js';
import { Notes } from './notes.js';
import { Outbox } from './outbox.js';
import { Sheet } from './sheet.js';
import * as states from './states.js';

const UNDO_MS = 8000;

const { t, choices } = readWords();
const { lane = '', version = '', zone = '', locale = 'en', distance = '1.5' } = document.body.dataset;
const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const stage = $('stage');

const shown = {
  run: '', seq: 0,
  mode: 'connecting',
  /** @type {any} */ card: null, // the prompt or farewell that is true now, also while a note covers it
  /** @type {any} */ principle: undefined,
  paused: false,
  pausedUntil: 0,
  until: 0, // by Date.now(), when the card is over; 0: open
  monotonic: 0, // the same by performance.now(), which no change of the clock moves
  downSince: 0,
  undone: 0,
  seen: '',
};

const link = new Link(lane, { message, up, down, unpaired });
const outbox = new Outbox(lane, (word) => link.send(word));
const sheet = new Sheet($('sheet'), t);
const notes = new Notes(t, choices, { show: showNote, leave: rest, send: keepNote });

/** @param {Date|number} at */
function clock(at) {
  const wish = /** @type {Intl.DateTimeFormatOptions} */ ({ hour: '2-digit', minute: '2-digit' });
  try {
    return new Intl.DateTimeFormat(locale, { ...wish, timeZone: zone }).format(at);
  } catch { // "Local", or a zone that this browser does not know
    return new Intl.DateTimeFormat(undefined, wish).format(at);
  }
}

/** @param {string} mode @param {HTMLElement} state */
function put(mode, state) {
  shown.mode = mode;
  document.body.classList.toggle('is-down', mode === 'down');
  document.body.dataset.mode = mode;
  state.classList.add('fresh');
  stage.replaceChildren(state);
  fit(state);
  $('pause').hidden = mode === 'down' || mode === 'paused' || mode === 'connecting' || mode === 'note';
  $('note').hidden = mode !== 'prompt' || !shown.card?.who.name;
  offerDraft();
  if (mode !== 'prompt') hideUndo();
}

/** @param {number} ms */
function lasts(ms) {
  shown.until = ms > 0 ? Date.now() + ms : 0;
  shown.monotonic = ms > 0 ? performance.now() + ms : 0;
}

/** Takes the customer off the screen: what is left says nothing of anybody. */
function blank() {
  shown.card = null;
  lasts(0);
  sheet.close();
}

/** @param {any} m */
function message(m) {
  if (m.type === 'ok' || m.type === 'error') return outbox.answer(m);
  if (m.type === 'notice') return notice(m);
  if (m.type === 'hello') return hello(m);
  if (!(m.seq > shown.seq)) return; // late: something newer is shown
  shown.seq = m.seq;
  apply(m, false);
}

/** @param {any} m */
function hello(m) {
  if (version && m.version && m.version !== version && reloadOnce(m.version)) return;
  if (m.run !== shown.run) shown.seq = 0;
  shown.run = m.run;
  shown.seq = Math.max(shown.seq, m.current.seq);
  notice({ text: '' }); // if there still is one, it follows
  apply(m.current, true);
}

/** The box was renewed: so is the page, once. @param {string} to */
function reloadOnce(to) {
  if (sessionStorage.getItem('redbench.version') === to) return false;
  sessionStorage.setItem('redbench.version', to);
  location.reload();
  return true;
}

/** @param {any} m @param {boolean} again whether this is what was already true before the link came */
function apply(m, again) {
  if (m.type === 'prompt') return showPrompt(m, again);
  if (m.type === 'farewell') return showFarewell(m);
  if (m.type !== 'clear' && m.type !== 'idle') return; // a newer box may say more
  blank();
  shown.paused = m.reason === 'paused';
  if (m.type === 'idle') shown.principle = m.principle;
  if (m.type === 'idle' && !shown.paused) shown.pausedUntil = 0;
  if (m.reason === 'forgotten') notes.drop();
  rest();
}

/** Shows what is true now, unless a note is being written: that outlives the customer's card for a while. */
function rest() {
  if (notes.open) return;
  if (!link.connected) showDown();
  else if (shown.card) paint(shown.card);
  else if (shown.paused) showPaused();
  else showIdle();
}

/** @param {any} p @param {boolean} again */
function showPrompt(p, again) {
  const before = shown.card?.type === 'prompt' ? shown.card : null;
  const same = before?.id === p.id;
  // A card that came before its checkout was opened has none yet.
  const replaced = before && !same && (!before.checkout || before.checkout === p.checkout) && before.who.name;
  if (!same) sheet.close();
  if (!same && notes.open?.prompt !== p.id) notes.putAside();
  shown.card = p;
  shown.paused = false;
  lasts(p.shown_for_ms);
  rest();
  if (replaced && !again && Date.now() - shown.undone > 3000) offerUndo(p.id);
  else if (!same) hideUndo();
}

/** @param {any} f */
function showFarewell(f) {
  blank();
  shown.card = f;
  shown.paused = false;
  lasts(f.shown_for_ms || 0);
  rest();
}

/** @param {any} card a prompt or a farewell */
function paint(card) {
  if (card.type === 'farewell') {
    return put('farewell', states.farewell(card, t, (kind) => notes.take(card.prompt, kind), () => notes.choose(card.prompt, card.chips)));
  }
  put('prompt', states.prompt(card, t, feedback));
  afterPaint(() => seen(card));
}

/** Two frames later the browser has painted what was put. @param {() => void} then */
function afterPaint(then) {
  requestAnimationFrame(() => requestAnimationFrame(then));
}

/** @param {any} p */
function seen(p) {
  const mark = `${shown.run} ${p.id} ${p.seq}`;
  if (shown.card !== p || shown.mode !== 'prompt' || shown.seen === mark) return;
  shown.seen = mark;
  outbox.put({ type: 'seen', prompt: p.id, seq: p.seq, rendered_at: new Date().toISOString() });
}

function showIdle() { put('idle', states.idle(shown.principle, t)); }

function showPaused() {
  const until = shown.pausedUntil > Date.now() ? clock(shown.pausedUntil) : '';
  put('paused', states.paused(until, t, () => pause(0)));
}

function showDown() { put('down', states.down(clock(shown.downSince), outbox.pending, t)); }

// --- what the cashier tells ---

/** @param {string} name @param {states.Line} line */
function feedback(name, line) {
  const prompt = shown.card;
  if (prompt?.type !== 'prompt') return;
  /** @param {string} v @returns {[string, () => void]} */
  const verdict = (v) => [t(v), () => {
    outbox.put({ type: 'feedback', prompt: prompt.id, line: name, verdict: v });
    told(name);
  }];
  const answers = name === 'ask' ? asked(prompt, line, verdict) : ['used', 'not-now', 'wrong'].map(verdict);
  if (line.open && line.fact) {
    answers.push([t('settled'), () => { outbox.put({ type: 'resolve', fact: line.fact }); told(name); }]);
  }
  sheet.open(line.text, line.why || '', answers);
}

/**
 * A question wants its answer kept. One that asks about a fact can also find it still so, or wrong.
 * @param {any} prompt @param {states.Line} line @param {(v: string) => [string, () => void]} verdict
 * @returns {[string, () => void][]}
 */
function asked(prompt, line, verdict) {
  const verdicts = line.fact ? ['confirmed', 'not-now', 'wrong'] : ['not-now'];
  return [[t('note.answer'), () => notes.answer(prompt.id, line.fact)], ...verdicts.map(verdict)];
}

/** @param {string} name */
function told(name) {
  stage.querySelector(`.line[data-line="${name}"]`)?.classList.add('said');
  toast(t('thanks'));
}

/** @param {HTMLElement} state */
function showNote(state) {
  sheet.close();
  put('note', state);
  if (!matchMedia('(pointer: coarse)').matches) state.querySelector('input')?.focus();
}

/** @param {import('./notes.js').Note} note */
function keepNote(note) {
  const id = outbox.put({ type: 'note', ...note }, (error) => noted(id, error));
  if (!link.connected) toast(t('note.queued'));
}

/** A note that the next customer interrupted can be finished, quietly. */
function offerDraft() {
  $('finish').hidden = !notes.aside || shown.mode === 'note';
}

/** @type {Record<string, string>} */
const refusals = { 'card-number': 'note.refused.card', 'track-data': 'note.refused.card', consent: 'note.refused.consent' };

/** @param {string} id @param {{code: string}|null} error */
function noted(id, error) {
  if (error) return toast(t(refusals[error.code] || 'note.refused'));
  toast(t('note.kept'), t('undo'), () => {
    outbox.put({ type: 'undo', of: id }, (failed) => toast(t(failed ? 'note.refused' : 'undone')));
  });
}

/** A pause and an undo are about now: without a link they are not said at all. @param {number} minutes */
function pause(minutes) {
  if (!link.connected) return;
  shown.pausedUntil = minutes ? Date.now() + minutes * 60000 : 0;
  outbox.put({ type: 'pause', minutes });
}

/** @param {string} id */
function offerUndo(id) {
  const undo = $('undo');
  undo.textContent = t('undo.card.button');
  undo.hidden = false;
  undo.onclick = () => {
    hideUndo();
    shown.undone = Date.now();
    if (link.connected) outbox.put({ type: 'undo', of: id }, (error) => { if (!error) toast(t('undone')); });
  };
  clearTimeout(undoTimer);
  undoTimer = setTimeout(hideUndo, UNDO_MS);
}
let undoTimer = 0;

function hideUndo() {
  clearTimeout(undoTimer);
  $('undo').hidden = true;
}

// --- the line below ---

/** @param {string} text @param {string} [label] @param {() => void} [press] */
function toast(text, label, press) {
  const line = $('toast');
  line.replaceChildren(text);
  if (label && press) line.append(button(label, '', () => { toast(''); press(); }));
  clearTimeout(toastTimer);
  if (text) toastTimer = setTimeout(() => line.replaceChildren(), press ? 8000 : 3000);
}
let toastTimer = 0;

/** @param {{level?: string, text: string}} n */
function notice(n) {
  const line = $('notice');
  line.textContent = n.text;
  line.hidden = !n.text;
  line.classList.toggle('warn', n.level === 'warn');
}

// --- the link ---

function up() {
  shown.downSince = 0;
  outbox.up();
}

function down() {
  if (!shown.downSince) shown.downSince = Date.now();
  blank();
  notice({ text: '' }); // what the box said of itself may no longer be true
  if (shown.mode !== 'down') rest(); // each try that fails ends here too
}

function unpaired() {
  blank();
  outbox.wipe();
  location.reload();
}

// --- time ---

setInterval(() => {
  const face = clock(Date.now());
  if ($('clock').textContent !== face) $('clock').textContent = face;
  const over = shown.until && (Date.now() >= shown.until || performance.now() >= shown.monotonic);
  if (over) { // also without a link: a prompt takes itself off
    blank();
    rest();
  }
  notes.tick();
  offerDraft();
}, 250);

let wake = /** @type {any} */ (null);
async function stayAwake() {
  if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
  try { wake = await navigator.wakeLock.request('screen'); } catch { wake = null; /* not allowed here: the system decides */ }
}
document.addEventListener('visibilitychange', stayAwake);

window.addEventListener('resize', () => {
  size(Number(distance));
  const state = /** @type {HTMLElement|null} */ (stage.firstElementChild);
  if (state) fit(state);
});

$('pause').addEventListener('click', () => {
  sheet.open(t('pause.title'), '', [5, 15, 30].map((n) => [t('pause.minutes', { n }), () => pause(n)]));
});

$('note').addEventListener('click', () => { if (shown.card) notes.choose(shown.card.id); });
$('finish').addEventListener('click', () => notes.finish());

$('clock').textContent = clock(Date.now());
size(Number(distance));
put('connecting', states.connecting(t));
stayAwake();
link.open();
