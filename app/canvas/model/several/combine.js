/** Objects joined, cut out of each other and cut apart: on their pixels, so that polygons, masks and holes all do. */

import { isRle, ringsOf, simplified } from "../document.js";
import { boundsOf, clockwise } from "../shapes/geometry.js";
import { cutPieces } from "../shapes/pieces.js";
import { fillRings, pixelBox, segmentationOf } from "../shapes/raster.js";

/** @typedef {import("../document.js").Instance} Instance */
/** @typedef {import("../shapes/rle.js").Crop} Crop */
/** @typedef {{width: number, height: number}} Size */
/** @typedef {Instance["segmentation"]} Segmentation */

const SURROUNDINGS = 0.25; // of an object's longer side: wide enough to be larger than what is added
const TOLERANCE = 0.75; // pixels, as for the brush: the stairs of a slanted edge are 0.71 high

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
  const { labels, apart } = cutPieces(crop, line);
  if (!apart.length) return null;
  const taken = new Set(apart.slice(1));
  const bitmap = isRle(instance.segmentation);
  return [0, ...taken]
    .map((label) => {
      const pixels = crop.pixels.map((pixel, i) =>
        pixel && (label ? labels[i] === label : !taken.has(labels[i])) ? 1 : 0,
      );
      return stored({ ...crop, pixels }, image, bitmap);
    })
    .filter((segmentation) => segmentation !== null);
}

/**
 * An object with a new edge: of what the line cuts apart, the surroundings where it `adds` and else the object, all but the
 * largest piece changes sides. Null where it cuts nothing apart.
 * @param {Instance} instance @param {number[]} line x0, y0, x1, y1, … @param {boolean} adds @param {Size} image
 * @returns {Segmentation | null}
 */
export function withNewEdge(instance, line, adds, image) {
  const rings = ringsToFill(instance);
  const around = boundsOf([...rings, line]);
  const room = Math.ceil(SURROUNDINGS * Math.max(around[2] - around[0], around[3] - around[1])) + 1;
  const box = pixelBox([], around, room, image);
  const crop = fillRings(rings, box);
  const cut = adds ? crop.pixels.map((pixel) => 1 - pixel) : crop.pixels;
  const { labels, apart, open } = cutPieces({ ...crop, pixels: cut }, line);
  if (!apart.length) return null;
  const turning = new Set(apart.slice(1));
  const beside = fillRings([line], box).pixels; // pixels under the line are on either side of it
  const turns = (/** @type {number} */ i) => cut[i] && (open[i] ? turning.has(labels[i]) : beside[i]);
  const pixels = crop.pixels.map((pixel, i) => (turns(i) ? 1 - pixel : pixel));
  return stored({ ...crop, pixels }, image, isRle(instance.segmentation));
}
