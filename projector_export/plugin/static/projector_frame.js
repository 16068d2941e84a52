// @ts-check
/**
 * TensorBoard's own projector, shown by itself in a frame of the dashboard.
 *
 * Reader: `vz_projector/vz-projector.ts` and `vz-projector-bookmark-panel.ts` of the TensorBoard that serves this page.
 * The frame tells the page around it `ready`, `selected` and `failed`, and is told `select` and `layout`.
 */

/**
 * What is used of TensorBoard's element; every part is looked for before it is used.
 * @typedef {HTMLElement & {
 *   dataSet?: {points: unknown[]},
 *   projection?: object | null,
 *   bookmarkPanel?: {savedStates: unknown[], loadSavedState: (place: number) => void},
 *   notifySelectionChanged?: (rows: number[]) => void,
 *   registerSelectionChangedListener?: (act: (rows: number[]) => void) => void,
 * }} Projector
 */

const SCRIPT = '../projector/projector_binary.js';
const TAG = 'vz-projector';
const LOOK_MILLISECONDS = 100;
/** The element lays out a label for each selected point in every frame. */
const MOST_SELECTED = 10_000;
const WIDE_PIXELS = 1100;

/** @param {object} message */
const tell = (message) => window.parent.postMessage(message, window.location.origin);

/** @returns {Promise<void>} */
function loadScript() {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = SCRIPT;
    script.addEventListener('load', () => resolve());
    script.addEventListener('error', () => reject(new Error('this TensorBoard does not serve the script of its projector')));
    document.head.append(script);
  });
}

/** @param {() => boolean} isSo @returns {Promise<void>} */
async function until(isSo) {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
}

/** Leaves room for the points: the page around it shows what the panels show, and has light or dark ground. @param {Projector} projector */
function fitIn(projector) {
  const style = document.createElement('style');
  style.textContent = `@media (max-width: ${WIDE_PIXELS}px) { #left-pane, #right-pane, #metadata-card { display: none !important; } }`;
  projector.shadowRoot?.append(style);
  window.dispatchEvent(new Event('resize'));
  if (new URLSearchParams(window.location.search).get('theme') !== 'dark') return;
  const night = projector.shadowRoot?.querySelector('#nightDayMode');
  if (night instanceof HTMLElement) night.click();
}

async function start() {
  const query = new URLSearchParams(window.location.search);
  query.delete('theme');
  const projector = /** @type {Projector} */ (document.createElement(TAG));
  projector.setAttribute('serving-mode', 'demo');
  projector.setAttribute('projector-config-json-path', `projector_config?${query}`);
  await loadScript();
  if (!customElements.get(TAG)) throw new Error('this TensorBoard has another projector');
  document.body.append(projector);
  // Its own first projection comes last, and would replace a view that was opened before.
  await until(() => Boolean(projector.dataSet?.points.length && projector.projection));
  const { bookmarkPanel } = projector;
  if (!bookmarkPanel?.loadSavedState || !projector.notifySelectionChanged || !projector.registerSelectionChangedListener) {
    throw new Error('this TensorBoard has another projector');
  }
  fitIn(projector);
  listen(projector);
  tell({ type: 'ready' });
}

/** @param {Projector} projector */
function listen(projector) {
  let isTold = false;
  /** @type {number[]} */
  let rows = [];
  const select = () => {
    isTold = true;
    projector.notifySelectionChanged?.(rows.slice(0, MOST_SELECTED));
    isTold = false;
  };
  projector.registerSelectionChangedListener?.((found) => {
    if (!isTold) tell({ type: 'selected', rows: (rows = [...found]) });
  });
  window.addEventListener('message', async ({ origin, data }) => {
    if (origin !== window.location.origin) return;
    if (data?.type === 'select') {
      rows = data.rows;
      select();
    } else if (data?.type === 'layout') {
      await until(() => (projector.bookmarkPanel?.savedStates.length ?? 0) > data.place);
      isTold = true;
      projector.bookmarkPanel?.loadSavedState(data.place);
      isTold = false;
      select();
      tell({ type: 'shown', place: data.place });
    }
  });
}

start().catch((error) => tell({ type: 'failed', reason: error.message }));
