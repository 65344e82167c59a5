/** Smoothing takes the jags and leaves shape, size and cuts. */

import assert from "node:assert/strict";
import test from "node:test";
import { signedArea, withHoles } from "../../app/canvas/model/shapes/geometry.js";
import { smoothRing } from "../../app/canvas/model/shapes/smooth.js";

const IMAGE = { width: 200, height: 200 };
const circle = (/** @type {number} */ radius, /** @type {(i: number) => number} */ jag, count = 180) =>
  Array.from({ length: count }, (_, i) => {
    const turn = (2 * Math.PI * i) / count;
    return [100 + (radius + jag(i)) * Math.cos(turn), 100 + (radius + jag(i)) * Math.sin(turn)];
  }).flat();
const farthest = (/** @type {number[]} */ ring, /** @type {number} */ radius) =>
  Math.max(...ring.flatMap((x, i) => (i % 2 ? [] : [Math.abs(Math.hypot(x - 100, ring[i + 1] - 100) - radius)])));

test("the jags of a circle go, and it is as large as before", () => {
  const jagged = circle(60, (i) => (i % 2 ? 2 : -2));
  const smooth = smoothRing(jagged, 8, IMAGE);
  assert.ok(farthest(jagged, 60) > 1.9);
  assert.ok(farthest(smooth, 60) < 0.5, String(farthest(smooth, 60)));
  assert.ok(smooth.length < jagged.length / 2); // fewer points say the same
  assert.ok(Math.abs(Math.abs(signedArea(smooth)) / (Math.PI * 3600) - 1) < 0.01);
});

test("the corners of a coarse polygon become round, inside the image", () => {
  const square = [0, 0, 200, 0, 200, 200, 0, 200];
  const smooth = smoothRing(square, 10, IMAGE);
  assert.ok(smooth.length > square.length);
  assert.ok(smooth.every((value) => value >= 0 && value <= 200));
  const near = Math.min(...smooth.flatMap((x, i) => (i % 2 ? [] : [Math.hypot(x, smooth[i + 1])])));
  assert.ok(near > 3, String(near)); // the corner itself is gone
});

test("the two ends of a cut to a hole stay on each other, and the hole stays a hole", () => {
  const hole = circle(20, () => 0, 40).reverse();
  for (let i = 0; i < hole.length; i += 2) [hole[i], hole[i + 1]] = [hole[i + 1], hole[i]];
  const ring = withHoles(
    circle(60, (i) => (i % 2 ? 1 : -1)),
    [hole],
  );
  const smooth = smoothRing(ring, 5, IMAGE);
  const places = smooth.flatMap((x, i) => (i % 2 ? [] : [`${x},${smooth[i + 1]}`]));
  assert.equal(places.length - new Set(places).size, 2);
  const wanted = Math.PI * (3600 - 400);
  assert.ok(Math.abs(Math.abs(signedArea(smooth)) / wanted - 1) < 0.03, String(signedArea(smooth) / wanted));
});

test("a width of nothing changes nothing", () => {
  const ring = circle(60, () => 0);
  assert.equal(smoothRing(ring, 0, IMAGE), ring);
});
