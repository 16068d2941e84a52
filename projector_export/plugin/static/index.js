// @ts-check
/** The tab Vocabulary. TensorBoard puts this module into a frame and calls `render`. */

import { titleOf } from './comparison_page.js';
import { openDashboard } from './dashboard.js';
import { element, fillMenu, menu } from './elements.js';
import { listExports } from './service.js';
import { followTheme } from './theme.js';
import { Vocabulary } from './vocabulary.js';

/** @typedef {import('./service.js').Export} Export */

const LOOK_MILLISECONDS = 10_000;

class Page {
  constructor() {
    /** @type {Export[]} */
    this.exports = [];
    this.opened = '';
    this.closing = new AbortController();
    /** @type {import('./view_state.js').ViewState | undefined} */
    this.state = undefined;
    this.choice = menu('Export', [], (key) => this.open(key));
    this.shape = element('span', { class: 'hint' });
    this.notice = element('div', { class: 'notice', role: 'alert', hidden: true });
    this.place = element('div', { class: 'place' }, element('p', { class: 'hint loading' }, 'Looking for exports…'));
    this.node = element('div', { class: 'app' }, element('header', { class: 'top' }, this.choice, this.shape), this.notice, this.place);
  }

  /** Looks which exports there are by now. */
  async look() {
    try {
      const { exports, problems } = await listExports();
      const isNew = JSON.stringify(exports) !== JSON.stringify(this.exports);
      this.exports = exports;
      this.complain(problems.join('\n'));
      if (isNew) this.offer();
    } catch (error) {
      this.complain(error instanceof Error ? error.message : String(error));
    }
  }

  offer() {
    const { exports } = this;
    fillMenu(this.choice, exports.map((each) => ({ value: keyOf(each), text: titleOf(each) })));
    if (!exports.length) {
      this.place.replaceChildren(element('p', { class: 'hint loading' }, 'There is no export of projector_export below this logdir yet. It will show up here by itself.'));
    } else if (!this.opened) {
      this.open(keyOf(exports[0]));
    } else {
      this.choice.value = this.opened;
    }
  }

  /** @param {string} key */
  async open(key) {
    const chosen = this.exports.find((each) => keyOf(each) === key);
    if (!chosen) return;
    this.opened = key;
    this.choice.value = key;
    this.closing.abort();
    this.closing = new AbortController();
    const { signal } = this.closing;
    this.shape.textContent = `${chosen.rows.toLocaleString('en-US')} × ${chosen.dimensions.toLocaleString('en-US')}`;
    this.place.replaceChildren(element('p', { class: 'hint loading' }, 'Reading…'));
    try {
      const vocabulary = await Vocabulary.open(chosen);
      if (signal.aborted) return;
      const { state, node } = openDashboard(vocabulary, this.exports, signal, (message) => this.complain(message));
      this.state = state;
      this.place.replaceChildren(node);
    } catch (error) {
      if (signal.aborted) return;
      this.opened = '';
      this.place.replaceChildren(element('p', { class: 'problem loading' }, error instanceof Error ? error.message : String(error)));
    }
  }

  /** @param {string} message */
  complain(message) {
    this.notice.hidden = !message;
    this.notice.textContent = message;
  }
}

/** @param {Export} each */
const keyOf = ({ run, name }) => JSON.stringify([run, name]);

/** Called by TensorBoard once the frame is there. */
export async function render() {
  document.documentElement.lang = 'en';
  document.title = 'Vocabulary';
  const sheet = document.createElement('link');
  Object.assign(sheet, { rel: 'stylesheet', href: new URL('style.css', import.meta.url).href });
  const isStyled = new Promise((resolve) => {
    sheet.addEventListener('load', resolve);
    sheet.addEventListener('error', resolve);
  });
  document.head.append(sheet);
  await isStyled;
  const page = new Page();
  document.body.replaceChildren(page.node);
  followTheme(() => page.state?.tell('colour'));
  await page.look();
  setInterval(() => document.visibilityState === 'visible' && page.look(), LOOK_MILLISECONDS);
}
