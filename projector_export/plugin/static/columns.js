// @ts-check
/** Columns of a table in memory: numbers as typed arrays, a few texts as codes, many texts as they come in. */

/**
 * Row numbers in increasing order of something; rows without a value come last.
 * @param {number} count
 * @param {(row: number) => boolean} isMissing
 * @param {(first: number, second: number) => number} order
 * @returns {{rows: Uint32Array, missing: number}}
 */
function sortRows(count, isMissing, order) {
  const rows = new Uint32Array(count);
  let kept = 0;
  let last = count;
  for (let row = count - 1; row >= 0; row--) if (isMissing(row)) rows[--last] = row;
  for (let row = 0; row < count; row++) if (!isMissing(row)) rows[kept++] = row;
  rows.subarray(0, kept).sort((first, second) => order(first, second) || first - second);
  return { rows, missing: count - kept };
}

export class NumberColumn {
  /** @param {string} name @param {Float32Array | Float64Array} values */
  constructor(name, values) {
    this.type = /** @type {const} */ ('number');
    this.name = name;
    this.values = values;
    this.isWhole = values.every((value) => Number.isInteger(value) || Number.isNaN(value));
    let least = Infinity;
    let most = -Infinity;
    for (const value of values) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
    this.least = least <= most ? least : 0;
    this.most = least <= most ? most : 0;
    /** @type {{rows: Uint32Array, missing: number} | undefined} */
    this.order = undefined;
  }

  /** @returns {{rows: Uint32Array, missing: number}} */
  sorted() {
    const { values } = this;
    this.order ??= sortRows(values.length, (row) => Number.isNaN(values[row]), (a, b) => values[a] - values[b]);
    return this.order;
  }

  /**
   * Place of a row's value from the lowest on: rows with a lower value, and rows with any value.
   * @param {number} row
   * @returns {{below: number, known: number}}
   */
  place(row) {
    const { rows, missing } = this.sorted();
    const known = rows.length - missing;
    let low = 0;
    let high = known;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.values[rows[middle]] < this.values[row]) low = middle + 1;
      else high = middle;
    }
    return { below: low, known };
  }
}

export class CategoryColumn {
  /** @param {string} name @param {(string | null)[]} texts @param {Uint8Array} codes */
  constructor(name, texts, codes) {
    this.type = /** @type {const} */ ('category');
    this.name = name;
    this.texts = texts.map((text) => text ?? '');
    this.codes = codes;
    this.counts = new Uint32Array(texts.length);
    for (const code of codes) this.counts[code]++;
    /** Codes, the most frequent first. */
    this.byCount = [...this.texts.keys()].sort((a, b) => this.counts[b] - this.counts[a]);
    /** @type {{rows: Uint32Array, missing: number} | undefined} */
    this.order = undefined;
  }

  /** @param {number} row @returns {string} */
  text(row) {
    return this.texts[this.codes[row]] ?? '';
  }

  /** @returns {{rows: Uint32Array, missing: number}} */
  sorted() {
    const { texts, codes } = this;
    const places = new Uint32Array(texts.length);
    [...texts.keys()].sort((a, b) => (texts[a] < texts[b] ? -1 : 1)).forEach((code, place) => (places[code] = place));
    this.order ??= sortRows(codes.length, () => false, (a, b) => places[codes[a]] - places[codes[b]]);
    return this.order;
  }
}

export class TextColumn {
  /** @param {string} name @param {number} count */
  constructor(name, count) {
    this.type = /** @type {const} */ ('text');
    this.name = name;
    /** @type {string[]} */
    this.texts = new Array(count).fill('…');
    /** @type {string[] | undefined} */
    this.lowered = undefined;
    this.isWhole = false;
    /** @type {{rows: Uint32Array, missing: number} | undefined} */
    this.order = undefined;
  }

  /** @param {number} start @param {(string | null)[]} texts */
  fill(start, texts) {
    for (let place = 0; place < texts.length; place++) this.texts[start + place] = texts[place] ?? '';
    this.lowered = undefined;
    this.order = undefined;
  }

  /** @param {number} row @returns {string} */
  text(row) {
    return this.texts[row];
  }

  /** Texts for a search that does not tell capitals from small letters. @returns {string[]} */
  folded() {
    this.lowered ??= this.texts.map((text) => text.toLowerCase());
    return this.lowered;
  }

  /** @returns {{rows: Uint32Array, missing: number}} */
  sorted() {
    const { texts } = this;
    this.order ??= sortRows(
      texts.length,
      () => false,
      (a, b) => (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : 0),
    );
    return this.order;
  }
}

/** @typedef {NumberColumn | CategoryColumn | TextColumn} Column */
