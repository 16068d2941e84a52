// @ts-check
/** TensorBoard's projector beside the table, its selection in step with ours; gives up where it is missing or changed. */

import { element } from './elements.js';

/** @typedef {import('./view_state.js').ViewState} ViewState */

const PATIENCE_MILLISECONDS = 60_000;

export class ProjectorMap {
  /**
   * @param {ViewState} state
   * @param {AbortSignal} signal
   * @param {{ready: () => void, giveUp: (reason: string) => void}} told
   */
  constructor(state, signal, { ready, giveUp }) {
    this.state = state;
    this.ready = ready;
    this.isReady = false;
    this.isShown = false;
    this.isTold = false;
    this.layout = -1;
    this.page = document.createElement('iframe');
    this.page.title = "TensorBoard's projector";
    const theme = document.documentElement.dataset.theme ?? 'light';
    this.page.src = `projector.html?${new URLSearchParams({ ...state.vocabulary.key, theme })}`;
    this.node = element('div', { class: 'projector' }, this.page);
    const waiting = window.setTimeout(() => giveUp("TensorBoard's projector did not load within a minute."), PATIENCE_MILLISECONDS);
    signal.addEventListener('abort', () => clearTimeout(waiting));
    window.addEventListener(
      'message',
      ({ source, origin, data }) => {
        if (source !== this.page.contentWindow || origin !== window.location.origin) return;
        if (data.type === 'ready' || data.type === 'failed') clearTimeout(waiting);
        if (data.type === 'failed') giveUp(`TensorBoard's projector cannot be shown here: ${data.reason}.`);
        if (data.type === 'ready') this.begin();
        if (data.type === 'selected') this.take(data.rows);
        if (data.type === 'shown') {
          this.node.dataset.layout = String(data.place);
          this.reveal();
        }
      },
      { signal },
    );
    state.on('selection', () => this.isTold || this.select(), signal);
  }

  begin() {
    this.isReady = true;
    this.select();
    if (this.layout < 0) this.reveal();
    else this.show(this.layout);
  }

  /** Only once the chosen layout is there does the projector come into sight. */
  reveal() {
    if (this.isShown) return;
    this.isShown = true;
    this.node.classList.add('is-ready');
    this.ready();
  }

  /** Opens a view of the export; -1 leaves the projector's own. @param {number} place among the layouts */
  show(place) {
    this.layout = place;
    if (this.isReady && place >= 0) this.send({ type: 'layout', place });
  }

  select() {
    if (this.isReady) this.send({ type: 'select', rows: [...this.state.selection] });
  }

  /** @param {unknown} rows */
  take(rows) {
    if (!Array.isArray(rows)) return;
    this.isTold = true;
    this.state.select(rows.filter((row) => Number.isInteger(row) && row >= 0 && row < this.state.vocabulary.count));
    this.isTold = false;
  }

  /** @param {object} message */
  send(message) {
    this.page.contentWindow?.postMessage(message, window.location.origin);
  }
}
