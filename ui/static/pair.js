// SPDX-License-Identifier: Apache-2.0
// The page that is not paired: shows a code, and waits until a person accepts it.

import { readWords } from './dom.js';

const EVERY_MS = 1500;

const { t } = readWords();
const wish = { lane: document.body.dataset.lane || '', manager: document.body.dataset.manager === 'true' };
const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} path @param {object} body */
function post(path, body) {
  return fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

const pause = () => new Promise((done) => setTimeout(done, EVERY_MS));

/** @type {{code: string, secret: string}|null} */
let asked = null;

async function once() {
  if (!asked) {
    const answer = await post('/pair/ask', wish);
    if (!answer.ok) return $('state').replaceChildren(t('pair.slow'));
    asked = await answer.json();
    $('code').textContent = $('again').textContent = asked?.code || '';
    document.body.dataset.asked = '';
  }
  const answer = await post('/pair/claim', { code: asked?.code, secret: asked?.secret });
  $('state').textContent = t('pair.waiting');
  if (answer.status === 200) location.replace((await answer.json()).goto);
  else if (answer.status === 404) asked = null; // too old: the next round asks anew
}

for (;;) {
  try {
    await once();
  } catch {
    $('state').textContent = t('pair.offline');
  }
  await pause();
}
