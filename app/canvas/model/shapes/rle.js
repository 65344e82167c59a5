/**
 * COCO run-length encoding, equal to pycocotools: runs go down the columns, the first run is background, and the
 * string is a base-48 variable-length code with differences to the run two before.
 */

/** @typedef {{size: [number, number], counts: string | number[]}} Rle  size is [height, width] */
/**
 * A bitmap cut out of an image: `pixels` are 0 or 1 in rows, its first pixel lies at (left, top).
 * @typedef {{left: number, top: number, width: number, height: number, pixels: Uint8Array}} Crop
 */

/** @param {string} text @returns {number[]} run lengths */
export function countsFromString(text) {
  /** @type {number[]} */
  const counts = [];
  let at = 0;
  while (at < text.length) {
    let value = 0,
      shift = 0,
      code;
    do {
      code = text.charCodeAt(at++) - 48;
      value += (code & 0x1f) * 2 ** shift; // not <<: a run may pass 31 bits on its way
      shift += 5;
    } while (code & 0x20 && at < text.length);
    if (code & 0x10) value -= 2 ** shift;
    if (counts.length > 2) value += counts[counts.length - 2];
    counts.push(value);
  }
  return counts;
}

/** @param {number[]} counts @returns {string} */
export function countsToString(counts) {
  let text = "";
  for (let i = 0; i < counts.length; i++) {
    let value = counts[i] - (i > 2 ? counts[i - 2] : 0);
    let more = true;
    while (more) {
      let code = value & 0x1f;
      value >>= 5;
      more = code & 0x10 ? value !== -1 : value !== 0;
      if (more) code |= 0x20;
      text += String.fromCharCode(code + 48);
    }
  }
  return text;
}

/** @param {Rle} rle @returns {number[]} */
const countsOf = (rle) => (typeof rle.counts === "string" ? countsFromString(rle.counts) : rle.counts);

/** The bitmap inside its own bounding box; null where the mask is empty. @param {Rle} rle @returns {Crop | null} */
export function decodeCrop(rle) {
  const [height, width] = rle.size;
  const counts = countsOf(rle);
  let left = width,
    right = -1,
    top = height,
    bottom = -1,
    at = 0;
  for (let i = 0; i < counts.length; i++) {
    if (i % 2 && counts[i]) {
      const last = at + counts[i] - 1;
      const x0 = Math.floor(at / height),
        x1 = Math.floor(last / height);
      left = Math.min(left, x0);
      right = Math.max(right, x1);
      top = x1 > x0 ? 0 : Math.min(top, at % height);
      bottom = x1 > x0 ? height - 1 : Math.max(bottom, last % height);
    }
    at += counts[i];
  }
  if (right < left) return null;
  const cropWidth = right - left + 1,
    cropHeight = bottom - top + 1;
  const pixels = new Uint8Array(cropWidth * cropHeight);
  let x = 0,
    y = 0;
  for (let i = 0; i < counts.length; i++) {
    let rest = counts[i];
    while (rest > 0) {
      const length = Math.min(rest, height - y);
      if (i % 2) {
        for (let k = 0, p = (y - top) * cropWidth + x - left; k < length; k++, p += cropWidth) pixels[p] = 1;
      }
      rest -= length;
      y += length;
      if (y === height) {
        y = 0;
        x += 1;
      }
    }
  }
  return { left, top, width: cropWidth, height: cropHeight, pixels };
}

/**
 * The compressed RLE of a crop in an image; what lies outside the image is cut off.
 * @param {Crop} crop @param {number} height @param {number} width @returns {{size: [number, number], counts: string}}
 */
export function encodeCrop(crop, height, width) {
  /** @type {number[]} */
  const counts = [];
  let value = 0,
    run = 0;
  const x0 = Math.max(0, crop.left),
    x1 = Math.min(width, crop.left + crop.width);
  const y0 = Math.max(0, crop.top),
    y1 = Math.min(height, crop.top + crop.height);
  /** @param {number} bit @param {number} length */
  const add = (bit, length) => {
    if (!length) return;
    if (bit !== value) {
      counts.push(run);
      run = 0;
      value = bit;
    }
    run += length;
  };
  if (x1 <= x0 || y1 <= y0) return { size: [height, width], counts: countsToString([height * width]) };
  add(0, x0 * height);
  for (let x = x0; x < x1; x++) {
    add(0, y0);
    for (let y = y0; y < y1; y++) add(crop.pixels[(y - crop.top) * crop.width + x - crop.left], 1);
    add(0, height - y1);
  }
  add(0, (width - x1) * height);
  counts.push(run);
  return { size: [height, width], counts: countsToString(counts) };
}

/**
 * The outlines of a bitmap along its pixel edges: outer rings clockwise on the screen, holes the other way, so that a
 * non-zero fill gives back the bitmap. Pixels that touch at a corner only belong to different rings.
 * @param {Crop} crop @returns {number[][]}
 */
export function traceRings({ left, top, width, height, pixels }) {
  /** @param {number} x @param {number} y */
  const set = (x, y) => x >= 0 && y >= 0 && x < width && y < height && pixels[y * width + x] === 1;
  // For right, down, left, up: the step, and from the corner reached the pixels ahead on either hand.
  const step = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ];
  const aheadRight = [
    [0, 0],
    [-1, 0],
    [-1, -1],
    [0, -1],
  ];
  const aheadLeft = [
    [0, -1],
    [0, 0],
    [-1, 0],
    [-1, -1],
  ];
  const seen = new Uint8Array(width * height); // top edges that a ring already runs along
  /** @type {number[][]} */
  const rings = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (seen[row * width + column] || !set(column, row) || set(column, row - 1)) continue;
      const ring = [left + column, top + row];
      let x = column,
        y = row,
        direction = 0;
      do {
        if (direction === 0) seen[y * width + x] = 1;
        x += step[direction][0];
        y += step[direction][1];
        if (!set(x + aheadRight[direction][0], y + aheadRight[direction][1])) direction = (direction + 1) % 4;
        else if (set(x + aheadLeft[direction][0], y + aheadLeft[direction][1])) direction = (direction + 3) % 4;
        else continue;
        ring.push(left + x, top + y);
      } while (x !== column || y !== row || direction !== 0);
      ring.length -= 2; // the last turn is at the first corner
      rings.push(ring);
    }
  }
  return rings;
}
