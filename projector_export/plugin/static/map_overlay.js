// @ts-check
/** What lies in front of the points: selected rows and their names, the row under the pointer, axes, the lasso. */

/** @typedef {import('./point_painter.js').Points} Points */
/** @typedef {import('./view_state.js').ViewState} ViewState */
/**
 * @typedef {object} Front
 * @property {Points} points
 * @property {[number, number][]} line the lasso, in pixels of the page
 * @property {number} hovered row under the pointer, -1 for none
 * @property {ViewState} state
 * @property {[string, string] | null} axes
 */

const MOST_LABELS = 12;
const MOST_RINGS = 2000;
const LONGEST_LABEL = 40;

/** @param {HTMLCanvasElement} canvas @param {Front} front */
export function drawOverlay(canvas, { points, line, hovered, state, axes }) {
  const { clientWidth, clientHeight } = canvas;
  const ratio = Math.min(devicePixelRatio, 2);
  const context = canvas.getContext('2d');
  if (!context || !clientWidth) return;
  Object.assign(canvas, { width: Math.round(clientWidth * ratio), height: Math.round(clientHeight * ratio) });
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  context.strokeStyle = style.getPropertyValue('--ink');
  context.fillStyle = style.getPropertyValue('--ink');
  context.font = '12px Roboto, system-ui, sans-serif';
  context.lineWidth = 1.5;
  if (axes) drawAxes(context, axes, clientWidth, clientHeight);
  /** @param {number} row @returns {[number, number]} */
  const place = (row) => [points.places[2 * row] / ratio, points.places[2 * row + 1] / ratio];
  if (state.selection.size > MOST_RINGS) {
    for (const row of state.selection) context.fillRect(place(row)[0] - 1, place(row)[1] - 1, 2, 2);
  } else {
    for (const row of state.selection) drawRing(context, place(row), 5);
    for (const row of [...state.selection].slice(0, MOST_LABELS)) {
      drawName(context, style, place(row), state.vocabulary.labelOf(row).slice(0, LONGEST_LABEL));
    }
  }
  if (state.current >= 0) drawRing(context, place(state.current), 8);
  if (hovered >= 0) drawRing(context, place(hovered), 6);
  if (line.length > 1) drawLasso(context, style, line);
}

/** @param {CanvasRenderingContext2D} context @param {[number, number]} place @param {number} radius */
function drawRing(context, [x, y], radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {CSSStyleDeclaration} style @param {[number, number]} place @param {string} text */
function drawName(context, style, [x, y], text) {
  if (Number.isNaN(x)) return;
  context.save();
  context.strokeStyle = style.getPropertyValue('--surface');
  context.lineWidth = 3;
  context.lineJoin = 'round';
  context.strokeText(text, x + 11, y + 4);
  context.fillText(text, x + 11, y + 4);
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {[string, string]} axes @param {number} width @param {number} height */
function drawAxes(context, [across, up], width, height) {
  context.fillText(`${across} →`, width - context.measureText(`${across} →`).width - 8, height - 8);
  context.fillText(`↑ ${up}`, 8, 16);
}

/** @param {CanvasRenderingContext2D} context @param {CSSStyleDeclaration} style @param {[number, number][]} line */
function drawLasso(context, style, line) {
  context.beginPath();
  line.forEach(([x, y]) => context.lineTo(x, y));
  context.closePath();
  context.stroke();
  context.fillStyle = style.getPropertyValue('--brush');
  context.fill();
}
