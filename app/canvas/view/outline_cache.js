/** Outlines ready to draw: rings, bounds and Path2D objects, made once for a segmentation and kept as long as it lives. */

import { boundsOf, clockwise, covers, simplifyRing } from "../model/shapes/geometry.js";
import { isRle, ringsOf } from "../model/document.js";

/** @typedef {import("../model/document.js").Instance} Instance */
/**
 * `top` is the highest point of the outline: where its label stands.
 * @typedef {{rings: number[][], bounds: [number, number, number, number], top: [number, number], paths: Map<number, Path2D>}} Shape
 */

const ALLOWED_ERROR = 0.4; // CSS pixels that a simplified path may be off
const FEW_POINTS = 24; // below this, simplifying saves nothing

/** @type {WeakMap<object, Shape>} */
const shapes = new WeakMap();

/** @param {Instance} instance @returns {Shape} */
export function shapeOf(instance) {
  const { segmentation } = instance;
  const key = isRle(segmentation) || segmentation.length ? segmentation : instance.bbox;
  let shape = shapes.get(key);
  if (!shape) {
    // Every polygon of a list adds to the object, whichever way it runs; the holes of a bitmap take away.
    const rings = isRle(segmentation) ? ringsOf(instance) : ringsOf(instance).map(clockwise);
    shape = { rings, bounds: boundsOf(rings), top: highest(rings), paths: new Map() };
    shapes.set(key, shape);
  }
  return shape;
}

/** @param {number[][]} rings @returns {[number, number]} */
function highest(rings) {
  /** @type {[number, number]} */
  let top = [0, Infinity];
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) if (ring[i + 1] < top[1]) top = [ring[i], ring[i + 1]];
  }
  return top;
}

/** The path to fill and stroke at a scale: coarser where the difference cannot be seen. @param {Shape} shape @param {number} scale */
export function pathAt(shape, scale) {
  const level = Math.min(0, Math.floor(Math.log2(scale)));
  let path = shape.paths.get(level);
  if (!path) {
    path = pathOf(level < 0 ? shape.rings.map((ring) => coarser(ring, ALLOWED_ERROR / 2 ** (level + 1))) : shape.rings);
    shape.paths.set(level, path);
  }
  return path;
}

/** @param {number[]} ring @param {number} tolerance */
function coarser(ring, tolerance) {
  return ring.length > 2 * FEW_POINTS ? simplifyRing(ring, tolerance) : ring;
}

/** @param {number[][]} rings */
export function pathOf(rings) {
  const path = new Path2D();
  for (const ring of rings) {
    path.moveTo(ring[0], ring[1]);
    for (let i = 2; i < ring.length; i += 2) path.lineTo(ring[i], ring[i + 1]);
    path.closePath();
  }
  return path;
}

/** Whether any of the shape lies in a box: a vertex, a crossing edge, or the box lies inside it. @param {Shape} shape @param {[number, number, number, number]} box x0, y0, x1, y1 */
export function meetsBox({ rings, bounds }, [x0, y0, x1, y1]) {
  if (bounds[0] > x1 || bounds[2] < x0 || bounds[1] > y1 || bounds[3] < y0) return false;
  if (covers(rings, (x0 + x1) / 2, (y0 + y1) / 2)) return true;
  return rings.some((ring) => {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2)
      if (edgeMeetsBox(ring[j], ring[j + 1], ring[i], ring[i + 1], x0, y0, x1, y1)) return true;
    return false;
  });
}

/** Liang–Barsky: the part of the edge a→b inside the box is not empty. @param {number} ax @param {number} ay @param {number} bx @param {number} by @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function edgeMeetsBox(ax, ay, bx, by, x0, y0, x1, y1) {
  let from = 0,
    to = 1;
  for (const [step, low, high] of [
    [bx - ax, x0 - ax, x1 - ax],
    [by - ay, y0 - ay, y1 - ay],
  ]) {
    if (step === 0) {
      if (low > 0 || high < 0) return false;
      continue;
    }
    from = Math.max(from, Math.min(low / step, high / step));
    to = Math.min(to, Math.max(low / step, high / step));
  }
  return from <= to;
}

/** Whether (x, y) lies in the shape, or within `slack` pixels of its box where the shape is that small. @param {Shape} shape @param {number} x @param {number} y @param {number} slack */
export function hits({ rings, bounds: [x0, y0, x1, y1] }, x, y, slack) {
  if (x < x0 - slack || x > x1 + slack || y < y0 - slack || y > y1 + slack) return false;
  return (x1 - x0 < 2 * slack && y1 - y0 < 2 * slack) || covers(rings, x, y);
}
