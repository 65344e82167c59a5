/** Outlines without their jags: points at even distances, each moved to the weighted mean of its neighbours. */

import { clamp, rounded, simplifyLine, simplifyRing } from "./geometry.js";

/** @typedef {import("./geometry.js").Ring} Ring */
/** @typedef {[number, number]} Place */

const MOST = 4000; // points while it is smoothed
const LEAST = 0.1; // pixels of width that do anything
const THINNED = 0.05; // of the width: what is thinned out again afterwards

/**
 * A smoothed ring. `width` is the standard deviation of the weights in pixels: smaller bumps go, larger shapes stay, and
 * so does the size. Where a cut leads to a hole its two ends stay on each other.
 * @param {Ring} ring @param {number} width @param {{width: number, height: number}} image @returns {Ring}
 */
export function smoothRing(ring, width, image) {
  if (width < LEAST || ring.length < 6) return ring;
  const places = Array.from(
    { length: ring.length / 2 },
    (_, i) => /** @type {Place} */ ([ring[2 * i], ring[2 * i + 1]]),
  );
  const times = new Map();
  for (const place of places) times.set(String(place), (times.get(String(place)) ?? 0) + 1);
  const first = places.findIndex((place) => times.get(String(place)) > 1);
  if (first < 0) {
    const smoothed = simplifyRing(
      flat(smooth(evenly([...places, places[0]], width).slice(0, -1), width, true), image),
      THINNED * width,
    );
    return smoothed.length >= 6 ? smoothed : ring;
  }
  const turned = [...places.slice(first), ...places.slice(0, first + 1)];
  /** @type {number[]} */
  const result = [];
  let begin = 0;
  for (let i = 1; i < turned.length; i++) {
    if (times.get(String(turned[i])) < 2) continue;
    const line = turned.slice(begin, i + 1);
    const part =
      line.length > 2
        ? simplifyLine(flat(smooth(evenly(line, width), width, false), image), THINNED * width)
        : flat(line, image);
    result.push(...part.slice(0, -2)); // its end is the next one's beginning
    begin = i;
  }
  return result;
}

/** Points at even distances along a line, its ends among them. @param {Place[]} line @param {number} width @returns {Place[]} */
function evenly(line, width) {
  const along = [0];
  for (let i = 1; i < line.length; i++)
    along.push(along[i - 1] + Math.hypot(line[i][0] - line[i - 1][0], line[i][1] - line[i - 1][1]));
  const length = along[along.length - 1];
  const count = clamp(Math.ceil((2 * length) / width), 8, MOST);
  let at = 0;
  return Array.from({ length: count + 1 }, (_, step) => {
    const wanted = (length * step) / count;
    while (at < line.length - 2 && along[at + 1] < wanted) at += 1;
    const part = along[at + 1] > along[at] ? clamp((wanted - along[at]) / (along[at + 1] - along[at]), 0, 1) : 0;
    return /** @type {Place} */ ([0, 1].map((axis) => line[at][axis] + part * (line[at + 1][axis] - line[at][axis])));
  });
}

/** Weighted means, and again of what they took away: a mean alone would shrink the shape. @param {Place[]} places @param {number} width @param {boolean} closed @returns {Place[]} */
function smooth(places, width, closed) {
  const step =
    places.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - places[i][0], y - places[i][1]), 0) /
    (places.length - 1);
  if (!step) return places;
  const weights = Array.from({ length: Math.min(places.length, Math.ceil((3 * width) / step)) + 1 }, (_, k) =>
    Math.exp(-((k * step) ** 2) / (2 * width * width)),
  );
  const once = means(places, weights, closed);
  const twice = means(once, weights, closed);
  return once.map(([x, y], i) => [2 * x - twice[i][0], 2 * y - twice[i][1]]);
}

/** @param {Place[]} places @param {number[]} weights of a point's neighbours at a distance of 0, 1, … @param {boolean} closed an open line goes on beyond its ends as its mirror image, so that they stay @returns {Place[]} */
function means(places, weights, closed) {
  const count = places.length,
    last = count - 1;
  /** @param {number} k @returns {Place} */
  const at = (k) => {
    if (closed) return places[((k % count) + count) % count];
    if (k < 0) return turned(places[Math.min(last, -k)], places[0]);
    return k > last ? turned(places[Math.max(0, 2 * last - k)], places[last]) : places[k];
  };
  const total = weights.reduce((sum, weight, k) => sum + (k ? 2 : 1) * weight, 0);
  return places.map((place, i) => {
    let [x, y] = [weights[0] * place[0], weights[0] * place[1]];
    for (let k = 1; k < weights.length; k++) {
      const before = at(i - k),
        after = at(i + k);
      x += weights[k] * (before[0] + after[0]);
      y += weights[k] * (before[1] + after[1]);
    }
    return [x / total, y / total];
  });
}

/** @param {Place} place @param {Place} around @returns {Place} */
const turned = ([x, y], [aroundX, aroundY]) => [2 * aroundX - x, 2 * aroundY - y];

/** @param {Place[]} places @param {{width: number, height: number}} image @returns {Ring} */
const flat = (places, { width, height }) =>
  places.flatMap(([x, y]) => [rounded(clamp(x, 0, width)), rounded(clamp(y, 0, height))]);
