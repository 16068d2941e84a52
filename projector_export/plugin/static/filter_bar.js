// @ts-check
/** Search, and chips that narrow down what is shown. */

import { CategoryColumn } from './columns.js';
import { button, counted, element, menu, setAttributes } from './elements.js';
import { Histogram } from './histogram.js';
import { categoryColours, css } from './palette.js';

/** @typedef {import('./columns.js').NumberColumn} NumberColumn */
/** @typedef {import('./view_state.js').ViewState} ViewState */

const SEARCH_MILLISECONDS = 120;
const MOST_HISTOGRAMS = 6;

export class FilterBar {
  /** @param {ViewState} state @param {AbortSignal} signal */
  constructor(state, signal) {
    this.state = state;
    this.count = element('span', { class: 'count', role: 'status' });
    this.clear = button('Clear filters', { class: 'quiet' }, () => state.clearFilters());
    this.only = button('Only selected', { class: 'quiet' }, () => state.keepOnly(new Set(state.selection)));
    /** @type {{node: HTMLElement, isChosen: () => boolean}[]} */
    this.chips = [];
    this.box = this.searchBox(signal);
    this.pattern = button('.*', { class: 'toggle', title: 'Search for a regular expression', 'aria-label': 'Regular expression' }, () =>
      state.setSearch({ isPattern: !state.search.isPattern }),
    );
    const columns = state.vocabulary.texts.map(({ name }) => ({ value: name, text: `in ${name}` }));
    const place = menu('Column that is searched', columns, (column) => state.setSearch({ column }));
    place.value = state.search.column;
    const search = element('div', { class: 'search', role: 'search' }, this.box, this.pattern, place);
    const histograms = shownNumbers(state).map((column) => new Histogram(state, column, signal).node);
    this.node = element(
      'div',
      { class: 'filters' },
      element('div', { class: 'line' }, ...(columns.length ? [search] : []), this.count, this.only, this.clear),
      ...this.categoryLines(),
      ...this.evidenceLine(),
      element('div', { class: 'histograms' }, ...histograms),
    );
    state.on('rows', () => this.refresh(), signal);
    state.on('selection', () => this.refresh(), signal);
    this.refresh();
  }

  /** @param {AbortSignal} signal @returns {HTMLInputElement} */
  searchBox(signal) {
    const box = document.createElement('input');
    box.type = 'search';
    box.placeholder = 'Search';
    box.setAttribute('aria-label', 'Search');
    let waiting = 0;
    box.addEventListener(
      'input',
      () => {
        clearTimeout(waiting);
        waiting = window.setTimeout(() => this.state.setSearch({ text: box.value }), SEARCH_MILLISECONDS);
      },
      { signal },
    );
    return box;
  }

  /** @returns {HTMLElement[]} */
  categoryLines() {
    const { vocabulary } = this.state;
    const columns = vocabulary.columns.filter((column) => column instanceof CategoryColumn && column.texts.length > 1);
    return columns.slice(0, 3).flatMap((column) => {
      if (!(column instanceof CategoryColumn)) return [];
      const colours = categoryColours(column);
      const chips = column.byCount.slice(0, 24).map((code) => {
        const text = column.texts[code];
        const isChosen = () => this.state.categories.get(column.name)?.has(text) ?? false;
        return this.chip(text, column.counts[code], isChosen, () => this.state.toggleCategory(column.name, text), css(colours[code]));
      });
      return [element('div', { class: 'chips', role: 'group', 'aria-label': column.name }, ...chips)];
    });
  }

  /** @returns {HTMLElement[]} */
  evidenceLine() {
    const { evidence } = this.state.vocabulary;
    if (!evidence.size) return [];
    const chips = [...evidence].map(([phrase, rows]) =>
      this.chip(phrase, rows.length, () => this.state.evidence.has(phrase), () => this.state.toggleEvidence(phrase)),
    );
    return [element('div', { class: 'chips evidence', role: 'group', 'aria-label': 'evidence' }, ...chips)];
  }

  /**
   * @param {string} text
   * @param {number} count
   * @param {() => boolean} isChosen
   * @param {() => void} act
   * @param {string} [colour]
   */
  chip(text, count, isChosen, act, colour) {
    const node = button('', { class: 'chip' }, act);
    if (colour) {
      const dot = element('span', { class: 'dot', 'aria-hidden': 'true' });
      dot.style.background = colour;
      node.append(dot);
    }
    node.append(element('bdi', {}, text || '(none)'), element('span', { class: 'chip-count' }, count.toLocaleString('en-US')));
    this.chips.push({ node, isChosen });
    return node;
  }

  refresh() {
    const { state } = this;
    const shown = state.rows.length;
    const all = state.vocabulary.count;
    const selected = state.selection.size ? ` · ${state.selection.size.toLocaleString('en-US')} selected` : '';
    this.count.textContent = (shown === all ? counted(all, 'row') : `${shown.toLocaleString('en-US')} of ${counted(all, 'row')}`) + selected;
    for (const { node, isChosen } of this.chips) setAttributes(node, { 'aria-pressed': String(isChosen()) });
    setAttributes(this.pattern, { 'aria-pressed': String(state.search.isPattern) });
    setAttributes(this.box, { 'aria-invalid': state.searchProblem ? 'true' : undefined, title: state.searchProblem || undefined });
    if (this.box.value !== state.search.text && document.activeElement !== this.box) this.box.value = state.search.text;
    if (!state.search.text && !state.isFiltered && document.activeElement === this.clear) this.box.value = '';
    setAttributes(this.clear, { disabled: !state.isFiltered });
    setAttributes(this.only, { disabled: state.selection.size === 0 });
  }
}

/** Scores first, then the norm, then what else is no mere row number. @param {ViewState} state */
function shownNumbers({ vocabulary }) {
  const norm = vocabulary.numbers.filter((column) => column.name === 'norm');
  const others = vocabulary.numbers.filter((column) => column.name !== 'id' && column.most > column.least);
  const columns = [...new Set([...vocabulary.indicators, ...norm, ...others])];
  return columns.filter((column, place) => !columns.slice(0, place).some((before) => isSame(before, column))).slice(0, MOST_HISTOGRAMS);
}

/** @param {NumberColumn} first @param {NumberColumn} second */
const isSame = (first, second) => first.values.every((value, row) => Object.is(value, second.values[row]));
