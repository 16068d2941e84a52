// @ts-check
/** One export on the page: filters and table at the left, map and pages at the right. */

import { ComparisonPage } from './comparison_page.js';
import { button, element, setAttributes } from './elements.js';
import { FilterBar } from './filter_bar.js';
import { findingsPage } from './findings_page.js';
import { MapPane } from './map_pane.js';
import { RowPage } from './row_page.js';
import { RowsTable } from './rows_table.js';
import { ViewState } from './view_state.js';

/** @typedef {import('./service.js').Export} Export */
/** @typedef {import('./vocabulary.js').Vocabulary} Vocabulary */

/**
 * @param {Vocabulary} vocabulary
 * @param {Export[]} exports all that there are
 * @param {AbortSignal} signal ends everything that listens
 * @param {(message: string) => void} complain
 * @returns {{state: ViewState, node: HTMLElement}}
 */
export function openDashboard(vocabulary, exports, signal, complain) {
  const state = new ViewState(vocabulary);
  const others = exports.filter((each) => each.run !== vocabulary.description.run || each.name !== vocabulary.description.name);
  const siblings = others.filter((each) => each.run === vocabulary.description.run);
  const left = element('section', { class: 'left', 'aria-label': 'Table' }, new FilterBar(state, signal).node, new RowsTable(state, signal).node);
  const pages = tabs([
    ['Row', new RowPage(state, siblings, signal).node],
    ['Compare', new ComparisonPage(state, others).node],
    ['Findings', findingsPage(vocabulary)],
  ]);
  const right = element('section', { class: 'right', 'aria-label': 'Map and details' }, new MapPane(state, signal, complain).node, pages);
  vocabulary.fetchTexts(() => !signal.aborted && state.tell('texts')).then(
    () => !signal.aborted && (state.search.text || state.sort.column) && state.refresh(),
    (error) => complain(error.message),
  );
  return { state, node: element('main', { class: 'dashboard' }, left, divider(left), right) };
}

/** @param {[string, HTMLElement][]} pages @returns {HTMLElement} */
function tabs(pages) {
  const heads = pages.map(([name, page], place) => {
    setAttributes(page, { role: 'tabpanel', id: `page-${place}`, 'aria-labelledby': `tab-${place}`, tabindex: 0 });
    return button(name, { role: 'tab', id: `tab-${place}`, 'aria-controls': `page-${place}` }, () => open(place));
  });
  /** @param {number} chosen */
  const open = (chosen) => {
    heads.forEach((head, place) => setAttributes(head, { 'aria-selected': String(place === chosen), tabindex: place === chosen ? 0 : -1 }));
    pages.forEach(([, page], place) => (page.hidden = place !== chosen));
  };
  const list = element('div', { role: 'tablist', class: 'tabs' }, ...heads);
  list.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const place = (heads.findIndex((head) => head === document.activeElement) + step + heads.length) % heads.length;
    open(place);
    heads[place].focus();
  });
  open(0);
  return element('div', { class: 'pages' }, list, ...pages.map(([, page]) => page));
}

/** A bar between the halves, moved by pointer or arrows. @param {HTMLElement} left */
function divider(left) {
  const bar = element('div', { class: 'divider', role: 'separator', tabindex: 0, 'aria-orientation': 'vertical', 'aria-label': 'Width of the table' });
  /** @param {number} share */
  const set = (share) => {
    const kept = Math.min(Math.max(share, 0.2), 0.8);
    left.style.flexBasis = `${100 * kept}%`;
    setAttributes(bar, { 'aria-valuenow': Math.round(100 * kept), 'aria-valuemin': 20, 'aria-valuemax': 80 });
  };
  bar.addEventListener('pointerdown', (event) => {
    bar.setPointerCapture(event.pointerId);
    /** @param {PointerEvent} move */
    const move = (move) => set(move.clientX / document.documentElement.clientWidth);
    bar.addEventListener('pointermove', move);
    bar.addEventListener('pointerup', () => bar.removeEventListener('pointermove', move), { once: true });
  });
  bar.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 0.05, ArrowLeft: -0.05 }[event.key];
    if (step) set(Number(bar.getAttribute('aria-valuenow')) / 100 + step);
  });
  set(0.52);
  return bar;
}
