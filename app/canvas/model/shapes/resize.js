/** An object stretched from one box to another. */

import { countLabelled, isRle } from "../document.js";
import { clamp, rounded } from "./geometry.js";
import { decodeCrop, encodeCrop } from "./rle.js";

/** @typedef {import("../document.js").Instance} Instance */
/** @typedef {import("../document.js").Fields} Fields */
/** @typedef {[number, number, number, number]} Box  x0, y0, x1, y1 */

/** Where the handles of a frame stand: x and y of each in halves of its width and height. */
export const HANDLES = /** @type {[number, number][]} */ ([
  [0, 0],
  [1, 0],
  [2, 0],
  [2, 1],
  [2, 2],
  [1, 2],
  [0, 2],
  [0, 1],
]);

/**
 * The box after one of its handles was moved by (dx, dy), inside the image and at least a pixel wide and high; the other
 * side stays. With `even`, width and height keep their ratio.
 * @param {Box} box @param {number} handle index into HANDLES @param {number} dx @param {number} dy @param {boolean} even @param {{width: number, height: number}} image @returns {Box}
 */
export function stretched([x0, y0, x1, y1], handle, dx, dy, even, image) {
  const [h, v] = HANDLES[handle];
  let left = h === 0 ? clamp(x0 + dx, 0, x1 - 1) : x0,
    right = h === 2 ? clamp(x1 + dx, x0 + 1, image.width) : x1,
    top = v === 0 ? clamp(y0 + dy, 0, y1 - 1) : y0,
    bottom = v === 2 ? clamp(y1 + dy, y0 + 1, image.height) : y1;
  if (even && h !== 1 && v !== 1) {
    const wanted = Math.max((right - left) / (x1 - x0), (bottom - top) / (y1 - y0));
    const room = Math.min(
      (h === 0 ? x1 : image.width - x0) / (x1 - x0),
      (v === 0 ? y1 : image.height - y0) / (y1 - y0),
    );
    const scale = Math.min(wanted, room);
    if (h === 0) left = x1 - (x1 - x0) * scale;
    else right = x0 + (x1 - x0) * scale;
    if (v === 0) top = y1 - (y1 - y0) * scale;
    else bottom = y0 + (y1 - y0) * scale;
  }
  return [left, top, right, bottom];
}

/** The fields of an instance stretched from its box to another one; a bitmap is sampled at whole pixels. @param {Instance} instance @param {Box} to @param {{width: number, height: number}} image @returns {Fields} */
export function resized(instance, to, image) {
  const [x, y, width, height] = instance.bbox;
  const { segmentation } = instance;
  const [x0, y0, x1, y1] = isRle(segmentation) ? /** @type {Box} */ (to.map(Math.round)) : to;
  const across = (/** @type {number} */ value) => rounded(x0 + ((value - x) * (x1 - x0)) / width);
  const down = (/** @type {number} */ value) => rounded(y0 + ((value - y) * (y1 - y0)) / height);
  /** @type {Fields} */
  const fields = {};
  if (isRle(segmentation)) {
    const crop = decodeCrop(segmentation);
    if (!crop) return {};
    const wide = Math.max(1, x1 - x0),
      high = Math.max(1, y1 - y0);
    const pixels = new Uint8Array(wide * high);
    for (let row = 0; row < high; row++) {
      const from = Math.floor(((row + 0.5) * crop.height) / high) * crop.width;
      for (let column = 0; column < wide; column++)
        pixels[row * wide + column] = crop.pixels[from + Math.floor(((column + 0.5) * crop.width) / wide)];
    }
    fields.segmentation = encodeCrop(
      { left: x0, top: y0, width: wide, height: high, pixels },
      image.height,
      image.width,
    );
  } else if (segmentation.length) {
    fields.segmentation = segmentation.map((ring) => ring.map((value, i) => (i % 2 ? down(value) : across(value))));
  } else {
    fields.bbox = [rounded(x0), rounded(y0), rounded(x1 - x0), rounded(y1 - y0)];
  }
  if (countLabelled(instance.keypoints)) {
    fields.keypoints = instance.keypoints.map((value, i) => {
      if (i % 3 === 2 || !instance.keypoints[i - (i % 3) + 2]) return value;
      return i % 3 ? clamp(down(value), 0, image.height) : clamp(across(value), 0, image.width);
    });
  }
  return fields;
}

/** The box between two corners, at least a pixel wide and high. @param {number[]} fixed @param {number[]} at @returns {[number, number, number, number]} */
export function spanned([x0, y0], [x1, y1]) {
  return [Math.min(x0, x1), Math.min(y0, y1), Math.max(1, Math.abs(x1 - x0)), Math.max(1, Math.abs(y1 - y0))];
}

/** A box with one of its sides elsewhere. @param {[number, number, number, number]} bbox @param {number} side 0 top, 1 right, 2 bottom, 3 left @param {number[]} at @returns {[number, number, number, number]} */
export function withSide([x, y, width, height], side, at) {
  const x0 = side === 3 ? at[0] : x,
    x1 = side === 1 ? at[0] : x + width;
  const y0 = side === 0 ? at[1] : y,
    y1 = side === 2 ? at[1] : y + height;
  return spanned([x0, y0], [x1, y1]);
}
