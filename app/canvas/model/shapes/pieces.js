/** Bitmaps taken apart: the parts that hang together, and the line that cuts them. */

/** @typedef {import("./rle.js").Crop} Crop */

const CRUMB = 4; // pixels; so small a piece of a cut belongs to its neighbour

/**
 * What a line cuts apart: the number of each pixel's piece, 0 where nothing is set; the pieces of the parts that the line
 * cuts, the largest first; and the pixels without those under the line, which are in the piece beside them.
 * @param {Crop} crop @param {number[]} line x0, y0, x1, y1, … @returns {{labels: Int32Array, apart: number[], open: Uint8Array}}
 */
export function cutPieces(crop, line) {
  const whole = labelled(crop, crop.pixels);
  const open = crop.pixels.slice();
  drawBarrier(crop, open, line);
  const { labels, sizes } = labelled(crop, open);
  for (let i = 0; i < open.length; i++) if (sizes[labels[i]] < CRUMB) labels[i] = 0;
  /** The pieces of each part as it was. @type {Map<number, Set<number>>} */
  const pieces = new Map();
  labels.forEach((label, i) => {
    if (label) pieces.set(whole.labels[i], (pieces.get(whole.labels[i]) ?? new Set()).add(label));
  });
  const apart = [...pieces.values()].filter((parts) => parts.size > 1).flatMap((parts) => [...parts]);
  if (apart.length) grow(crop, labels);
  return { labels, apart: apart.sort((a, b) => sizes[b] - sizes[a]), open };
}

/** Clear the pixels that a line runs through; steps of half a pixel leave no gap for an edge-wise flood. @param {Crop} crop @param {Uint8Array} pixels @param {number[]} line */
function drawBarrier({ left, top, width, height }, pixels, line) {
  const clear = (/** @type {number} */ x, /** @type {number} */ y) => {
    const column = Math.floor(x) - left,
      row = Math.floor(y) - top;
    if (column >= 0 && row >= 0 && column < width && row < height) pixels[row * width + column] = 0;
  };
  for (let i = 2; i < line.length; i += 2) {
    const dx = line[i] - line[i - 2],
      dy = line[i + 1] - line[i - 1];
    const steps = Math.max(1, Math.ceil(2 * Math.max(Math.abs(dx), Math.abs(dy))));
    for (let step = 0; step <= steps; step++)
      clear(line[i - 2] + (dx * step) / steps, line[i - 1] + (dy * step) / steps);
  }
}

/** Parts that hang together by pixel edges, numbered from 1; 0 is what is not set. @param {Crop} crop @param {Uint8Array} pixels */
function labelled({ width, height }, pixels) {
  const labels = new Int32Array(width * height);
  const sizes = [0];
  /** @type {number[]} */
  const stack = [];
  for (let start = 0; start < pixels.length; start++) {
    if (!pixels[start] || labels[start]) continue;
    const label = sizes.length;
    sizes.push(0);
    labels[start] = label;
    stack.push(start);
    while (stack.length) {
      const at = /** @type {number} */ (stack.pop());
      sizes[label] += 1;
      for (const next of neighbours(at, width, height)) {
        if (!pixels[next] || labels[next]) continue;
        labels[next] = label;
        stack.push(next);
      }
    }
  }
  return { labels, sizes };
}

/** Give the pixels on the line to the piece beside them. @param {Crop} crop @param {Int32Array} labels changed in place */
function grow({ width, height, pixels }, labels) {
  let front = [...labels.keys()].filter((at) => labels[at]);
  while (front.length) {
    const next = [];
    for (const at of front) {
      for (const beside of neighbours(at, width, height)) {
        if (!pixels[beside] || labels[beside]) continue;
        labels[beside] = labels[at];
        next.push(beside);
      }
    }
    front = next;
  }
}

/** @param {number} at @param {number} width @param {number} height */
function neighbours(at, width, height) {
  const column = at % width;
  const found = [];
  if (column > 0) found.push(at - 1);
  if (column < width - 1) found.push(at + 1);
  if (at >= width) found.push(at - width);
  if (at < width * (height - 1)) found.push(at + width);
  return found;
}
