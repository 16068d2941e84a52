// @ts-check
/** What is shown of a vocabulary: filters, order, selection. Everything on the page listens to it. */

import { CategoryColumn, NumberColumn, TextColumn } from './columns.js';

/** @typedef {import('./vocabulary.js').Vocabulary} Vocabulary */
/** @typedef {'rows' | 'selection' | 'texts' | 'colour'} Change */

export class ViewState extends EventTarget {
  /** @param {Vocabulary} vocabulary */
  constructor(vocabulary) {
    super();
    this.vocabulary = vocabulary;
    /** Texts of categories that are wanted, by column; none means all. @type {Map<string, Set<string>>} */
    this.categories = new Map();
    /** @type {Set<string>} */
    this.evidence = new Set();
    /** Least and greatest value that is wanted, by column. @type {Map<string, [number, number]>} */
    this.ranges = new Map();
    this.search = { text: '', isPattern: false, column: vocabulary.label?.name ?? '' };
    this.searchProblem = '';
    /** Only these rows, if not null. @type {Set<number> | null} */
    this.kept = null;
    this.sort = { column: '', descending: false };
    this.colour = vocabulary.kinds?.name ?? '';
    /** 1 for each row that is shown. */
    this.mask = new Uint8Array(vocabulary.count).fill(1);
    /** Rows that are shown, in order. @type {Uint32Array} */
    this.rows = Uint32Array.from({ length: vocabulary.count }, (_, row) => row);
    /** @type {Set<number>} */
    this.selection = new Set();
    /** The row whose page is open; -1 for none. */
    this.current = -1;
  }

  /** @param {Change} change */
  tell(change) {
    this.dispatchEvent(new Event(change));
  }

  /** @param {Change} change @param {() => void} act @param {AbortSignal} signal */
  on(change, act, signal) {
    this.addEventListener(change, act, { signal });
  }

  /** @param {Iterable<number>} rows @param {number} [current] the row whose page opens; the first by default */
  select(rows, current) {
    this.selection = new Set(rows);
    const first = this.selection.values().next();
    this.current = current ?? (first.done ? -1 : first.value);
    this.tell('selection');
  }

  /** @param {string} column @param {string} text */
  toggleCategory(column, text) {
    const chosen = this.categories.get(column) ?? new Set();
    if (!chosen.delete(text)) chosen.add(text);
    if (chosen.size) this.categories.set(column, chosen);
    else this.categories.delete(column);
    this.refresh();
  }

  /** @param {string} phrase */
  toggleEvidence(phrase) {
    if (!this.evidence.delete(phrase)) this.evidence.add(phrase);
    this.refresh();
  }

  /** @param {string} column @param {[number, number] | null} range */
  setRange(column, range) {
    if (range) this.ranges.set(column, range);
    else this.ranges.delete(column);
    this.refresh();
  }

  /** @param {Partial<{text: string, isPattern: boolean, column: string}>} search */
  setSearch(search) {
    Object.assign(this.search, search);
    this.refresh();
  }

  /** @param {Set<number> | null} rows */
  keepOnly(rows) {
    this.kept = rows;
    this.refresh();
  }

  /** Sorts by a column; asked again, the other way round; a third time, by row number. @param {string} column */
  sortBy(column) {
    const { sort } = this;
    if (sort.column !== column) this.sort = { column, descending: false };
    else this.sort = sort.descending ? { column: '', descending: false } : { column, descending: true };
    this.refresh();
  }

  clearFilters() {
    this.categories.clear();
    this.evidence.clear();
    this.ranges.clear();
    this.kept = null;
    this.search.text = '';
    this.refresh();
  }

  get isFiltered() {
    return Boolean(this.categories.size || this.evidence.size || this.ranges.size || this.kept || this.search.text);
  }

  /** Finds the rows that pass all filters, in order, and tells everybody. */
  refresh() {
    const { mask } = this;
    mask.fill(1);
    for (const test of this.tests()) {
      for (let row = 0; row < mask.length; row++) if (mask[row] && !test(row)) mask[row] = 0;
    }
    this.rows = this.ordered();
    this.tell('rows');
  }

  /** @returns {((row: number) => boolean)[]} */
  tests() {
    const tests = [this.searchTest()];
    for (const [name, chosen] of this.categories) {
      const column = this.vocabulary.column(name);
      if (!(column instanceof CategoryColumn)) continue;
      const wanted = column.texts.map((text) => chosen.has(text));
      tests.push((row) => wanted[column.codes[row]]);
    }
    for (const [name, [least, most]] of this.ranges) {
      const column = this.vocabulary.column(name);
      if (!(column instanceof NumberColumn)) continue;
      const { values } = column;
      tests.push((row) => values[row] >= least && values[row] <= most);
    }
    if (this.evidence.size) {
      const wanted = new Uint8Array(this.mask.length);
      for (const phrase of this.evidence) for (const row of this.vocabulary.evidence.get(phrase) ?? []) wanted[row] = 1;
      tests.push((row) => wanted[row] === 1);
    }
    const { kept } = this;
    if (kept) tests.push((row) => kept.has(row));
    return tests;
  }

  /** @returns {(row: number) => boolean} */
  searchTest() {
    const { text, isPattern, column: name } = this.search;
    const column = this.vocabulary.column(name);
    this.searchProblem = '';
    if (!text || !(column instanceof TextColumn)) return () => true;
    if (!isPattern) {
      const wanted = text.toLowerCase();
      const texts = column.folded();
      return (row) => texts[row].includes(wanted);
    }
    try {
      const pattern = new RegExp(text, 'iu');
      return (row) => pattern.test(column.text(row));
    } catch {
      this.searchProblem = 'This is no regular expression';
      return () => true;
    }
  }

  /** @returns {Uint32Array} */
  ordered() {
    const { mask, sort } = this;
    const column = this.vocabulary.column(sort.column);
    const shown = new Uint32Array(mask.length);
    let count = 0;
    if (!column) {
      for (let row = 0; row < mask.length; row++) if (mask[row]) shown[count++] = row;
      return shown.subarray(0, count);
    }
    const { rows, missing } = column.sorted();
    const known = rows.length - missing;
    for (let place = 0; place < known; place++) {
      const row = rows[sort.descending ? known - 1 - place : place];
      if (mask[row]) shown[count++] = row;
    }
    for (let place = known; place < rows.length; place++) if (mask[rows[place]]) shown[count++] = rows[place];
    return shown.subarray(0, count);
  }
}
