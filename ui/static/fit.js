// SPDX-License-Identifier: Apache-2.0
// How large the letters are.
//
// A letter of height h at distance d is seen under the angle 2·atan(h/2d). ISO 9241-303 (2011, 5.5.4) asks for 16
// minutes of arc at least and recommends 20 to 22 for reading; we take 22, because a cashier glances. A CSS pixel is
// defined by an angle too: 1/96 inch seen from 28 inches, 1.278 minutes of arc (CSS Values 4, 6.2). The height that
// counts is a capital's, about .72 of the font size. So
//
//   font size [px] = 22 / 1.278 · (d / 0.7112 m) / .72
//
// which is 50 px at 1.5 m. A page cannot know how large its pixels really are; the box's distance_m is also the way to
// correct for a screen whose pixels are not 1/96 inch.

const ARCMIN = 22;
const ARCMIN_PER_PX = 1.278;
const REFERENCE_M = 0.7112;
const CAPITAL = 0.72;

/** @param {number} metres @returns {number} px */
export function letters(metres) {
  return (ARCMIN / ARCMIN_PER_PX) * (metres / REFERENCE_M) / CAPITAL;
}

/**
 * Sets --u for this window: what the distance asks for, more where a large screen has the room, less where a small one
 * has not (a phone is held in the hand).
 * @param {number} metres
 */
export function size(metres) {
  const { innerWidth: w, innerHeight: h } = window;
  const room = w > h ? Math.min(w * 0.046, h * 0.08) : Math.min(w * 0.074, h * 0.05);
  const px = Math.max(18, Math.min(Math.max(letters(metres), Math.min(w * 0.032, h * 0.056)), room));
  document.body.style.setProperty('--u', px.toFixed(1) + 'px');
}

const steps = [1, 0.93, 0.86, 0.8, 0.74, 0.68, 0.62, 0.57, 0.52];

/**
 * Shrinks a state until it is wholly inside its stage: first the name alone, so that it keeps to one line, then all of
 * it; at the end lines are cut with an ellipsis.
 * @param {HTMLElement} state
 */
export function fit(state) {
  const style = document.body.style;
  state.classList.remove('tight');
  style.setProperty('--fit', '1');
  fitName(state);
  for (const step of steps) {
    style.setProperty('--fit', String(step));
    if (fits(state)) return;
  }
  state.classList.add('tight');
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
