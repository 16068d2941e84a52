// @ts-check
/** What was found in the vocabulary as a whole. */

import { counted, element, spelled } from './elements.js';

/** @typedef {import('./service.js').Findings} Findings */
/** @typedef {import('./vocabulary.js').Vocabulary} Vocabulary */

/** @param {Vocabulary} vocabulary @returns {HTMLElement} */
export function findingsPage({ description }) {
  const { findings, problem, created, rows, dimensions } = description;
  const about = element('p', { class: 'hint' }, `${counted(rows, 'row')} of ${counted(dimensions, 'dimension')}, exported ${created}`);
  const page = element('div', { class: 'page findings-page' }, about);
  if (problem) page.append(element('p', { class: 'problem' }, problem));
  if (!findings) {
    if (!problem) page.append(element('p', { class: 'hint' }, 'Nobody has looked for glitch tokens here yet: type “projector-export inspect” and this logdir.'));
    return page;
  }
  page.append(...findings.notes.map((note) => element('p', {}, note)));
  page.append(section('Kinds', Object.entries(findings.kinds).map(([kind, count]) => [kind, spelled(count)])));
  page.append(section('Rows apart', deadRows(findings)));
  page.append(section('Indicators', findings.indicators.flatMap(({ name, cuts }) =>
    cuts.map(({ method, threshold, n_rows }) => [`${name}, ${method} cut`, threshold === null ? 'finds none' : `${spelled(threshold)}: ${counted(n_rows, 'row')}`]),
  )));
  page.append(section('Health of the table', description.figures.map(({ title, value, meaning }) => [title, value, meaning])));
  return page;
}

/** @param {Findings} findings @returns {string[][]} */
function deadRows({ dead, references }) {
  const recall = dead.near_duplicate_recall === null ? '' : ` (recall ${spelled(dead.near_duplicate_recall)})`;
  return [
    ['zero', spelled(dead.zero.length)],
    ['tiny', spelled(dead.tiny.length)],
    ['identical', counted(dead.identical.length, 'group')],
    ['near-duplicates', `${counted(dead.near_duplicates.length, 'group')}${recall}`],
    ['padding', spelled(dead.padding.length)],
    ['reference rows', references.rows.length ? `${spelled(references.rows.length)}: ${references.evidence}` : 'none'],
  ];
}

/** @param {string} title @param {string[][]} pairs name, value, and what that means */
function section(title, pairs) {
  const lines = pairs.map(([name, value, meaning]) => element('div', { title: meaning }, element('dt', {}, name), element('dd', {}, value)));
  return element('section', {}, element('h3', {}, title), element('dl', {}, ...lines));
}
