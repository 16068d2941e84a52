// @ts-check
/** Colours of points and chips. */

import { CategoryColumn, NumberColumn } from './columns.js';

/** @typedef {import('./columns.js').Column} Column */
/** @typedef {[number, number, number]} Colour red, green, blue, 0 to 255 */

/** Told apart by most eyes on light and on dark ground; the most frequent kinds get the first, calmer ones. @type {Colour[]} */
const CATEGORIES = [
  [78, 121, 167], [118, 183, 178], [225, 87, 89], [242, 142, 43], [176, 122, 161], [89, 161, 79], [237, 201, 72],
  [255, 130, 150], [156, 117, 95], [120, 94, 240], [0, 158, 220], [160, 160, 90], [220, 60, 160], [110, 110, 120],
];

/** From low to high, readable on light and dark ground. @type {Colour[]} */
const GRADIENT = [[68, 60, 190], [33, 145, 180], [70, 190, 120], [220, 200, 50], [240, 110, 40]];

/** @type {Colour} */
const PLAIN = [78, 121, 167];

/** @param {number} share 0 to 1 @returns {Colour} */
export function gradient(share) {
  const place = Math.min(Math.max(share, 0), 1) * (GRADIENT.length - 1);
  const low = Math.min(Math.floor(place), GRADIENT.length - 2);
  const part = place - low;
  const [red, green, blue] = GRADIENT[low].map((value, axis) => Math.round(value + (GRADIENT[low + 1][axis] - value) * part));
  return [red, green, blue];
}

/** @param {CategoryColumn} column @returns {Colour[]} one a code */
export function categoryColours(column) {
  /** @type {Colour[]} */
  const colours = new Array(column.texts.length).fill(PLAIN);
  column.byCount.forEach((code, place) => (colours[code] = CATEGORIES[place % CATEGORIES.length]));
  return colours;
}

/** @param {Colour} colour @returns {string} */
export function css([red, green, blue]) {
  return `rgb(${red} ${green} ${blue})`;
}

/**
 * One colour a row, and the order of painting: rare kinds last, so that they are seen.
 * @param {Column | undefined} column
 * @param {number} count
 * @returns {{codes: Uint8Array, colours: Colour[], order: Uint32Array}}
 */
export function paint(column, count) {
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  if (column instanceof CategoryColumn) {
    const { codes, counts } = column;
    return { codes, colours: categoryColours(column), order: order.sort((a, b) => counts[codes[b]] - counts[codes[a]]) };
  }
  const codes = new Uint8Array(count);
  if (!(column instanceof NumberColumn)) return { codes, colours: [PLAIN], order };
  const { rows, missing } = column.sorted();
  const known = rows.length - missing;
  const low = column.values[rows[Math.floor(0.01 * (known - 1))]];
  const high = column.values[rows[Math.ceil(0.99 * (known - 1))]];
  for (let row = 0; row < count; row++) {
    const share = high > low ? (column.values[row] - low) / (high - low) : 0.5;
    codes[row] = Number.isNaN(share) ? 255 : Math.round(254 * Math.min(Math.max(share, 0), 1));
  }
  /** @type {Colour[]} */
  const colours = Array.from({ length: 255 }, (_, place) => gradient(place / 254));
  return { codes, colours: [...colours, [128, 128, 128]], order };
}
