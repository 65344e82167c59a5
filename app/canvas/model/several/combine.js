/** Objects joined, cut out of each other and cut apart: on their pixels, so that polygons, masks and holes all do. */

import { isRle, ringsOf, simplified } from "../document.js";
import { boundsOf, clockwise } from "../shapes/geometry.js";
import { fillRings, pixelBox, segmentationOf } from "../shapes/raster.js";

/** @typedef {import("../document.js").Instance} Instance */
/** @typedef {import("../shapes/rle.js").Crop} Crop */
/** @typedef {{width: number, height: number}} Size */
/** @typedef {Instance["segmentation"]} Segmentation */

const TOLERANCE = 0.75; // pixels, as for the brush: the stairs of a slanted edge are 0.71 high
const CRUMB = 4; // pixels; so small a piece of a cut belongs to its neighbour

/** The outline of an object for a non-zero fill. @param {Pick<Instance, "segmentation" | "bbox">} instance */
export function ringsToFill(instance) {
  const rings = ringsOf(instance);
  return isRle(instance.segmentation) ? rings : rings.map(clockwise);
}

/** @param {Instance} instance @param {number[]} box */
const pixelsOf = (instance, box) => fillRings(ringsToFill(instance), box);

/** @param {Crop} crop @param {Size} image @param {boolean} bitmap */
const stored = (crop, image, bitmap) => segmentationOf(crop, image, bitmap, (rings) => simplified(rings, TOLERANCE));

/** @param {Crop} crop */
const countOf = ({ pixels }) => pixels.reduce((sum, pixel) => sum + pixel, 0);

/**
 * One outline for all. Polygons that do not meet become the parts of one, point for point as they were.
 * @param {Instance[]} instances @param {Size} image @returns {Segmentation | null}
 */
export function merged(instances, image) {
  const box = pixelBox(instances.flatMap(ringsToFill), [], 0, image);
  const union = fillRings([], box);
  let separate = 0;
  for (const instance of instances) {
    const { pixels } = pixelsOf(instance, box);
    for (let i = 0; i < pixels.length; i++) {
      separate += pixels[i];
      union.pixels[i] |= pixels[i];
    }
  }
  const bitmap = instances.some(({ segmentation }) => isRle(segmentation));
  if (!bitmap && separate === countOf(union)) return instances.flatMap(ringsOf);
  return stored(union, image, bitmap);
}

/** What is left of an object without what others cover: null where that is nothing, undefined where it stays as it is. @param {Instance} instance @param {Instance[]} others @param {Size} image @returns {Segmentation | null | undefined} */
export function subtracted(instance, others, image) {
  const rings = ringsToFill(instance);
  const box = pixelBox(rings, [], 0, image);
  const crop = fillRings(rings, box);
  const before = countOf(crop);
  for (const other of others) {
    const { pixels } = pixelsOf(other, box);
    for (let i = 0; i < pixels.length; i++) if (pixels[i]) crop.pixels[i] = 0;
  }
  if (countOf(crop) === before) return undefined;
  return stored(crop, image, isRle(instance.segmentation));
}

/**
 * The pieces of an object that a line cuts apart, the largest first; parts that the line does not touch stay with it.
 * Null where the line cuts nothing.
 * @param {Instance} instance @param {number[]} line x0, y0, x1, y1, … @param {Size} image @returns {Segmentation[] | null}
 */
export function split(instance, line, image) {
  const rings = ringsToFill(instance);
  const [x0, y0, x1, y1] = boundsOf([line]);
  const around = boundsOf(rings);
  if (x0 > around[2] || x1 < around[0] || y0 > around[3] || y1 < around[1]) return null;
  const crop = fillRings(rings, pixelBox(rings, [], 0, image));
  const whole = labelled(crop, crop.pixels);
  const open = crop.pixels.slice();
  drawBarrier(crop, open, line);
  const cut = labelled(crop, open);
  for (let i = 0; i < open.length; i++) if (cut.sizes[cut.labels[i]] < CRUMB) cut.labels[i] = 0;
  /** The pieces of each part of the object as it was. @type {Map<number, Set<number>>} */
  const pieces = new Map();
  cut.labels.forEach((label, i) => {
    if (label) pieces.set(whole.labels[i], (pieces.get(whole.labels[i]) ?? new Set()).add(label));
  });
  const apart = [...pieces.values()].filter((labels) => labels.size > 1).flatMap((labels) => [...labels]);
  if (!apart.length) return null;
  grow(crop, cut.labels);
  apart.sort((a, b) => cut.sizes[b] - cut.sizes[a]);
  const taken = new Set(apart.slice(1));
  const bitmap = isRle(instance.segmentation);
  return [0, ...taken]
    .map((label) => {
      const pixels = crop.pixels.map((pixel, i) =>
        pixel && (label ? cut.labels[i] === label : !taken.has(cut.labels[i])) ? 1 : 0,
      );
      return stored({ ...crop, pixels }, image, bitmap);
    })
    .filter((segmentation) => segmentation !== null);
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
