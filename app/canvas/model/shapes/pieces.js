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
  const partOf = new Int32Array(sizes.length); // of each piece, the part that it was in
  for (let i = 0; i < labels.length; i++) partOf[labels[i]] = whole.labels[i];
  /** The pieces of each part as it was. @type {Map<number, number[]>} */
  const pieces = new Map();
  sizes.forEach((size, piece) => {
    if (size >= CRUMB) pieces.set(partOf[piece], [...(pieces.get(partOf[piece]) ?? []), piece]);
  });
  const apart = [...pieces.values()].filter((parts) => parts.length > 1).flat();
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
  const stack = new Int32Array(width * height); // each pixel is put on it once
  for (let start = 0; start < pixels.length; start++) {
    if (!pixels[start] || labels[start]) continue;
    const label = sizes.length;
    let [top, size] = [0, 0];
    const reach = (/** @type {number} */ at) => {
      if (!pixels[at] || labels[at]) return;
      labels[at] = label;
      stack[top++] = at;
    };
    reach(start);
    while (top) {
      const at = stack[--top];
      const column = at % width;
      size += 1;
      if (column > 0) reach(at - 1);
      if (column < width - 1) reach(at + 1);
      if (at >= width) reach(at - width);
      if (at < width * (height - 1)) reach(at + width);
    }
    sizes.push(size);
  }
  return { labels, sizes };
}

/** Give the pixels on the line to the piece beside them, one row of them after the other. @param {Crop} crop @param {Int32Array} labels changed in place */
function grow({ width, height, pixels }, labels) {
  /** @type {number[]} */
  let left = [];
  for (let at = 0; at < pixels.length; at++) if (pixels[at] && !labels[at]) left.push(at);
  for (let before = Infinity; left.length && left.length < before;) {
    before = left.length;
    /** @type {number[]} */
    const beside = left.map((at) => {
      const column = at % width;
      return (
        (at >= width && labels[at - width]) ||
        (column > 0 && labels[at - 1]) ||
        (column < width - 1 && labels[at + 1]) ||
        (at < width * (height - 1) && labels[at + width]) ||
        0
      );
    });
    left = left.filter((at, index) => !(labels[at] = beside[index]));
  }
}
