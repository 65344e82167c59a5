/**
 * Copied objects. They outlive the image they are from, and a reload of the page: pasted on another image they lie at
 * the same place, on their own image a little beside it.
 */

import { fieldsOf, moved } from "../document.js";
import { clamp, rounded, signedArea } from "../shapes/geometry.js";
import { decodeCrop, encodeCrop } from "../shapes/rle.js";

/** @typedef {import("../document.js").Instance} Instance */
/** @typedef {import("../document.js").Fields & {category_id: number}} NewFields */
/** @typedef {{width: number, height: number}} Size */

const KEY = "maskloop.copied";

export class Clipboard {
  /** @param {Storage | null} storage */
  constructor(storage) {
    this.storage = storage;
    /** @type {Instance[]} */
    this.instances = [];
    /** The image that they were copied from, or pasted on last, and how often there. */
    this.image = 0;
    this.times = 0;
    try {
      Object.assign(this, JSON.parse(storage?.getItem(KEY) ?? "{}"));
    } catch {
      // what an older page left there is not ours to mend
    }
  }

  /** @param {Instance[]} instances @param {number} image */
  copy(instances, image) {
    Object.assign(this, { instances, image, times: 0 });
    this.keep();
  }

  /** What a paste on an image makes; `step` is how far apart copies on one image lie, in pixels. @param {number} image @param {Size} size @param {number} step @returns {NewFields[]} */
  pasted(image, size, step) {
    this.times = image === this.image ? this.times + 1 : 0;
    this.image = image;
    this.keep();
    return copiesOf(this.instances, this.times * step, size);
  }

  /** @private */
  keep() {
    const { instances, image, times } = this;
    try {
      this.storage?.setItem(KEY, JSON.stringify({ instances, image, times }));
    } catch {
      // too large to keep over a reload: it is still in memory
    }
  }
}

/** The fields of copies that lie `shift` pixels right of and below their originals, inside an image. @param {Instance[]} instances @param {number} shift @param {Size} size @returns {NewFields[]} */
export function copiesOf(instances, shift, size) {
  return instances.flatMap((instance) => {
    const fitted = fittedInto(instance, size);
    if (!fitted) return [];
    const [x, y, width, height] = fitted.bbox;
    // Where there is no room to the right and below, the copy goes to the left and above.
    const dx = x + width + shift <= size.width ? shift : -shift,
      dy = y + height + shift <= size.height ? shift : -shift;
    return [fieldsOf(shift ? { ...fitted, ...moved(fitted, dx, dy, size) } : fitted)];
  });
}

/** The part of an object that is inside an image of another size; null where nothing is. @param {Instance} instance @param {Size} size @returns {Instance | null} */
function fittedInto(instance, size) {
  const { segmentation, bbox } = instance;
  const [x, y, width, height] = bbox;
  const keypoints = instance.keypoints.slice();
  for (let i = 0; i < keypoints.length; i += 3) {
    if (keypoints[i] > size.width || keypoints[i + 1] > size.height) keypoints.splice(i, 3, 0, 0, 0);
  }
  if (!Array.isArray(segmentation)) {
    const crop = decodeCrop(segmentation);
    if (!crop || crop.left >= size.width || crop.top >= size.height) return null;
    return { ...instance, keypoints, segmentation: encodeCrop(crop, size.height, size.width) };
  }
  if (x >= size.width || y >= size.height) return null;
  const inside = /** @type {[number, number, number, number]} */ ([
    x,
    y,
    Math.min(width, size.width - x),
    Math.min(height, size.height - y),
  ]);
  const rings = segmentation
    .map((ring) => ring.map((value, i) => rounded(clamp(value, 0, i % 2 ? size.height : size.width))))
    .filter((ring) => Math.abs(signedArea(ring)) >= 1);
  if (segmentation.length && !rings.length) return null;
  return { ...instance, keypoints, bbox: inside, segmentation: rings };
}
