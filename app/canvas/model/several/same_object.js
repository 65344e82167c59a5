/** Proposals of an object that a person draws: they give way to it, so that nobody has to delete them. */

import { boundsOf } from "../shapes/geometry.js";
import { fillRings } from "../shapes/raster.js";
import { ringsToFill } from "./combine.js";

/** @typedef {import("../document.js").Instance} Instance */
/** @typedef {Pick<Instance, "segmentation" | "bbox" | "category_id">} Drawn */

const SAME = 0.5; // intersection over union of two masks of one class
const SAME_OF_ANOTHER_CLASS = 0.7; // a jacket may well cover half of the person in it
const CELLS = 160; // of the longer side of the grid on which masks are compared, however large they are

/**
 * The proposals that show the object that was drawn.
 * @param {Drawn} drawn @param {Instance[]} instances @returns {Instance[]}
 */
export function proposalsOf(drawn, instances) {
  const rings = ringsToFill(drawn);
  const [x0, y0, x1, y1] = boundsOf(rings);
  return instances.filter((instance) => {
    const [x, y, width, height] = instance.bbox;
    if (instance.status !== "proposed" || instance.iscrowd) return false;
    if (x > x1 || y > y1 || x + width < x0 || y + height < y0) return false;
    const least = instance.category_id === drawn.category_id ? SAME : SAME_OF_ANOTHER_CLASS;
    return overlapOf(rings, ringsToFill(instance)) >= least;
  });
}

/** Intersection over union of what two outlines cover. @param {number[][]} first @param {number[][]} second */
function overlapOf(first, second) {
  if (!second.length) return 0;
  const [x0, y0, x1, y1] = boundsOf([...first, ...second]);
  const scale = Math.min(1, CELLS / Math.max(x1 - x0, y1 - y0, 1));
  const box = [0, 0, Math.ceil((x1 - x0) * scale), Math.ceil((y1 - y0) * scale)];
  const [mine, theirs] = [first, second].map(
    (rings) =>
      fillRings(
        rings.map((ring) => ring.map((at, i) => (at - (i % 2 ? y0 : x0)) * scale)),
        box,
      ).pixels,
  );
  let both = 0,
    either = 0;
  for (let i = 0; i < mine.length; i++) {
    both += mine[i] & theirs[i];
    either += mine[i] | theirs[i];
  }
  return either ? both / either : 0;
}
