/** Painting on bitmaps: outlines filled, strokes added and taken away. A pixel belongs to what covers its centre. */

import { boundsOf, signedArea } from "./geometry.js";
import { encodeCrop, traceRings } from "./rle.js";

/** @typedef {import("./rle.js").Crop} Crop */

/**
 * A bitmap over the box [x0, y0, x1, y1] (whole pixels) with the non-zero fill of the rings.
 * @param {number[][]} rings @param {number[]} box @returns {Crop}
 */
export function fillRings(rings, [left, top, right, bottom]) {
  const width = right - left,
    height = bottom - top;
  const pixels = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const y = top + row + 0.5;
    /** @type {[number, number][]} */
    const crossings = []; // x, and how the winding changes there
    for (const ring of rings) {
      for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
        const ya = ring[j + 1],
          yb = ring[i + 1];
        if (ya <= y === yb <= y) continue;
        crossings.push([ring[j] + ((y - ya) / (yb - ya)) * (ring[i] - ring[j]), yb > ya ? 1 : -1]);
      }
    }
    crossings.sort((a, b) => a[0] - b[0]);
    let winding = 0;
    for (let k = 0; k + 1 < crossings.length; k++) {
      winding += crossings[k][1];
      if (!winding) continue;
      const from = Math.max(0, Math.ceil(crossings[k][0] - left - 0.5)),
        to = Math.min(width, Math.ceil(crossings[k + 1][0] - left - 0.5));
      if (to > from) pixels.fill(1, row * width + from, row * width + to);
    }
  }
  return { left, top, width, height, pixels };
}

/**
 * Set or clear every pixel whose centre is within the radius of the line through the points.
 * @param {Crop} crop changed in place @param {number[]} points x0, y0, x1, y1, … @param {number | number[]} radius of all, or at each point @param {0 | 1} value
 */
export function paintStroke({ left, top, width, height, pixels }, points, radius, value) {
  for (let i = 0; i < points.length; i += 2) {
    const j = Math.max(0, i - 2); // the first point alone is a disc
    const ax = points[j],
      ay = points[j + 1],
      dx = points[i] - ax,
      dy = points[i + 1] - ay;
    const [ra, rb] = typeof radius === "number" ? [radius, radius] : [radius[j / 2], radius[i / 2]];
    const most = Math.max(ra, rb);
    const length = dx * dx + dy * dy;
    const x0 = Math.max(left, Math.floor(Math.min(ax, points[i]) - most)),
      x1 = Math.min(left + width, Math.ceil(Math.max(ax, points[i]) + most));
    const y0 = Math.max(top, Math.floor(Math.min(ay, points[i + 1]) - most)),
      y1 = Math.min(top + height, Math.ceil(Math.max(ay, points[i + 1]) + most));
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const px = x + 0.5 - ax,
          py = y + 0.5 - ay;
        const along = length ? Math.min(1, Math.max(0, (px * dx + py * dy) / length)) : 0;
        const reach = ra + along * (rb - ra);
        if ((px - along * dx) ** 2 + (py - along * dy) ** 2 <= reach * reach)
          pixels[(y - top) * width + x - left] = value;
      }
    }
  }
}

/**
 * The smallest box of whole pixels around the rings and the points with their margin, inside the image.
 * @param {number[][]} rings @param {number[]} points @param {number} margin @param {{width: number, height: number}} image
 */
export function pixelBox(rings, points, margin, image) {
  const around = points.length ? boundsOf([points]) : [Infinity, Infinity, -Infinity, -Infinity];
  const inner = rings.length ? boundsOf(rings) : [Infinity, Infinity, -Infinity, -Infinity];
  return [
    Math.max(0, Math.floor(Math.min(inner[0], around[0] - margin))),
    Math.max(0, Math.floor(Math.min(inner[1], around[1] - margin))),
    Math.min(image.width, Math.ceil(Math.max(inner[2], around[2] + margin))),
    Math.min(image.height, Math.ceil(Math.max(inner[3], around[3] + margin))),
  ];
}

/**
 * What a bitmap is stored as: polygons where they can say it, simplified by at most `tolerance` pixels; an RLE where it
 * has holes, or was one before. Null where no pixel is left.
 * @param {Crop} crop @param {{width: number, height: number}} image @param {boolean} keepBitmap @param {(rings: number[][]) => number[][]} simplify
 * @returns {import("../document.js").Instance["segmentation"] | null}
 */
export function segmentationOf(crop, image, keepBitmap, simplify) {
  if (!crop.pixels.includes(1)) return null;
  const rings = keepBitmap ? [] : traceRings(crop);
  const holes = rings.some((ring) => signedArea(ring) < 0);
  return keepBitmap || holes ? encodeCrop(crop, image.height, image.width) : simplify(rings);
}
