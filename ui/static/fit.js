// SPDX-License-Identifier: Apache-2.0
// How large the letters are.
//
// A letter of height h at distance d is seen under the angle 2·atan(h/2d). ISO 9241-303 (2011, 5.5.4) asks for 16
// minutes of arc at least and recommends 20 to 22 for reading; we take 22, because a cashier glances, and nothing on the
// stage ever goes below 16. A CSS pixel is defined by an angle too: 1/96 inch seen from 28 inches, 1.278 minutes of arc
// (CSS Values 4, 6.2). The height that counts is a capital's, about .72 of the font size. So
//
//   font size [px] = 22 / 1.278 · (d / 0.7112 m) / .72
//
// which is 50 px at 1.5 m, and 37 px for the least. (The line above, the line below and the sheet are read by a hand
// that is about to touch them, at 0.6 m or less, where 15 px are 16 minutes.) A page cannot know how large its pixels
// really are; the box's distance_m is also the way to correct for a screen whose pixels are not 1/96 inch.

const READ = 22;
const LEAST = 16;
const ARCMIN_PER_PX = 1.278;
const REFERENCE_M = 0.7112;
const CAPITAL = 0.72;

/** @param {number} metres @param {number} arcmin @returns {number} px */
export function letters(metres, arcmin = READ) {
  return (arcmin / ARCMIN_PER_PX) * (metres / REFERENCE_M) / CAPITAL;
}

/**
 * Sets --u for this window: what the distance asks for, more where a large screen has the room, less where a small one
 * has not; and --least, below which nothing shrinks. A window that is taller than wide is a phone, held in the hand: its
 * --u is already what 22 minutes are there.
 * @param {number} metres
 */
export function size(metres) {
  const { innerWidth: w, innerHeight: h } = window;
  const room = w > h ? Math.min(w * 0.046, h * 0.08) : Math.min(w * 0.074, h * 0.05);
  const px = Math.max(18, Math.min(Math.max(letters(metres), Math.min(w * 0.032, h * 0.056)), room));
  const least = w > h ? Math.min(px, letters(metres, LEAST)) : px * LEAST / READ;
  document.body.style.setProperty('--u', px.toFixed(2) + 'px');
  document.body.style.setProperty('--least', least.toFixed(2) + 'px');
}

const STEP = 0.06;

/**
 * Shrinks a state until it is wholly inside its stage: first the name alone, so that it keeps to one line, then all of
 * it, down to what can still be read from where the cashier stands. Then the name gives way once more. What
 * is still too long is cut with an ellipsis, first at two lines, then at one; a tap on a line tells it whole.
 * @param {HTMLElement} state
 */
export function fit(state) {
  const style = document.body.style;
  state.classList.remove('snug', 'tight', 'tighter');
  style.setProperty('--fit', '1');
  fitName(state);
  const floor = parseFloat(style.getPropertyValue('--least')) / parseFloat(style.getPropertyValue('--u'));
  for (let step = 1; ; step -= STEP) {
    style.setProperty('--fit', String(Math.max(step, floor)));
    if (fits(state)) return;
    if (step <= floor) break;
  }
  for (const cut of ['snug', 'tight', 'tighter']) {
    state.classList.add(cut);
    if (fits(state)) return;
  }
}

/** @param {HTMLElement} state */
function fitName(state) {
  const name = /** @type {HTMLElement|null} */ (state.querySelector('.name'));
  if (!name) return;
  for (const step of [1, 0.9, 0.8, 0.7, 0.6]) {
    name.style.setProperty('--name', String(step));
    if (name.clientHeight < 1.8 * parseFloat(getComputedStyle(name).lineHeight)) return;
  }
}

/** @param {HTMLElement} state */
function fits(state) {
  return state.scrollHeight <= state.clientHeight + 1 && state.scrollWidth <= state.clientWidth + 1;
}
