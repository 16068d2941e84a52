// @ts-check
/** The table of all rows. Only those in sight are elements, so that its size does not matter. */

import { CategoryColumn, NumberColumn } from './columns.js';
import { element, setAttributes, spelled } from './elements.js';
import { categoryColours, css } from './palette.js';

/** @typedef {import('./columns.js').Column} DataColumn */
/** @typedef {DataColumn | 'evidence'} Column */
/** @typedef {import('./view_state.js').ViewState} ViewState */

const ROW_HEIGHT = 26;
const SPARE_ROWS = 4;
/** Browsers cannot scroll much further than this; longer tables scroll faster. */
const MOST_PIXELS = 8_000_000;
const EVIDENCE = 'evidence';

/** @type {Record<string, number>} */
const WIDTHS = { number: 88, category: 128, text: 150, evidence: 190 };
const ROW_NUMBER_WIDTH = 64;

export class RowsTable {
  /** @param {ViewState} state @param {AbortSignal} signal */
  constructor(state, signal) {
    this.state = state;
    this.columns = arranged(state.vocabulary);
    const widths = this.columns.map((column, place) => (place < 1 && classOf(column) === 'number' ? ROW_NUMBER_WIDTH : WIDTHS[classOf(column)]));
    this.head = element('div', { class: 'table-head', role: 'row', 'aria-rowindex': 1 });
    this.body = element('div', { class: 'table-body', role: 'rowgroup' });
    this.node = element(
      'div',
      {
        class: 'table', role: 'grid', tabindex: 0, 'aria-multiselectable': 'true',
        'aria-label': 'Rows: arrows move, Shift extends, Space adds, Control-A takes all', 'aria-colcount': this.columns.length,
      },
      this.head,
      this.body,
    );
    this.node.style.setProperty('--columns', widths.map((width, place) => (classOf(this.columns[place]) === 'text' ? `minmax(${width}px, 1fr)` : `${width}px`)).join(' '));
    this.node.style.setProperty('--width', `${widths.reduce((sum, width) => sum + width, 0)}px`);
    /** @type {HTMLElement[]} */
    this.pool = [];
    /** Goes up with whatever changes what rows show. */
    this.version = 0;
    /** Colours of kinds, by column. @type {Map<CategoryColumn, string[]>} */
    this.dots = new Map();
    for (const column of this.columns) if (column instanceof CategoryColumn) this.dots.set(column, categoryColours(column).map(css));
    /** Where the keyboard is, as a place in the order. */
    this.place = 0;
    this.anchor = 0;
    this.fillHead();
    this.node.addEventListener('scroll', () => this.draw(), { passive: true, signal });
    this.node.addEventListener('keydown', (event) => this.onKey(event), { signal });
    this.body.addEventListener('click', (event) => this.onClick(event), { signal });
    const observer = new ResizeObserver(() => this.draw());
    observer.observe(this.node);
    signal.addEventListener('abort', () => observer.disconnect());
    state.on('rows', () => this.restart(), signal);
    state.on('texts', () => this.redraw(), signal);
    state.on('selection', () => this.follow(), signal);
    this.restart();
  }

  fillHead() {
    const { sort } = this.state;
    this.head.replaceChildren(
      ...this.columns.map((column, place) => {
        const isSorted = sort.column === nameOf(column);
        const direction = sort.descending ? 'descending' : 'ascending';
        const mark = isSorted ? (sort.descending ? ' ↓' : ' ↑') : '';
        const button = element('button', { type: 'button', title: `Sort by ${nameOf(column)}` }, `${nameOf(column)}${mark}`);
        const cell = element(
          'div',
          { role: 'columnheader', class: classOf(column), 'aria-colindex': place + 1, 'aria-sort': isSorted ? direction : 'none' },
          column === EVIDENCE ? EVIDENCE : button,
        );
        if (column !== EVIDENCE) button.addEventListener('click', () => this.state.sortBy(nameOf(column)));
        return cell;
      }),
    );
  }

  get visible() {
    return Math.max(1, Math.floor((this.node.clientHeight - ROW_HEIGHT) / ROW_HEIGHT));
  }

  /** Pixels that all rows take. */
  get height() {
    return Math.min(this.state.rows.length * ROW_HEIGHT, MOST_PIXELS);
  }

  /** The place, not whole, of the first row in sight. */
  get first() {
    const room = this.height - this.visible * ROW_HEIGHT;
    if (this.state.rows.length * ROW_HEIGHT <= MOST_PIXELS || room <= 0) return this.node.scrollTop / ROW_HEIGHT;
    return (this.node.scrollTop / room) * (this.state.rows.length - this.visible);
  }

  restart() {
    const count = this.state.rows.length;
    this.fillHead();
    this.body.style.height = `${this.height}px`;
    this.node.setAttribute('aria-rowcount', String(count + 1));
    this.node.scrollTop = 0;
    this.place = this.anchor = 0;
    this.redraw();
  }

  /** Scrolls to the row whose page is open, if it is shown and out of sight. */
  follow() {
    const { rows, current } = this.state;
    if (rows[this.place] !== current) {
      const place = rows.indexOf(current);
      if (place >= 0) this.place = this.anchor = place;
    }
    if (rows[this.place] === current) this.reveal(this.place);
    this.redraw();
  }

  /** @param {number} place */
  reveal(place) {
    const first = this.first;
    if (place >= first && place <= first + this.visible - 1) return;
    const target = place < first && first - place < 3 ? place : place > first && place - first < this.visible + 3 ? place - this.visible + 1 : place - this.visible / 2;
    const count = this.state.rows.length;
    const room = this.height - this.visible * ROW_HEIGHT;
    const scaled = count * ROW_HEIGHT <= MOST_PIXELS ? target * ROW_HEIGHT : (target / (count - this.visible)) * room;
    this.node.scrollTop = Math.max(0, scaled);
  }

