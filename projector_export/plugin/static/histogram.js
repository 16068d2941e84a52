// @ts-check
/** How a column's values are distributed: all rows in the back, those shown in front; dragging keeps a range. */

import { element, spelled } from './elements.js';

/** @typedef {import('./columns.js').NumberColumn} NumberColumn */
/** @typedef {import('./view_state.js').ViewState} ViewState */

const BINS = 60;
const LEAST_DRAG = 3;

export class Histogram {
  /** @param {ViewState} state @param {NumberColumn} column @param {AbortSignal} signal */
  constructor(state, column, signal) {
    this.state = state;
    this.column = column;
    this.signal = signal;
    const [low, high] = extent(column);
    this.low = low;
    this.high = high;
    this.bins = binned(column, low, high);
    this.all = countBins(this.bins, null);
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('aria-hidden', 'true');
    this.least = this.bound('from', 0);
    this.most = this.bound('to', 1);
    const indicator = state.vocabulary.description.findings?.indicators.find((each) => each.name === column.name);
    this.cuts = indicator?.cuts.flatMap(({ threshold }) => (threshold === null ? [] : [threshold])) ?? [];
    const title = indicator ? indicator.description : `Distribution of ${column.name}: drag to keep a range`;
    this.node = element(
      'div',
      { class: 'histogram', role: 'group', 'aria-label': `Range of ${column.name}`, title },
      element('div', { class: 'histogram-name' }, column.name),
      this.canvas,
      element('div', { class: 'histogram-bounds' }, this.least, this.most),
    );
    this.canvas.addEventListener('pointerdown', (event) => this.onDrag(event), { signal });
    const observer = new ResizeObserver(() => this.draw());
    observer.observe(this.canvas);
    signal.addEventListener('abort', () => observer.disconnect());
    state.on('rows', () => this.draw(), signal);
    state.on('colour', () => this.draw(), signal);
  }

  /** @param {string} word @param {0 | 1} side @returns {HTMLInputElement} */
  bound(word, side) {
    const input = document.createElement('input');
    input.type = 'text';
    input.inputMode = 'decimal';
    input.setAttribute('aria-label', `${this.column.name} ${word}`);
    input.addEventListener(
      'change',
      () => {
        const value = Number(input.value.replaceAll(',', ''));
        const range = this.range ?? [this.column.least, this.column.most];
        range[side] = input.value.trim() && !Number.isNaN(value) ? value : side ? this.column.most : this.column.least;
        const isAll = range[0] <= this.column.least && range[1] >= this.column.most;
        this.state.setRange(this.column.name, isAll ? null : range);
      },
      { signal: this.signal },
    );
    return input;
  }

  /** @returns {[number, number] | undefined} */
  get range() {
    const range = this.state.ranges.get(this.column.name);
    return range && [...range];
  }

  /** @param {PointerEvent} event */
  onDrag(event) {
    const { canvas, state, column } = this;
    const start = event.offsetX;
    canvas.setPointerCapture(event.pointerId);
    /** @param {PointerEvent} move */
    const move = (move) => {
      const [left, right] = [Math.min(start, move.offsetX), Math.max(start, move.offsetX)];
      if (right - left >= LEAST_DRAG) state.setRange(column.name, [this.valueAt(left), this.valueAt(right)]);
    };
    /** @param {PointerEvent} up */
    const stop = (up) => {
      canvas.removeEventListener('pointermove', move);
      if (Math.abs(up.offsetX - start) < LEAST_DRAG) state.setRange(column.name, null);
    };
    canvas.addEventListener('pointermove', move);
    canvas.addEventListener('pointerup', stop, { once: true });
    canvas.addEventListener('pointercancel', stop, { once: true });
  }

  /** The ends of the picture stand for the extreme values, which may lie outside of it. @param {number} x */
  valueAt(x) {
    const share = x / this.canvas.clientWidth;
    if (share <= 0.01) return this.column.least;
    return share >= 0.99 ? this.column.most : this.low + share * (this.high - this.low);
  }

  draw() {
    const { canvas } = this;
    const [width, height, ratio] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio];
    const context = canvas.getContext('2d');
    const range = this.range;
    this.least.value = spelled(range?.[0] ?? this.column.least);
    this.most.value = spelled(range?.[1] ?? this.column.most);
    this.node.classList.toggle('is-brushed', Boolean(range));
    if (!context || !width) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    context.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    const most = Math.max(1, ...this.all);
    /** Small counts stay visible. @param {number} count */
    const tall = (count) => (count ? Math.max(1.5, Math.sqrt(count / most) * (height - 2)) : 0);
    const step = width / BINS;
    const shown = countBins(this.bins, this.state.mask);
    for (let bin = 0; bin < BINS; bin++) {
      context.fillStyle = style.getPropertyValue('--bar-all');
      context.fillRect(bin * step, height - tall(this.all[bin]), step - 0.5, tall(this.all[bin]));
      context.fillStyle = style.getPropertyValue('--accent');
      context.fillRect(bin * step, height - tall(shown[bin]), step - 0.5, tall(shown[bin]));
    }
    /** @param {number} value */
    const place = (value) => Math.min(Math.max((value - this.low) / (this.high - this.low || 1), 0), 1) * width;
    context.strokeStyle = style.getPropertyValue('--alert');
    context.setLineDash([3, 2]);
    for (const cut of this.cuts) {
      context.beginPath();
      context.moveTo(place(cut), 0);
      context.lineTo(place(cut), height);
      context.stroke();
    }
    if (range) {
      context.fillStyle = style.getPropertyValue('--brush');
      context.fillRect(place(range[0]), 0, Math.max(1.5, place(range[1]) - place(range[0])), height);
    }
  }
}

/** The middle 99.8 % and a little more, so that one odd row does not flatten the picture. @param {NumberColumn} column @returns {[number, number]} */
function extent(column) {
  const { rows, missing } = column.sorted();
  const known = rows.length - missing;
  if (!known) return [0, 1];
  const low = column.values[rows[Math.floor(0.001 * (known - 1))]];
  const high = column.values[rows[Math.ceil(0.999 * (known - 1))]];
  const margin = 0.05 * (high - low) || 0.5;
  const limits = [Math.max(column.least, low - margin), Math.min(column.most, high + margin)];
  return limits[1] > limits[0] ? [limits[0], limits[1]] : [low - 0.5, low + 0.5];
}

/** The bin of each row; 255 for rows without a value. @param {NumberColumn} column @param {number} low @param {number} high */
function binned(column, low, high) {
  const bins = new Uint8Array(column.values.length);
  for (let row = 0; row < bins.length; row++) {
    const place = Math.floor(((column.values[row] - low) / (high - low)) * BINS);
    bins[row] = Number.isNaN(place) ? 255 : Math.min(Math.max(place, 0), BINS - 1);
  }
  return bins;
}

/** @param {Uint8Array} bins @param {Uint8Array | null} mask */
function countBins(bins, mask) {
  const counts = new Uint32Array(256);
  for (let row = 0; row < bins.length; row++) if (!mask || mask[row]) counts[bins[row]]++;
  return counts.subarray(0, BINS);
}
