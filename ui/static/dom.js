// SPDX-License-Identifier: Apache-2.0
// Small helpers. Text only ever becomes a text node: nothing that a customer is called can become markup.

/**
 * @param {string} tag
 * @param {string} [className]
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElement}
 */
export function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const child of children) if (child) node.append(child);
  return node;
}

/**
 * A button that does one thing.
 * @param {string} label @param {string} className @param {() => void} press
 */
export function button(label, className, press) {
  const node = /** @type {HTMLButtonElement} */ (el('button', className, label));
  node.type = 'button';
  node.addEventListener('click', press);
  return node;
}

/**
 * Text of any script, kept from turning its neighbours around.
 * @param {string} text @param {string} [className] @param {string} [lang]
 */
export function bdi(text, className, lang) {
  const node = el('bdi', className, text);
  node.dir = 'auto';
  if (lang) node.lang = lang;
  return node;
}

const svgNS = 'http://www.w3.org/2000/svg';

/** @param {string} viewBox @param {string} className @param {[string, Record<string, string|number>][]} shapes */
export function svg(viewBox, className, shapes) {
  const node = document.createElementNS(svgNS, 'svg');
  node.setAttribute('viewBox', viewBox);
  node.setAttribute('class', className);
  node.setAttribute('aria-hidden', 'true');
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(svgNS, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, String(value));
    node.append(shape);
  }
  return node;
}

/**
 * The bench, with the first `slats` of its four slats painted.
 * @param {number} slats @param {string} className
 */
export function bench(slats, className) {
  const slat = (/** @type {number} */ i, /** @type {number[]} */ [x, y, width, height]) =>
    /** @type {[string, Record<string, string|number>]} */ (['rect', { x, y, width, height, rx: 2, class: i < slats ? 'on' : '' }]);
  return svg('3 2 58 42', className, [
    ['path', { d: 'M13 6v37M51 6v37', fill: 'none', stroke: 'currentColor', 'stroke-width': 3, 'stroke-linecap': 'round' }],
    slat(0, [4, 32, 56, 5]), slat(1, [4, 24, 56, 5]), slat(2, [8, 13, 48, 6]), slat(3, [8, 4, 48, 6]),
  ]);
}

/** @type {Record<string, string>} */
const glyphs = {
  remember: 'M12 20s-7-4.4-7-9.6A4 4 0 0 1 12 8a4 4 0 0 1 7 2.4C19 15.6 12 20 12 20z',
  do: 'M4 12.5l5.5 5.5L20 7',
  ask: 'M8.5 9a3.6 3.6 0 1 1 5.3 3.1c-1.2.7-1.8 1.4-1.8 2.9M12 18.6v.4',
  avoid: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM6.5 6.5l11 11',
};

/** @param {string} line */
export function glyph(line) {
  return svg('0 0 24 24', 'glyph', [['path', { d: glyphs[line] }]]);
}

/** Ids that no other screen makes. crypto.randomUUID is missing on plain http, where a box may well be. */
export function newID() {
  const raw = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(raw, (b) => b.toString(16).padStart(2, '0')).join('');
}

/** @returns {{t: (key: string, fill?: Record<string, string|number>) => string, choices: Record<string, string[]>}} */
export function readWords() {
  const words = JSON.parse(document.body.dataset.words || '{}');
  return {
    t(key, fill = {}) {
      return String(words.texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(fill[name] ?? whole));
    },
    choices: words.choices || {},
  };
}
