/** Where a keypoint of one side lies if the object is as wide on the other. */

import { rounded } from "./geometry.js";
import { partnersOf } from "./keypoint_sides.js";

/** @typedef {[number, number]} Place */

/**
 * The place of a keypoint whose partner has one, mirrored at the middle of the object: at what lies between the pairs
 * that are there, else at the line through the points that have no side, else upright through the only one of them.
 * Null without a partner or a middle.
 * @param {number[]} keypoints x, y, visibility, … @param {string[]} names @param {number} index
 * @returns {[number, number, number] | null} x, y, and the visibility of its partner
 */
export function mirroredPlace(keypoints, names, index) {
  const partners = partnersOf(names);
  const at = (/** @type {number} */ i) => /** @type {Place} */ ([keypoints[3 * i], keypoints[3 * i + 1]]);
  const there = (/** @type {number} */ i) => keypoints[3 * i + 2] > 0 && i !== index;
  const partner = partners[index];
  if (partner === undefined || partner === index || !there(partner)) return null;
  const pairs = names.flatMap((_, i) =>
    partners[i] > i && there(i) && there(partners[i]) ? [[at(i), at(partners[i])]] : [],
  );
  const middles = names.flatMap((_, i) => (partners[i] === i && there(i) ? [at(i)] : []));
  const between = pairs.map(([a, b]) => /** @type {Place} */ ([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]));
  const [x, y] = meanOf([...between, ...middles]);
  if (Number.isNaN(x)) return null;
  const [dx, dy] = acrossPairs(pairs) ?? acrossLine(middles) ?? [1, 0];
  const [fromX, fromY] = at(partner);
  const distance = (fromX - x) * dx + (fromY - y) * dy;
  return [rounded(fromX - 2 * distance * dx), rounded(fromY - 2 * distance * dy), keypoints[3 * partner + 2]];
}

/** @param {Place[]} places @returns {Place} */
function meanOf(places) {
  const sum = (/** @type {0 | 1} */ axis) => places.reduce((total, place) => total + place[axis], 0);
  return [sum(0) / places.length, sum(1) / places.length];
}

/** The way from side to side, as the pairs that are there lie. @param {Place[][]} pairs @returns {Place | null} a unit vector */
function acrossPairs(pairs) {
  let x = 0,
    y = 0;
  for (const [a, b] of pairs) {
    const dx = b[0] - a[0],
      dy = b[1] - a[1];
    const turn = x * dx + y * dy < 0 ? -1 : 1; // which of two comes first in the class is its maker's choice
    x += turn * dx;
    y += turn * dy;
  }
  const length = Math.hypot(x, y);
  return length > 0 ? [x / length, y / length] : null;
}

/** At a right angle to the line through points of the middle. @param {Place[]} middles @returns {Place | null} a unit vector */
function acrossLine(middles) {
  const [x, y] = meanOf(middles);
  let xx = 0,
    xy = 0,
    yy = 0;
  for (const place of middles) {
    xx += (place[0] - x) ** 2;
    xy += (place[0] - x) * (place[1] - y);
    yy += (place[1] - y) ** 2;
  }
  if (xx + yy < 1) return null;
  const along = Math.atan2(2 * xy, xx - yy) / 2;
  return [-Math.sin(along), Math.cos(along)];
}
