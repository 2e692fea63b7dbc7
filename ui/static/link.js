// SPDX-License-Identifier: Apache-2.0
// The link to the box: one socket at a time, opened again with patience, and declared lost within two seconds of silence.

const SILENCE_MS = 1700; // the box sends a beat every 700 ms
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8000;

/**
 * @typedef {{type: string, [field: string]: any}} Message
 * @typedef {{message: (m: Message) => void, up: () => void, down: () => void, unpaired: () => void}} Listener
 */

export class Link {
  /** @param {string} lane @param {Listener} listener */
  constructor(lane, listener) {
    this.lane = lane;
    this.listener = listener;
    this.tries = 0;
    this.heard = 0;
    this.connected = false;
    /** @type {WebSocket|null} */ this.socket = null;
    this.timer = 0;
    window.addEventListener('online', () => this.soon(0));
    window.addEventListener('offline', () => this.lost());
    setInterval(() => this.watch(), 250);
  }

  open() {
    if (this.socket) return;
    const scheme = location.protocol === 'https:' ? 'wss://' : 'ws://';
    const socket = new WebSocket(`${scheme}${location.host}/ws/lane/${this.lane}?beat=1`, 'redbench.v1');
    this.socket = socket;
    this.heard = performance.now();
    socket.onmessage = (event) => { if (socket === this.socket) this.hear(event.data); };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      if (event.code === 4401) this.listener.unpaired();
      else this.lost();
    };
  }

  /** @param {string} data */
  hear(data) {
    this.heard = performance.now();
    const message = JSON.parse(data);
    if (message.type === 'beat') return;
    if (message.type === 'hello') {
      this.connected = true;
      this.tries = 0;
      this.listener.message(message);
      this.listener.up();
      return;
    }
    this.listener.message(message);
  }

  /** @param {object} message @returns {boolean} whether it left */
  send(message) {
    if (!this.connected || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  // A dead cable closes nothing: only silence tells. What has come but was not read yet is read first.
  watch() {
    const limit = this.connected ? SILENCE_MS : 5000;
    if (!this.socket || performance.now() - this.heard < limit) return;
    const heard = this.heard;
    setTimeout(() => { if (this.heard === heard) this.lost(); }, 50);
  }

  lost() {
    const socket = this.socket;
    const was = this.connected;
    this.socket = null;
    this.connected = false;
    if (socket) {
      socket.onclose = socket.onmessage = null;
      socket.close();
    }
    this.listener.down();
    if (!was && socket) this.probe();
    this.soon(was ? 100 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries++));
  }

  // A refused socket tells a page nothing; the page's own address tells whether it is still paired.
  async probe() {
    try {
      const answer = await fetch(`/screen/${this.lane}`, { method: 'HEAD', cache: 'no-store' });
      if (answer.status === 401) this.listener.unpaired();
    } catch { /* the box is away */ }
  }

  /** @param {number} wait ms, of which half is left to chance, so that a store's screens do not all come at once */
  soon(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), wait / 2 + Math.random() * wait / 2);
  }
}
