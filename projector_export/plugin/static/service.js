// @ts-check
/** Asks the plugin's routes, whose addresses are relative to the page's base. */

/** @typedef {{run: string, name: string, stamp: string, rows: number, dimensions: number}} Export */
/** @typedef {{name: string, type: 'number', bytes: 4 | 8}} NumberDescription */
/** @typedef {{name: string, type: 'category', values: (string | null)[]}} CategoryDescription */
/** @typedef {{name: string, type: 'text'}} TextDescription */
/** @typedef {NumberDescription | CategoryDescription | TextDescription} ColumnDescription */
/** @typedef {{name: string, method: string, components: 2 | 3}} LayoutDescription */
/** @typedef {{method: string, threshold: number | null, n_rows: number}} Cut */
/** @typedef {{name: string, description: string, mean: number | null, standard_deviation: number | null, cuts: Cut[]}} Indicator */
/** @typedef {{row: number, token: string, kind: string, score: number | null, evidence: string[], neighbours: string[], probability: number | null}} Candidate */
/**
 * @typedef {object} Findings
 * @property {boolean | null} is_tied
 * @property {Record<string, number>} kinds
 * @property {{zero: number[], tiny: number[], identical: number[][], near_duplicates: number[][], padding: number[], near_duplicate_recall: number | null}} dead
 * @property {{rows: number[], evidence: string}} references
 * @property {Indicator[]} indicators
 * @property {Candidate[]} candidates
 * @property {string[]} notes
 */
/**
 * @typedef {object} Description
 * @property {string} run
 * @property {string} name
 * @property {string} stamp
 * @property {number} rows
 * @property {number} dimensions
 * @property {string} created
 * @property {string | null} label
 * @property {ColumnDescription[]} columns
 * @property {LayoutDescription[]} layouts
 * @property {Findings | null} findings
 * @property {boolean} has_projector whether the projector knows every row by the same number
 * @property {string} problem
 * @property {{title: string, value: string, meaning: string}[]} figures
 */
/** @typedef {{row: number, other_row: number, label: string, value: number | null, other_value: number | null, rank: number, other_rank: number}} Move */
/** @typedef {{shared: number, only_here: number, only_there: number, moved: Move[]}} Comparison */
/** @typedef {Record<string, string | number>} Query */

/**
 * @param {string} route
 * @param {Query} query
 * @returns {Promise<Response>}
 */
async function ask(route, query) {
  const texts = Object.entries(query).map(([name, value]) => [name, String(value)]);
  let response;
  try {
    response = await fetch(`${route}?${new URLSearchParams(texts)}`);
  } catch {
    throw new Error('TensorBoard does not answer: is it still running?');
  }
  if (response.ok) return response;
  const content = await response.json().catch(() => ({}));
  throw new Error(content.error || `TensorBoard answered ${response.status} to ${route}`);
}

/** @returns {Promise<{exports: Export[], problems: string[]}>} */
export async function listExports() {
  return (await ask('exports', {})).json();
}

/** @param {Export} chosen @returns {Promise<Description>} */
export async function describe(chosen) {
  return (await ask('description', { run: chosen.run, name: chosen.name })).json();
}

/** @param {string} route @param {Query} query @returns {Promise<ArrayBuffer>} */
export async function fetchBytes(route, query) {
  return (await ask(route, query)).arrayBuffer();
}

/** @param {Query} query @returns {Promise<{start: number, texts: (string | null)[]}>} */
export async function fetchTexts(query) {
  return (await ask('texts', query)).json();
}

/** @param {Query} query @returns {Promise<{rows: number[], similarities: number[]}>} */
export async function fetchNeighbours(query) {
  return (await ask('neighbours', query)).json();
}

/** @param {Query} query @returns {Promise<Comparison>} */
export async function fetchComparison(query) {
  return (await ask('comparison', query)).json();
}
