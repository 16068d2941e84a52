// @ts-check
/** Two exports side by side: tokens whose place in the order of a column moved most. */

import { button, counted, element, menu, spelled } from './elements.js';
import { fetchComparison } from './service.js';

/** @typedef {import('./service.js').Comparison} Comparison */
/** @typedef {import('./service.js').Export} Export */
/** @typedef {import('./view_state.js').ViewState} ViewState */

const COUNT = 200;

/** @param {Export} each */
export const titleOf = ({ run, name }) => (run === '.' ? name : `${run} · ${name}`);

export class ComparisonPage {
  /** @param {ViewState} state @param {Export[]} others */
  constructor(state, others) {
    this.state = state;
    this.others = others;
    this.node = element('div', { class: 'page comparison-page' });
    this.result = element('div', { 'aria-live': 'polite' });
    const { numbers, indicators } = state.vocabulary;
    const norm = numbers.filter(({ name }) => name === 'norm');
    const columns = [...new Set([...indicators, ...norm, ...numbers.filter(({ name }) => name !== 'id')])];
    this.other = '';
    this.column = columns[0]?.name ?? '';
    if (!others.length || !columns.length) {
      this.node.append(element('p', { class: 'hint' }, 'There is no other export below this logdir to compare with.'));
      return;
    }
    const which = menu('Export to compare with', [
      { value: '', text: 'Compare with…' },
      ...others.map((each, place) => ({ value: String(place), text: titleOf(each) })),
    ], (value) => {
      this.other = value;
      this.refresh();
    });
    const what = menu('Column to compare', columns.map(({ name }) => ({ value: name, text: `by ${name}` })), (name) => {
      this.column = name;
      this.refresh();
    });
    this.node.append(element('div', { class: 'line' }, which, what), this.result);
  }

  async refresh() {
    const other = this.others[Number(this.other)];
    if (this.other === '' || !other) return this.result.replaceChildren();
    const asked = { ...this.state.vocabulary.key, other_run: other.run, other_name: other.name, column: this.column, count: COUNT };
    this.result.replaceChildren(element('p', { class: 'hint' }, 'Comparing…'));
    try {
      const found = await fetchComparison(asked);
      if (other === this.others[Number(this.other)] && asked.column === this.column) this.result.replaceChildren(...this.lines(found, other));
    } catch (error) {
      this.result.replaceChildren(element('p', { class: 'problem' }, error instanceof Error ? error.message : String(error)));
    }
  }

  /** @param {Comparison} found @param {Export} other */
  lines(found, other) {
    const here = titleOf({ ...other, ...this.state.vocabulary.key });
    const counts = `${counted(found.shared, 'token')} in both, ${spelled(found.only_here)} only here, ${spelled(found.only_there)} only there.`;
    const summary = element('p', { class: 'hint' }, `${counts} Places are the share of these tokens with a lower ${this.column}.`);
    const select = button('Select all of these', { class: 'quiet' }, () => this.state.select(found.moved.map(({ row }) => row)));
    const heads = ['token', here, titleOf(other), 'place here → there', 'moved'];
    const head = element('tr', {}, ...heads.map((text, place) => element('th', { scope: 'col', class: place ? 'number' : 'text' }, text)));
    const rows = found.moved.map((move) => {
      const link = button('', { class: 'link' }, () => this.state.select([move.row]));
      link.append(element('bdi', {}, move.label));
      const change = 100 * (move.other_rank - move.rank);
      const cells = [
        spelled(move.value ?? NaN), spelled(move.other_value ?? NaN), `${(100 * move.rank).toFixed(1)} → ${(100 * move.other_rank).toFixed(1)} %`,
        `${change > 0 ? '+' : ''}${change.toFixed(1)}`,
      ];
      return element(
        'tr', {}, element('td', {}, link),
        ...cells.map((text, place) => element('td', { class: place === 3 ? (change < 0 ? 'number down' : 'number up') : 'number' }, text)),
      );
    });
    const table = element('table', { class: 'moves' }, element('thead', {}, head), element('tbody', {}, ...rows));
    return [element('div', { class: 'line' }, summary, select), table];
  }
}
