// @ts-check
/** Everything about one row: its columns, its places in the scores, its nearest rows. */

import { CategoryColumn, NumberColumn } from './columns.js';
import { button, counted, element, spelled } from './elements.js';
import { fetchNeighbours } from './service.js';

/** @typedef {import('./service.js').Export} Export */
/** @typedef {import('./view_state.js').ViewState} ViewState */
/** @typedef {import('./vocabulary.js').Vocabulary} Vocabulary */

const NEIGHBOURS = 12;
const PATIENCE_MILLISECONDS = 150;

export class RowPage {
  /** @param {ViewState} state @param {Export[]} siblings other tensors of the same run @param {AbortSignal} signal */
  constructor(state, siblings, signal) {
    this.state = state;
    this.siblings = siblings.filter((each) => each.rows === state.vocabulary.count);
    this.node = element('div', { class: 'page row-page' });
    this.shown = -1;
    this.waiting = 0;
    state.on('selection', () => this.refresh(), signal);
    state.on('texts', () => this.refresh(true), signal);
    this.refresh();
  }

  /** @param {boolean} [again] even if it is the same row */
  refresh(again = false) {
    const row = this.state.current;
    if (row < 0) {
      this.shown = -1;
      this.node.replaceChildren(element('p', { class: 'hint' }, 'Choose a row in the table or a point on the map.'));
      return;
    }
    if (row === this.shown && !again) return;
    const isSame = row === this.shown;
    this.shown = row;
    const known = isSame ? this.node.querySelector('.neighbours') : null;
    const neighbours = known instanceof HTMLElement ? known : element('div', { class: 'neighbours' });
    this.node.replaceChildren(this.heading(row), this.scores(row), this.values(row), neighbours);
    if (isSame) return;
    clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => this.findNeighbours(row, neighbours), PATIENCE_MILLISECONDS);
  }

  /** @param {number} row */
  heading(row) {
    const { vocabulary } = this.state;
    const groups = (vocabulary.evidenceOfRow.get(row) ?? []).filter((name) => !name.startsWith('low '));
    const marks = groups.map((name) => element('span', { class: 'mark alert' }, name));
    const phrases = (vocabulary.phrases.get(row) ?? []).map((phrase) => element('li', {}, phrase));
    const kind = vocabulary.kinds ? [element('span', { class: 'mark' }, vocabulary.kinds.text(row))] : [];
    const title = element('h2', { dir: 'auto' }, element('bdi', {}, vocabulary.labelOf(row)));
    return element('header', {}, title, element('div', { class: 'marks' }, ...kind, ...marks), element('ul', { class: 'phrases' }, ...phrases));
  }

  /** Norm and scores, each with its place among all rows. @param {number} row */
  scores(row) {
    const { vocabulary } = this.state;
    const norm = vocabulary.numbers.filter((column) => column.name === 'norm');
    const lines = [...new Set([...vocabulary.indicators, ...norm])].map((column) => {
      const { below, known } = column.place(row);
      const share = known > 1 ? below / (known - 1) : 0;
      const place = Number.isNaN(column.values[row]) ? 'no value' : `${(100 * share).toFixed(1)} % lie lower · rank ${spelled(below + 1)} of ${spelled(known)}`;
      const bar = element('span', { class: 'share', 'aria-hidden': 'true' });
      bar.style.setProperty('--share', String(share));
      return element(
        'tr', {}, element('th', { scope: 'row' }, column.name), element('td', { class: 'number' }, spelled(column.values[row])),
        element('td', {}, bar), element('td', { class: 'faint' }, place),
      );
    });
    return element('table', { class: 'scores' }, element('tbody', {}, ...lines));
  }

  /** @param {number} row */
  values(row) {
    const { vocabulary } = this.state;
    const scores = new Set([...vocabulary.indicators.map(({ name }) => name), 'norm', vocabulary.description.label, vocabulary.kinds?.name]);
    const items = vocabulary.columns.filter(({ name }) => !scores.has(name)).map((column) => {
      const value = column instanceof NumberColumn ? spelled(column.values[row]) : column.text(row);
      const kind = column instanceof CategoryColumn ? 'category' : column.type;
      return element('div', {}, element('dt', {}, column.name), element('dd', { class: kind, dir: 'auto' }, value));
    });
    return element('dl', {}, ...items);
  }

  /** @param {number} row @param {HTMLElement} node */
  async findNeighbours(row, node) {
    const { vocabulary } = this.state;
    const { run, name } = vocabulary.description;
    const tables = [{ run, name, stamp: vocabulary.description.stamp }, ...this.siblings.map((each) => ({ run: each.run, name: each.name, stamp: each.stamp }))];
    for (const table of tables) {
      const section = element('section', {}, element('h3', {}, tables.length > 1 ? `Nearest in ${table.name}` : 'Nearest rows (cosine)'));
      node.append(section);
      if (table === tables[0] && this.hasNoDirection(row)) {
        section.append(element('p', { class: 'hint' }, 'This row has no direction, so that no row is near to it.'));
        continue;
      }
      try {
        const found = await fetchNeighbours({ ...table, row, count: NEIGHBOURS });
        if (this.shown !== row) return;
        section.append(this.list(found));
      } catch (error) {
        section.append(element('p', { class: 'problem' }, error instanceof Error ? error.message : String(error)));
      }
    }
  }

  /** @param {number} row */
  hasNoDirection(row) {
    const norm = this.state.vocabulary.column('norm');
    return norm instanceof NumberColumn && !(norm.values[row] > 0 && norm.values[row] < Infinity);
  }

  /** @param {{rows: number[], similarities: number[]}} found */
  list({ rows, similarities }) {
    const items = rows.map((row, place) => {
      const bar = element('span', { class: 'share', 'aria-hidden': 'true' });
      bar.style.setProperty('--share', String(Math.max(0, similarities[place])));
      const link = button('', { class: 'link' }, () => this.state.select([row]));
      link.append(element('bdi', {}, this.state.vocabulary.labelOf(row)));
      return element('li', {}, link, bar, element('span', { class: 'number' }, similarities[place].toFixed(3)));
    });
    return element('ol', { 'aria-label': counted(rows.length, 'nearest row') }, ...items);
  }
}
