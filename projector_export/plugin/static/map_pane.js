// @ts-check
/** The right half's upper part: which picture, which colours, and whether the plain map or TensorBoard's projector shows it. */

import { button, element, menu, setAttributes } from './elements.js';
import { picturesOf } from './pictures.js';
import { PointMap } from './point_map.js';
import { ProjectorMap } from './projector_map.js';

/** @typedef {import('./pictures.js').Picture} Picture */
/** @typedef {import('./view_state.js').ViewState} ViewState */

/** More points take the projector long to load, and the page stands still meanwhile. */
const MOST_POINTS_AT_ONCE = 50_000;
const CHOICE = 'projector_export.map';

/** @param {number} count of points @returns {boolean} whether the projector is shown without being asked for */
function isProjectorFirst(count) {
  try {
    const chosen = localStorage.getItem(CHOICE);
    return chosen === null ? count <= MOST_POINTS_AT_ONCE : chosen === 'projector';
  } catch {
    return count <= MOST_POINTS_AT_ONCE; // a browser without storage
  }
}

/** @param {'plain' | 'projector'} choice */
function rememberChoice(choice) {
  try {
    localStorage.setItem(CHOICE, choice);
  } catch {
    // It is asked again next time.
  }
}

export class MapPane {
  /** @param {ViewState} state @param {AbortSignal} signal @param {(message: string) => void} complain */
  constructor(state, signal, complain) {
    this.state = state;
    this.signal = signal;
    this.complain = complain;
    this.pictures = picturesOf(state.vocabulary);
    /** @type {Picture | undefined} */
    this.picture = undefined;
    /** @type {ProjectorMap | undefined} */
    this.projector = undefined;
    /** @type {AbortController | undefined} */
    this.closing = undefined;
    this.map = new PointMap(state, signal);
    this.own = button('Projector', { class: 'toggle', title: "TensorBoard's projector or the plain map" }, () => {
      this.toggleProjector();
      rememberChoice(this.projector ? 'projector' : 'plain');
    });
    this.tools = this.makeTools();
    this.ground = element('div', { class: 'map-ground' }, this.map.node);
    const { has_projector: hasProjector } = state.vocabulary.description;
    this.node = element('div', { class: 'map' }, element('div', { class: 'map-tools' }, this.pictureMenu(), ...this.tools, ...(hasProjector ? [this.own] : [])), this.ground);
    this.showChoice();
    if (this.pictures.length) this.show(this.pictures[0].name);
    if (hasProjector && isProjectorFirst(state.vocabulary.count)) this.toggleProjector();
  }

  /** @returns {HTMLElement} */
  pictureMenu() {
    const options = this.pictures.map(({ name }) => ({ value: name, text: name }));
    return menu('Layout', options, (name) => this.show(name));
  }

  /** What works on the plain map only. @returns {(HTMLButtonElement | HTMLSelectElement)[]} */
  makeTools() {
    const { map, state } = this;
    const columns = state.vocabulary.columns.filter((column) => column.type !== 'text');
    const options = columns.map(({ name }) => ({ value: name, text: `colour: ${name}` }));
    const colours = menu('Colour', [...options, { value: '', text: 'one colour' }], (name) => {
      state.colour = name;
      map.colour();
    });
    colours.value = state.colour;
    const lasso = button('Lasso', { class: 'toggle', title: 'Draw around points to select them (or Shift-drag)', 'aria-pressed': 'false' }, () => {
      map.isLasso = !map.isLasso;
      setAttributes(lasso, { 'aria-pressed': String(map.isLasso) });
    });
    const all = button('Show all', { class: 'quiet', title: 'Show all points (0)' }, () => map.reset());
    return [colours, lasso, all];
  }

  /** @param {string} name */
  async show(name) {
    const picture = this.pictures.find((each) => each.name === name);
    if (!picture) return;
    this.picture = picture;
    this.projector?.show(this.layoutPlace);
    try {
      const coordinates = await picture.load();
      if (this.picture === picture) this.map.show(picture, coordinates);
    } catch (error) {
      this.complain(error instanceof Error ? error.message : String(error));
    }
  }

  /** Shows TensorBoard's projector in the map's place, or the map again. */
  toggleProjector() {
    if (this.projector) {
      this.closing?.abort();
      this.projector.node.remove();
      this.projector = undefined;
    } else {
      this.closing = new AbortController();
      this.projector = new ProjectorMap(this.state, AbortSignal.any([this.signal, this.closing.signal]), {
        ready: () => this.showChoice(),
        giveUp: (reason) => {
          this.complain(`${reason} The plain map is shown instead.`);
          if (this.projector) this.toggleProjector();
        },
      });
      this.projector.show(this.layoutPlace);
      this.ground.append(this.projector.node);
    }
    this.showChoice();
    this.map.draw();
  }

  /** The plain map stays until the projector is ready to take its place. */
  showChoice() {
    const isShown = Boolean(this.projector?.isShown);
    this.map.node.hidden = isShown;
    this.own.textContent = this.projector && !isShown ? 'Projector …' : 'Projector';
    setAttributes(this.own, { 'aria-pressed': String(Boolean(this.projector)), 'aria-busy': String(Boolean(this.projector) && !isShown) });
    for (const tool of this.tools) tool.disabled = isShown;
  }

  /** Place of the picture among the export's layouts, whose views are the first of its bookmarks; -1 for a chart. */
  get layoutPlace() {
    return this.state.vocabulary.description.layouts.findIndex(({ name }) => name === this.picture?.name);
  }
}
