// @ts-check
/** The map: every row a point. Drag moves (or turns, in 3-D), the wheel zooms, Shift-drag or the lasso selects. */

import { button, element, menu, setAttributes } from './elements.js';
import { paint } from './palette.js';
import { picturesOf } from './pictures.js';
import { nearestPoint, paintPoints, pointsInside } from './point_painter.js';
import { ProjectorMap } from './projector_map.js';

/** @typedef {import('./palette.js').Colour} Colour */
/** @typedef {import('./pictures.js').Picture} Picture */
/** @typedef {import('./point_painter.js').Points} Points */
/** @typedef {import('./view_state.js').ViewState} ViewState */

const REACH = 9;
const MOST_LABELS = 12;
const CLICK_PIXELS = 4;
const MARGIN = 0.46;

export class MapView {
  /** @param {ViewState} state @param {AbortSignal} signal @param {(message: string) => void} complain */
  constructor(state, signal, complain) {
    this.state = state;
    this.complain = complain;
    this.pictures = picturesOf(state.vocabulary);
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
    /** @type {ProjectorMap | undefined} */
    this.projector = undefined;
    /** @type {AbortController | undefined} */
    this.closing = undefined;
    /** Makes the tools fit what is shown. */
    this.showChoice = () => {};
    this.signal = signal;
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
    this.stage = element('div', { class: 'stage' }, this.canvas, this.overlay, this.tip);
    this.node = element('div', { class: 'map' }, this.tools(), this.stage);
    this.listen(signal);
    this.colour();
    if (this.pictures.length) this.show(this.pictures[0].name);
  }

  /** @returns {HTMLElement} */
  tools() {
    const { vocabulary } = this.state;
    const pictures = menu('Layout', this.pictures.map(({ name }) => ({ value: name, text: name })), (name) => this.show(name));
    const columns = vocabulary.columns.filter((column) => column.type !== 'text');
    const options = columns.map(({ name }) => ({ value: name, text: `colour: ${name}` }));
    const colours = menu('Colour', [...options, { value: '', text: 'one colour' }], (name) => {
      this.state.colour = name;
      this.colour();
    });
    colours.value = this.state.colour;
    const lasso = button('Lasso', { class: 'toggle', title: 'Draw around points to select them (or Shift-drag)', 'aria-pressed': 'false' }, () => {
      this.isLasso = !this.isLasso;
      setAttributes(lasso, { 'aria-pressed': String(this.isLasso) });
    });
    const all = button('Show all', { class: 'quiet', title: 'Show all points (0)' }, () => this.reset());
    const own = button('Projector', { class: 'toggle', title: "Show TensorBoard's projector in place of this map", 'aria-pressed': 'false' }, () => {
      this.toggleProjector();
    });
    this.showChoice = () => {
      setAttributes(own, { 'aria-pressed': String(Boolean(this.projector)) });
      for (const tool of [colours, lasso, all]) tool.disabled = Boolean(this.projector);
    };
    const has = vocabulary.description.has_projector ? [own] : [];
    return element('div', { class: 'map-tools' }, pictures, colours, lasso, all, ...has);
  }

  /** Shows TensorBoard's projector in the map's place, or the map again. */
  toggleProjector() {
    if (this.projector) {
      this.closing?.abort();
      this.projector.node.remove();
      this.projector = undefined;
    } else {
      this.closing = new AbortController();
      this.projector = new ProjectorMap(this.state, AbortSignal.any([this.signal, this.closing.signal]), (reason) => {
        this.complain(`${reason} The plain map is shown instead.`);
        if (this.projector) this.toggleProjector();
      });
      this.projector.show(this.layoutPlace);
      this.stage.after(this.projector.node);
    }
    this.stage.hidden = Boolean(this.projector);
    this.showChoice();
    this.draw();
  }

  /** Place of the picture among the export's layouts; -1 for a chart. */
  get layoutPlace() {
    return this.state.vocabulary.description.layouts.findIndex(({ name }) => name === this.picture?.name);
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
    this.state.on('selection', () => this.drawOverlay(), signal);
    this.state.on('texts', () => this.drawOverlay(), signal);
    this.state.on('colour', () => this.draw(), signal);
  }

