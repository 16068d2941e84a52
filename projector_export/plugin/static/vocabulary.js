// @ts-check
/** One export: its columns, what was found in it, and its layouts, which are fetched when they are first looked at. */

import { CategoryColumn, NumberColumn, TextColumn } from './columns.js';
import { evidenceOf, phrasesOf } from './evidence.js';
import { describe, fetchBytes, fetchTexts } from './service.js';

/** @typedef {import('./columns.js').Column} Column */
/** @typedef {import('./service.js').Description} Description */
/** @typedef {import('./service.js').Export} Export */

const PAGE = 20_000;
/** A column of long texts that the findings hold too. */
const TOLD_BY_FINDINGS = 'evidence';

export class Vocabulary {
  /** @param {Description} description @param {Column[]} columns */
  constructor(description, columns) {
    this.description = description;
    this.count = description.rows;
    this.columns = columns;
    /** Rows by what speaks against them, in a few words. */
    this.evidence = evidenceOf(description);
    /** What speaks against a row, in the words of the findings. */
    this.phrases = phrasesOf(description);
    /** @type {Map<number, string[]>} */
    this.evidenceOfRow = new Map();
    for (const [phrase, rows] of this.evidence) {
      for (const row of rows) {
        const known = this.evidenceOfRow.get(row);
        if (known) known.push(phrase);
        else this.evidenceOfRow.set(row, [phrase]);
      }
    }
    /** @type {Map<string, Promise<Float32Array>>} */
    this.layouts = new Map();
  }

  /** @param {Export} chosen @returns {Promise<Vocabulary>} */
  static async open(chosen) {
    const description = await describe(chosen);
    const key = keyOf(description);
    const wanted = description.columns.filter(({ name }) => !(description.findings && name === TOLD_BY_FINDINGS));
    const columns = await Promise.all(
      wanted.map(async (column) => {
        const query = { ...key, column: column.name };
        if (column.type === 'text') return new TextColumn(column.name, description.rows);
        const bytes = await fetchBytes(column.type === 'number' ? 'numbers' : 'codes', query);
        if (column.type === 'category') return new CategoryColumn(column.name, column.values, new Uint8Array(bytes));
        return new NumberColumn(column.name, column.bytes === 8 ? new Float64Array(bytes) : new Float32Array(bytes));
      }),
    );
    return new Vocabulary(description, columns);
  }

  /** What names this export in a request. */
  get key() {
    return keyOf(this.description);
  }

  /** @returns {TextColumn | undefined} */
  get label() {
    return this.texts.find((column) => column.name === this.description.label);
  }

  /** @returns {TextColumn[]} */
  get texts() {
    return this.columns.filter((column) => column instanceof TextColumn);
  }

  /** @returns {NumberColumn[]} */
  get numbers() {
    return this.columns.filter((column) => column instanceof NumberColumn);
  }

  /** The column that tells kinds apart. @returns {CategoryColumn | undefined} */
  get kinds() {
    const categories = this.columns.filter((column) => column instanceof CategoryColumn);
    return categories.find((column) => column.name === 'kind') ?? categories[0];
  }

  /** Scores, the main one first. @returns {NumberColumn[]} */
  get indicators() {
    const names = this.description.findings?.indicators.map((each) => each.name) ?? [];
    return names.flatMap((name) => this.numbers.filter((column) => column.name === name));
  }

  /** @param {string} name @returns {Column | undefined} */
  column(name) {
    return this.columns.find((column) => column.name === name);
  }

  /** @param {number} row @returns {string} */
  labelOf(row) {
    return this.label ? this.label.text(row) : `row ${row}`;
  }

  /**
   * Fetches all texts, the labels first, page by page.
   * @param {() => void} progress called after each page
   */
  async fetchTexts(progress) {
    const label = this.label;
    const columns = label ? [label, ...this.texts.filter((column) => column !== label)] : this.texts;
    for (const column of columns) {
      for (let start = 0; start < this.count; start += PAGE) {
        const page = await fetchTexts({ ...this.key, column: column.name, start, count: PAGE });
        column.fill(page.start, page.texts);
        progress();
      }
      column.isWhole = true;
      progress();
    }
  }

  /** @param {string} name @returns {Promise<Float32Array>} coordinates, row after row */
  layout(name) {
    let coming = this.layouts.get(name);
    if (!coming) {
      coming = fetchBytes('layout', { ...this.key, layout: name }).then((bytes) => new Float32Array(bytes));
      this.layouts.set(name, coming);
    }
    return coming;
  }
}

/** @param {Description} description */
function keyOf({ run, name, stamp }) {
  return { run, name, stamp };
}