  /** Fills the rows in sight. A row keeps its element as long as it is in sight, so that scrolling fills only new ones. */
  draw() {
    const { rows } = this.state;
    const first = this.first;
    const start = Math.max(0, Math.floor(first) - SPARE_ROWS);
    const stop = Math.min(rows.length, Math.ceil(first) + this.visible + SPARE_ROWS);
    while (this.pool.length < this.visible + 2 * SPARE_ROWS + 2) this.pool.push(this.newRow(this.pool.length));
    const shift = this.node.scrollTop - first * ROW_HEIGHT;
    for (const line of this.pool) line.hidden = true;
    for (let place = start; place < stop; place++) {
      const line = this.pool[place % this.pool.length];
      line.hidden = false;
      line.style.transform = `translateY(${shift + place * ROW_HEIGHT}px)`;
      const key = `${place} ${this.version}`;
      if (line.dataset.key !== key) this.fillRow(line, place);
      line.dataset.key = key;
    }
    const active = this.place >= start && this.place < stop ? this.pool[this.place % this.pool.length] : undefined;
    setAttributes(this.node, { 'aria-activedescendant': active?.id });
  }

  /** Fills all rows in sight again. */
  redraw() {
    this.version++;
    this.draw();
  }

  /** @param {number} index @returns {HTMLElement} */
  newRow(index) {
    const cells = this.columns.map((column, place) =>
      element('div', { role: 'gridcell', class: classOf(column), 'aria-colindex': place + 1, dir: 'auto' }),
    );
    const line = element('div', { role: 'row', class: 'table-row', id: `table-row-${index}` }, ...cells);
    this.body.append(line);
    return line;
  }

  /** @param {HTMLElement} line @param {number} place */
  fillRow(line, place) {
    const row = this.state.rows[place];
    line.dataset.place = String(place);
    line.dataset.row = String(row);
    setAttributes(line, { 'aria-rowindex': place + 2, 'aria-selected': String(this.state.selection.has(row)) });
    line.classList.toggle('is-active', place === this.place);
    line.classList.toggle('is-current', row === this.state.current);
    this.columns.forEach((column, index) => this.fillCell(/** @type {HTMLElement} */ (line.children[index]), column, row));
  }

  /** @param {HTMLElement} cell @param {Column} column @param {number} row */
  fillCell(cell, column, row) {
    if (column === EVIDENCE) {
      const phrases = this.state.vocabulary.evidenceOfRow.get(row) ?? [];
      cell.textContent = phrases.join(' · ');
      cell.title = cell.textContent;
    } else if (column instanceof NumberColumn) {
      cell.textContent = column.isWhole && column.name === 'id' ? String(column.values[row]) : spelled(column.values[row]);
    } else {
      cell.textContent = column.text(row);
      cell.title = cell.textContent;
      if (column instanceof CategoryColumn) cell.style.setProperty('--dot', this.dots.get(column)?.[column.codes[row]] ?? '');
    }
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const line = event.target instanceof Element ? event.target.closest('.table-row') : null;
    if (!(line instanceof HTMLElement)) return;
    this.take(Number(line.dataset.place), { extend: event.shiftKey, add: event.ctrlKey || event.metaKey });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.target !== this.node) return;
    const last = this.state.rows.length - 1;
    /** @type {Record<string, number>} */
    const moves = {
      ArrowDown: this.place + 1, ArrowUp: this.place - 1, PageDown: this.place + this.visible, PageUp: this.place - this.visible,
      Home: 0, End: last,
    };
    if (event.key in moves && last >= 0) {
      this.take(Math.min(Math.max(moves[event.key], 0), last), { extend: event.shiftKey, add: false });
    } else if (event.key === ' ' && last >= 0) {
      this.take(this.place, { extend: false, add: true });
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      this.state.select(this.state.rows, this.state.current);
    } else if (event.key === 'Escape') {
      this.state.select([]);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** @param {number} place @param {{extend: boolean, add: boolean}} how */
  take(place, { extend, add }) {
    const { rows, selection } = this.state;
    this.place = place;
    if (!extend) this.anchor = place;
    if (add) {
      const chosen = new Set(selection);
      if (!chosen.delete(rows[place])) chosen.add(rows[place]);
      this.state.select(chosen, chosen.has(rows[place]) ? rows[place] : undefined);
    } else {
      const [from, to] = [Math.min(this.anchor, place), Math.max(this.anchor, place)];
      this.state.select(rows.subarray(from, to + 1), rows[place]);
    }
  }
}

/**
 * What is looked at first comes first.
 * @param {import('./vocabulary.js').Vocabulary} vocabulary
 * @returns {Column[]}
 */
function arranged(vocabulary) {
  const { label, kinds, indicators } = vocabulary;
  const norm = vocabulary.column('norm');
  const id = vocabulary.column('id');
  const first = [id, label, kinds, ...indicators, norm].filter((column) => column !== undefined);
  const rest = vocabulary.columns.filter((column) => !first.includes(column));
  const shown = [...new Set([...first, ...rest])];
  if (vocabulary.evidence.size) {
    /** @type {Column[]} */
    const all = shown;
    all.splice(first.length, 0, EVIDENCE);
    return all;
  }
  return shown;
}

/** @param {Column} column */
const nameOf = (column) => (column === EVIDENCE ? EVIDENCE : column.name);

/** @param {Column} column */
const classOf = (column) => (column === EVIDENCE ? 'evidence' : column.type);