  /** @param {string} name */
  async show(name) {
    const picture = this.pictures.find((each) => each.name === name);
    if (!picture) return;
    this.picture = picture;
    this.projector?.show(this.layoutPlace);
    try {
      const coordinates = await picture.load();
      if (this.picture !== picture) return;
      this.coordinates = coordinates;
      this.reset();
    } catch (error) {
      this.complain(error instanceof Error ? error.message : String(error));
    }
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
        this.drawOverlay();
      });
    }
  }

  /** Pixels of the page that a unit takes across and up. */
  get scale() {
    const { clientWidth, clientHeight } = this.stage;
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
    const { clientWidth, clientHeight } = this.stage;
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
    const { clientWidth, clientHeight } = this.stage;
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

  drawOverlay() {
    const { overlay } = this;
    const { clientWidth, clientHeight } = this.stage;
    const ratio = Math.min(devicePixelRatio, 2);
    const context = overlay.getContext('2d');
    if (!context || !clientWidth) return;
    Object.assign(overlay, { width: Math.round(clientWidth * ratio), height: Math.round(clientHeight * ratio) });
    context.scale(ratio, ratio);
    const style = getComputedStyle(overlay);
    context.strokeStyle = style.getPropertyValue('--ink');
    context.fillStyle = style.getPropertyValue('--ink');
    context.font = '12px Roboto, system-ui, sans-serif';
    if (this.picture?.axes) this.drawAxes(context, clientWidth, clientHeight);
    const many = this.state.selection.size > 2000;
    context.lineWidth = many ? 0.5 : 1.5;
    for (const row of this.state.selection) this.ring(context, row, ratio, many ? 2 : 5);
    const named = [...this.state.selection].slice(0, MOST_LABELS);
    if (!many) for (const row of named) this.name(context, style, row, ratio);
    if (this.state.current >= 0) this.ring(context, this.state.current, ratio, 8);
    if (this.hovered >= 0) this.ring(context, this.hovered, ratio, 6);
    if (this.line.length > 1) {
      context.beginPath();
      this.line.forEach(([x, y]) => context.lineTo(x, y));
      context.closePath();
      context.stroke();
      context.fillStyle = style.getPropertyValue('--brush');
      context.fill();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} row @param {number} ratio @param {number} radius */
  ring(context, row, ratio, radius) {
    const { places } = this.points;
    context.beginPath();
    context.arc(places[2 * row] / ratio, places[2 * row + 1] / ratio, radius, 0, 2 * Math.PI);
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {CSSStyleDeclaration} style @param {number} row @param {number} ratio */
  name(context, style, row, ratio) {
    const { places } = this.points;
    const text = this.state.vocabulary.labelOf(row).slice(0, 40);
    const [x, y] = [places[2 * row] / ratio + 8, places[2 * row + 1] / ratio + 4];
    if (Number.isNaN(x)) return;
    context.save();
    context.strokeStyle = style.getPropertyValue('--surface');
    context.lineWidth = 3;
    context.lineJoin = 'round';
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
    context.restore();
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  drawAxes(context, width, height) {
    const [across, up] = this.picture?.axes ?? ['', ''];
    context.fillText(`${across} →`, width - context.measureText(`${across} →`).width - 8, height - 8);
    context.fillText(`↑ ${up}`, 8, 16);
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
        this.drawOverlay();
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
      this.drawOverlay();
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
      const { clientWidth } = this.stage;
      const x = this.points.places[2 * row] / ratio;
      tip.textContent = this.state.vocabulary.labelOf(row).slice(0, 200);
      tip.style.left = `${Math.min(x + 12, clientWidth - 40)}px`;
      tip.style.top = `${this.points.places[2 * row + 1] / ratio - 28}px`;
    }
    this.drawOverlay();
  }

  /** @param {number} factor @param {number} [left] @param {number} [top] */
  zoom(factor, left, top) {
    const { clientWidth, clientHeight } = this.stage;
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
