// @ts-check
/** What the map can show: the layouts of the export, and columns against each other. */

/** @typedef {import('./columns.js').NumberColumn} NumberColumn */
/** @typedef {import('./vocabulary.js').Vocabulary} Vocabulary */
/**
 * @typedef {object} Picture
 * @property {string} name
 * @property {2 | 3} components
 * @property {[string, string] | null} axes names of the axes, where they mean something
 * @property {() => Promise<Float32Array>} load coordinates, row after row, from -1 to 1
 */

/** @param {Vocabulary} vocabulary @returns {Picture[]} */
export function picturesOf(vocabulary) {
  /** @type {Picture[]} */
  const layouts = vocabulary.description.layouts.map(({ name, components }) => ({
    name,
    components,
    axes: null,
    load: async () => fitted(await vocabulary.layout(name), components),
  }));
  return [...layouts, ...charts(vocabulary)];
}

/** @param {Vocabulary} vocabulary @returns {Picture[]} */
function charts(vocabulary) {
  const [norm] = vocabulary.numbers.filter((column) => column.name === 'norm');
  if (!norm) return [];
  const [score, second] = vocabulary.indicators.filter((column) => column !== norm);
  const pairs = [chart(null, norm, vocabulary.count)];
  if (score) pairs.push(chart(score, norm, vocabulary.count), chart(null, score, vocabulary.count));
  if (score && second) pairs.push(chart(score, second, vocabulary.count));
  return pairs;
}

/** @param {NumberColumn | null} across row numbers where there is none @param {NumberColumn} up @param {number} count @returns {Picture} */
function chart(across, up, count) {
  return {
    name: `${up.name} by ${across ? across.name : 'row'}`,
    components: 2,
    axes: [across ? across.name : 'row', up.name],
    load: async () => {
      const coordinates = new Float32Array(2 * count);
      const rows = Float32Array.from({ length: count }, (_, row) => row);
      stretch(across ? across.values : rows, coordinates, 0);
      stretch(up.values, coordinates, 1);
      return coordinates;
    },
  };
}

/** Brings values to -1 to 1; a row without value has no place. @param {ArrayLike<number>} values @param {Float32Array} coordinates @param {0 | 1} axis */
function stretch(values, coordinates, axis) {
  const [least, most] = ends(values, 0, 1);
  for (let row = 0; row < values.length; row++) coordinates[2 * row + axis] = most > least ? (2 * (values[row] - least)) / (most - least) - 1 : 0;
}

/** Centres a layout and brings its longest axis to -1 to 1; all axes keep their scale. @param {Float32Array} layout @param {2 | 3} components */
function fitted(layout, components) {
  const extents = Array.from({ length: components }, (_, axis) => ends(layout, axis, components));
  const half = Math.max(...extents.map(([least, most]) => (most - least) / 2)) || 1;
  const middles = extents.map(([least, most]) => (least + most) / 2);
  return layout.map((value, place) => (value - middles[place % components]) / half);
}

/** @param {ArrayLike<number>} values @param {number} start @param {number} step @returns {[number, number]} */
function ends(values, start, step) {
  let least = Infinity;
  let most = -Infinity;
  for (let place = start; place < values.length; place += step) {
    if (values[place] < least) least = values[place];
    if (values[place] > most) most = values[place];
  }
  return [least, most];
}
