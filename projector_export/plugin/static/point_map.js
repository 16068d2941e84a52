// @ts-check
/** The plain map: every row a point. Drag moves (or turns, in 3-D), the wheel zooms, Shift-drag or the lasso selects. */

import { element, setAttributes } from './elements.js';
import { drawOverlay } from './map_overlay.js';
import { paint } from './palette.js';
import { nearestPoint, paintPoints, pointsInside } from './point_painter.js';

/** @typedef {import('./palette.js').Colour} Colour */
/** @typedef {import('./pictures.js').Picture} Picture */
/** @typedef {import('./point_painter.js').Points} Points */
/** @typedef {import('./view_state.js').ViewState} ViewState */

const REACH = 9;
const CLICK_PIXELS = 4;
const MARGIN = 0.46;

export class PointMap {
  /** @param {ViewState} state @param {AbortSignal} signal */
  constructor(state, signal) {
    this.state = state;
    /** @type {Picture | undefined} */
    this.picture = undefined;
    /** @type {Float32Array | undefined} */
    this.coordinates = undefined;
    this.view = { x: 0, y: 0, zoom: 1, yaw: 0.6, pitch: 0.4 };
    this.isLasso = false;
    /** @type {[number, number][]} */
    this.line = [];
    this.hovered = -1;
    this.frame = 0;
    /** @type {Points} */
    this.points = {
      places: new Float32Array(2 * state.vocabulary.count).fill(NaN),
      mask: state.mask,
      ground: [255, 255, 255],
      faint: [200, 200, 200],
      radius: 2,
      ...paint(undefined, state.vocabulary.count),
    };
    this.canvas = document.createElement('canvas');
    setAttributes(this.canvas, { class: 'points', 'aria-hidden': 'true' });
    this.overlay = document.createElement('canvas');
    setAttributes(this.overlay, {
      class: 'overlay', tabindex: 0, role: 'img',
      'aria-label': 'Map of all rows: arrows move, plus and minus zoom, 0 shows all; the table holds the same rows',
    });
    this.tip = element('div', { class: 'tip', dir: 'auto', hidden: true });
    this.node = element('div', { class: 'stage' }, this.canvas, this.overlay, this.tip);
    const observer = new ResizeObserver(() => this.draw());
    observer.observe(this.node);
    signal.addEventListener('abort', () => observer.disconnect());
    this.listen(signal);
    this.colour();
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { overlay } = this;
    overlay.addEventListener('pointerdown', (event) => this.onPress(event), { signal });
    overlay.addEventListener('pointermove', (event) => this.onHover(event), { signal });
    overlay.addEventListener('pointerleave', () => this.hover(-1), { signal });
    overlay.addEventListener('keydown', (event) => this.onKey(event), { signal });
    overlay.addEventListener('dblclick', () => this.reset(), { signal });
    overlay.addEventListener('wheel', (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.offsetX, event.offsetY);
    }, { signal, passive: false });
    this.state.on('rows', () => this.draw(), signal);
    this.state.on('selection', () => this.drawFront(), signal);
    this.state.on('texts', () => this.drawFront(), signal);
    this.state.on('colour', () => this.draw(), signal);
  }

  /** @param {Picture} picture @param {Float32Array} coordinates */
  show(picture, coordinates) {
    this.picture = picture;
    this.coordinates = coordinates;
    this.reset();
  }

  reset() {
    Object.assign(this.view, { x: 0, y: 0, zoom: 1, yaw: 0.6, pitch: 0.4 });
    this.draw();
  }

  colour() {
    const { vocabulary, colour } = this.state;
    Object.assign(this.points, paint(vocabulary.column(colour), vocabulary.count));
    this.draw();
  }

  draw() {
    if (!this.frame) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.drawPoints();
        this.drawFront();
      });
    }
  }

  /** Pixels of the page that a unit takes across and up. */
  get scale() {
    const { clientWidth, clientHeight } = this.node;
    const { zoom } = this.view;
    if (this.picture?.axes) return [MARGIN * clientWidth * zoom, MARGIN * clientHeight * zoom];
    const side = MARGIN * Math.min(clientWidth, clientHeight) * zoom;
    return [side, side];
  }

  /** Finds where each row is on the image. @param {number} ratio */
  place(ratio) {
    const { coordinates, view } = this;
    const { places } = this.points;
    if (!coordinates || !this.picture) return;
    const { clientWidth, clientHeight } = this.node;
    const [across, up] = this.scale;
    const [middle, centre] = [clientWidth / 2, clientHeight / 2];
    const [sinYaw, cosYaw, sinPitch, cosPitch] = [Math.sin(view.yaw), Math.cos(view.yaw), Math.sin(view.pitch), Math.cos(view.pitch)];
    const is3d = this.picture.components === 3;
    for (let row = 0; row < places.length / 2; row++) {
      let x = coordinates[(is3d ? 3 : 2) * row];
      let y = coordinates[(is3d ? 3 : 2) * row + 1];
      if (is3d) {
        const depth = coordinates[3 * row + 2];
        const turned = x * sinYaw + depth * cosYaw;
        x = x * cosYaw - depth * sinYaw;
        y = y * cosPitch - turned * sinPitch;
      }
      places[2 * row] = (middle + (x - view.x) * across) * ratio;
      places[2 * row + 1] = (centre - (y - view.y) * up) * ratio;
    }
  }

  drawPoints() {
    const { canvas } = this;
    const { clientWidth, clientHeight } = this.node;
    const ratio = Math.min(devicePixelRatio, 2);
    const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    const context = canvas.getContext('2d');
    if (!context || !width || !height) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const style = getComputedStyle(canvas);
    this.place(ratio);
    const room = Math.sqrt((clientWidth * clientHeight) / Math.max(1, this.state.vocabulary.count));
    const radius = Math.min(Math.max(0.33 * room, 1.1), 4) * Math.min(this.view.zoom ** 0.3, 2.5);
    Object.assign(this.points, {
      mask: this.state.mask,
      ground: numbers(style.getPropertyValue('--map-ground')),
      faint: numbers(style.getPropertyValue('--map-faint')),
      radius: radius * ratio,
    });
    const image = context.createImageData(width, height);
    paintPoints(image, this.points);
    context.putImageData(image, 0, 0);
  }

  /** Draws what lies in front of the points. */
  drawFront() {
    const { points, line, hovered, state, picture } = this;
    drawOverlay(this.overlay, { points, line, hovered, state, axes: picture?.axes ?? null });
  }

  /** @param {PointerEvent} event */
  onPress(event) {
    if (event.button !== 0) return;
    const { overlay } = this;
    const isLasso = this.isLasso || event.shiftKey;
    const start = { ...this.view, left: event.offsetX, top: event.offsetY };
    let isDrag = false;
    overlay.setPointerCapture(event.pointerId);
    this.line = isLasso ? [[event.offsetX, event.offsetY]] : [];
    /** @param {PointerEvent} move */
    const move = (move) => {
      const [x, y] = [move.offsetX - start.left, move.offsetY - start.top];
      isDrag ||= Math.hypot(x, y) > CLICK_PIXELS;
      if (!isDrag) return;
      if (isLasso) {
        this.line.push([move.offsetX, move.offsetY]);
        this.drawFront();
        return;
      }
      this.drag(start, x, y, event.altKey || event.ctrlKey || event.metaKey);
    };
    const stop = () => {
      overlay.removeEventListener('pointermove', move);
      const { line } = this;
      this.line = [];
      if (isLasso && isDrag) this.lasso(line);
      else if (!isDrag) this.click(start.left, start.top, event.ctrlKey || event.metaKey);
      this.drawFront();
    };
    overlay.addEventListener('pointermove', move);
    overlay.addEventListener('pointerup', stop, { once: true });
  }

  /** @param {{x: number, y: number, yaw: number, pitch: number}} start @param {number} x @param {number} y @param {boolean} moves */
  drag(start, x, y, moves) {
    const [across, up] = this.scale;
    if (this.picture?.components === 3 && !moves) {
      this.view.yaw = start.yaw - x * 0.008;
      this.view.pitch = Math.min(Math.max(start.pitch + y * 0.008, -1.57), 1.57);
    } else {
      this.view.x = start.x - x / across;
      this.view.y = start.y + y / up;
    }
    this.draw();
  }

  /** @param {[number, number][]} line */
  lasso(line) {
    const ratio = Math.min(devicePixelRatio, 2);
    this.state.select(pointsInside(this.points, line.map(([x, y]) => [x * ratio, y * ratio])));
  }

  /** @param {number} x @param {number} y @param {boolean} add */
  click(x, y, add) {
    const row = this.rowAt(x, y);
    const chosen = new Set(add ? this.state.selection : []);
    if (row >= 0 && !chosen.delete(row)) chosen.add(row);
    this.state.select(chosen, chosen.has(row) ? row : undefined);
  }

  /** @param {number} x @param {number} y */
  rowAt(x, y) {
    const ratio = Math.min(devicePixelRatio, 2);
    return nearestPoint(this.points, x * ratio, y * ratio, REACH * ratio);
  }

  /** @param {PointerEvent} event */
  onHover(event) {
    if (!event.buttons) this.hover(this.rowAt(event.offsetX, event.offsetY));
  }

  /** @param {number} row */
  hover(row) {
    const { tip } = this;
    tip.hidden = row < 0;
    if (row === this.hovered) return;
    this.hovered = row;
    if (row >= 0) {
      const ratio = Math.min(devicePixelRatio, 2);
      const { clientWidth } = this.node;
      const x = this.points.places[2 * row] / ratio;
      tip.textContent = this.state.vocabulary.labelOf(row).slice(0, 200);
      tip.style.left = `${Math.min(x + 12, clientWidth - 40)}px`;
      tip.style.top = `${this.points.places[2 * row + 1] / ratio - 28}px`;
    }
    this.drawFront();
  }

  /** @param {number} factor @param {number} [left] @param {number} [top] */
  zoom(factor, left, top) {
    const { clientWidth, clientHeight } = this.node;
    const [x, y] = [(left ?? clientWidth / 2) - clientWidth / 2, clientHeight / 2 - (top ?? clientHeight / 2)];
    const [across, up] = this.scale;
    this.view.zoom = Math.min(Math.max(this.view.zoom * factor, 0.3), 400);
    const [after, above] = this.scale;
    this.view.x += x / across - x / after;
    this.view.y += y / up - y / above;
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const [across, up] = this.scale;
    /** @type {Record<string, () => void>} */
    const acts = {
      ArrowLeft: () => (this.view.x -= 40 / across),
      ArrowRight: () => (this.view.x += 40 / across),
      ArrowUp: () => (this.view.y += 40 / up),
      ArrowDown: () => (this.view.y -= 40 / up),
      '+': () => this.zoom(1.25),
      '-': () => this.zoom(0.8),
      0: () => this.reset(),
      Escape: () => this.state.select([]),
    };
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
    this.draw();
  }
}

/** @param {string} text three numbers @returns {Colour} */
function numbers(text) {
  const [red, green, blue] = text.trim().split(/\s+/).map(Number);
  return [red, green, blue];
}
