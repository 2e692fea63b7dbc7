// SPDX-License-Identifier: Apache-2.0
// Keeps the fleet page fresh, puts its times into the viewer's zone, and finds stores while one types. Without it the
// page works, too: it is asked for anew each minute, and finding is a question to head office.

const every = 20_000; // milliseconds
const day = 24 * 3600_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const moment = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

/** Head office's words tell how long ago a moment was; what is days ago is told by its date.
 * @param {ParentNode} within */
function localTimes(within) {
  for (const time of within.querySelectorAll('time[datetime]')) {
    const at = new Date(/** @type {HTMLTimeElement} */ (time).dateTime);
    /** @type {HTMLElement} */ (time).title = whole.format(at);
    if (time.hasAttribute('data-clock')) time.textContent = clock.format(at);
    else if (Date.now() - at.getTime() > 2 * day) time.textContent = moment.format(at);
  }
}

const query = /** @type {HTMLInputElement | null} */ (document.getElementById('q'));

function filter() {
  if (!query) return;
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0, all = 0;
  for (const body of document.querySelectorAll('#fleet tbody')) {
    let here = 0;
    for (const row of body.querySelectorAll('tr[data-text]')) {
      const text = row.getAttribute('data-text') ?? '';
      const hit = words.every((word) => text.includes(word));
      /** @type {HTMLElement} */ (row).hidden = !hit;
      if (hit) here++;
      all++;
    }
    /** @type {HTMLElement} */ (body).hidden = here === 0;
    const of = body.querySelector('.of');
    if (of) of.textContent = here.toLocaleString('en');
    shown += here;
  }
  document.getElementById('found').textContent = words.length ? `${shown.toLocaleString('en')} of ${all.toLocaleString('en')}` : '';
  document.getElementById('nothing').hidden = shown > 0;
}

/** The page as it is now. A document that is fetched this way runs nothing.
 * @returns {Promise<Document>} */
function fetchPage() {
  return new Promise((done, failed) => {
    const ask = new XMLHttpRequest();
    ask.open('GET', location.pathname);
    ask.responseType = 'document';
    ask.timeout = every;
    ask.onload = () => (ask.status === 200 && ask.responseXML ? done(ask.responseXML) : failed(new Error(String(ask.status))));
    ask.onerror = ask.ontimeout = () => failed(new Error('no answer'));
    ask.send();
  });
}

/** Takes a part of the fetched page in place of ours, where it says something else.
 * @param {Document} page @param {string} id */
function take(page, id) {
  const ours = document.getElementById(id), theirs = page.getElementById(id);
  if (ours && theirs) ours.replaceWith(document.adoptNode(theirs));
}

let asOf = document.querySelector('#live time')?.getAttribute('datetime') ?? '';

async function refresh() {
  if (document.visibilityState !== 'visible') return;
  const stale = document.getElementById('stale');
  try {
    const page = await fetchPage();
    if (Boolean(page.getElementById('fleet')) !== Boolean(document.getElementById('fleet'))) {
      location.reload(); // the first store came, or the last went
      return;
    }
    localTimes(page);
    document.title = page.title;
    take(page, 'live');
    take(page, 'fleet');
    filter();
    asOf = document.querySelector('#live time')?.getAttribute('datetime') ?? '';
    stale.hidden = true;
  } catch (error) {
    if (error instanceof Error && error.message === '401') {
      location.reload(); // signed out elsewhere
      return;
    }
    document.getElementById('stale-at').textContent = clock.format(new Date(asOf));
    stale.hidden = false;
  }
  document.body.dataset.refreshed = String(Number(document.body.dataset.refreshed ?? '0') + 1);
}

localTimes(document);
if (query) {
  document.getElementById('go').hidden = true;
  query.form.addEventListener('submit', (event) => event.preventDefault());
  query.addEventListener('input', filter);
  if (query.value) { // the page came filtered; from here on it is whole, and filtered here
    history.replaceState(null, '', location.pathname);
    refresh();
  }
}
document.addEventListener('visibilitychange', refresh);
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && query && document.activeElement !== query) { event.preventDefault(); query.focus(); }
  if (event.key === 'Escape' && query && document.activeElement === query) { query.value = ''; filter(); }
});
setInterval(refresh, every);
document.body.dataset.ready = 'true';
