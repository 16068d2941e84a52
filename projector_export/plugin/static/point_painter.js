// @ts-check
/** Paints many points into an image, a soft disc each; a hundred thousand take some milliseconds. */

/** @typedef {import('./palette.js').Colour} Colour */
/**
 * @typedef {object} Points
 * @property {Float32Array} places x and y of each row, in pixels of the image; NaN for none
 * @property {Uint32Array} order rows, those in front last
 * @property {Uint8Array} mask rows that are shown; the others are faint
 * @property {Uint8Array} codes colour of each row
 * @property {Colour[]} colours
 * @property {Colour} ground
 * @property {Colour} faint
 * @property {number} radius in pixels of the image
 */

/** @param {ImageData} image @param {Points} points */
export function paintPoints(image, points) {
  const { order, mask, codes, colours, ground, faint, radius } = points;
  const pixels = new Uint32Array(image.data.buffer);
  pixels.fill((255 << 24) | (ground[2] << 16) | (ground[1] << 8) | ground[0]);
  const small = disc(Math.max(0.6, 0.75 * radius), 0.35);
  const large = disc(radius, 0.85);
  const isNarrowed = mask.includes(0);
  if (isNarrowed) for (const row of order) if (!mask[row]) paintDisc(image, points.places, row, small, faint);
  for (const row of order) if (mask[row]) paintDisc(image, points.places, row, large, colours[codes[row]]);
}

/** @typedef {{reach: number, shares: Float32Array}} Disc */

/** How much of each pixel a disc covers. @param {number} radius @param {number} opacity @returns {Disc} */
function disc(radius, opacity) {
  const reach = Math.ceil(radius);
  const size = 2 * reach + 1;
  const shares = new Float32Array(size * size);
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const share = Math.min(Math.max(radius + 0.5 - Math.hypot(x, y), 0), 1);
      shares[(y + reach) * size + x + reach] = share * opacity;
    }
  }
  return { reach, shares };
}

/** @param {ImageData} image @param {Float32Array} places @param {number} row @param {Disc} disc @param {Colour} colour */
function paintDisc({ data, width, height }, places, row, { reach, shares }, [red, green, blue]) {
  const left = Math.round(places[2 * row]) - reach;
  const top = Math.round(places[2 * row + 1]) - reach;
  const size = 2 * reach + 1;
  if (!(left > -size && top > -size && left < width && top < height)) return;
  for (let y = Math.max(0, -top); y < Math.min(size, height - top); y++) {
    let place = ((top + y) * width + Math.max(left, 0)) * 4;
    for (let x = Math.max(0, -left); x < Math.min(size, width - left); x++, place += 4) {
      const share = shares[y * size + x];
      data[place] += (red - data[place]) * share;
      data[place + 1] += (green - data[place + 1]) * share;
      data[place + 2] += (blue - data[place + 2]) * share;
    }
  }
}

/**
 * The nearest row in front of a place, at most so far away; -1 for none.
 * @param {Points} points
 * @param {number} x
 * @param {number} y
 * @param {number} reach
 */
export function nearestPoint({ places, mask }, x, y, reach) {
  let best = reach * reach;
  let found = -1;
  for (let row = 0; row < mask.length; row++) {
    if (!mask[row]) continue;
    const distance = (places[2 * row] - x) ** 2 + (places[2 * row + 1] - y) ** 2;
    if (distance < best) {
      best = distance;
      found = row;
    }
  }
  return found;
}

/**
 * Rows inside of a closed line (even-odd rule).
 * @param {Points} points
 * @param {[number, number][]} line
 * @returns {number[]}
 */
export function pointsInside({ places, mask }, line) {
  const found = [];
  for (let row = 0; row < mask.length; row++) {
    if (!mask[row]) continue;
    const [x, y] = [places[2 * row], places[2 * row + 1]];
    let isInside = false;
    for (let i = 0, j = line.length - 1; i < line.length; j = i++) {
      const [[ax, ay], [bx, by]] = [line[i], line[j]];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isInside = !isInside;
    }
    if (isInside) found.push(row);
  }
  return found;
}
