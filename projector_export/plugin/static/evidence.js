// @ts-check
/** What speaks against rows, gathered from the findings: a few groups for chips, whole phrases for a row's page. */

/** @typedef {import('./service.js').Description} Description */
/** @typedef {import('./service.js').Indicator} Indicator */

const MOST_GROUPS = 16;
const NUMBERS = /\d[\d,.]*/g;

/** Rows may come from a damaged file. @param {unknown} row @param {number} count @returns {row is number} */
const isRow = (row, count) => typeof row === 'number' && Number.isInteger(row) && row >= 0 && row < count;

/**
 * Rows by what speaks against them.
 * @param {Description} description
 * @returns {Map<string, Uint32Array>} row numbers, increasing
 */
export function evidenceOf({ findings, rows: count }) {
  /** @type {Map<string, Set<number>>} */
  const groups = new Map();
  /** @param {string} name @param {Iterable<unknown>} rows */
  const add = (name, rows) => {
    for (const row of rows) {
      if (!isRow(row, count)) continue;
      if (!groups.has(name)) groups.set(name, new Set());
      groups.get(name)?.add(row);
    }
  };
  if (!findings) return new Map();
  const { candidates, dead, references, indicators } = findings;
  add('suspect', candidates.map((each) => each.row));
  add('zero', dead.zero);
  add('tiny', dead.tiny);
  add('identical', dead.identical.flat());
  add('near-duplicate', dead.near_duplicates.flat());
  add('padding', dead.padding);
  add('reference', references.rows);
  const told = new Set(groups.keys());
  for (const { row, evidence } of candidates) for (const phrase of evidence) add(shortened(phrase, indicators), [row]);
  const news = [...groups].filter(([name, rows]) => told.has(name) || !isSaidOtherwise(rows, groups, told));
  return new Map(news.slice(0, MOST_GROUPS).map(([name, rows]) => [name, Uint32Array.from(rows).sort()]));
}

/**
 * What is said of each row.
 * @param {Description} description
 * @returns {Map<number, string[]>}
 */
export function phrasesOf({ findings, rows }) {
  const candidates = findings?.candidates ?? [];
  return new Map(candidates.filter(({ row }) => isRow(row, rows)).map(({ row, evidence }) => [row, evidence]));
}

/** A phrase without its row's own numbers. @param {string} phrase @param {Indicator[]} indicators */
function shortened(phrase, indicators) {
  const [longest] = indicators.filter(({ name }) => phrase.startsWith(name)).sort((a, b) => b.name.length - a.name.length);
  return longest ? `low ${longest.name}` : phrase.replace(NUMBERS, '…');
}

/** @param {Set<number>} rows @param {Map<string, Set<number>>} groups @param {Set<string>} told names that come first */
function isSaidOtherwise(rows, groups, told) {
  for (const name of told) {
    const other = groups.get(name);
    if (other && other !== rows && rows.size <= other.size && rows.size > 0.98 * other.size && [...rows].every((row) => other.has(row))) return true;
  }
  return false;
}
