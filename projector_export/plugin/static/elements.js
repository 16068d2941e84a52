// @ts-check
/** Makes elements. Children that are texts become text nodes, never markup: tokens are hostile. */

/**
 * @param {string} tag
 * @param {Record<string, string | number | boolean | undefined>} [attributes] false and undefined leave an attribute away
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

/**
 * @param {string} label
 * @param {Record<string, string | number | boolean | undefined>} attributes
 * @param {(event: MouseEvent) => void} act
 * @returns {HTMLButtonElement}
 */
export function button(label, attributes, act) {
  const made = document.createElement('button');
  made.type = 'button';
  setAttributes(made, attributes);
  made.textContent = label;
  made.addEventListener('click', act);
  return made;
}

/**
 * @param {string} label read aloud, and shown on hovering
 * @param {{value: string, text: string}[]} options
 * @param {(value: string) => void} act
 * @returns {HTMLSelectElement}
 */
export function menu(label, options, act) {
  const made = document.createElement('select');
  setAttributes(made, { 'aria-label': label, title: label });
  fillMenu(made, options);
  made.addEventListener('change', () => act(made.value));
  return made;
}

/**
 * Replaces a menu's options and keeps what is chosen, if that is still there.
 * @param {HTMLSelectElement} made
 * @param {{value: string, text: string}[]} options
 */
export function fillMenu(made, options) {
  const chosen = made.value;
  made.replaceChildren(
    ...options.map(({ value, text }) => {
      const option = document.createElement('option');
      option.value = value;
      option.textContent = text;
      return option;
    }),
  );
  if (options.some(({ value }) => value === chosen)) made.value = chosen;
}

/**
 * @param {HTMLElement} made
 * @param {Record<string, string | number | boolean | undefined>} attributes
 */
export function setAttributes(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) made.removeAttribute(name);
    else made.setAttribute(name, value === true ? '' : String(value));
  }
}

/**
 * @param {number} value
 * @returns {string} four significant digits, or a whole number in groups of three
 */
export function spelled(value) {
  if (Number.isNaN(value)) return '–';
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toLocaleString('en-US');
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-4 ? value.toExponential(2) : value.toPrecision(4);
}

/**
 * @param {number} count
 * @param {string} one
 * @returns {string} "1 row", "2 rows"
 */
export function counted(count, one) {
  return `${count.toLocaleString('en-US')} ${one}${count === 1 ? '' : 's'}`;
}
