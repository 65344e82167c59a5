/** The live wire: a path along the edges of a picture, however one would go straight. */

import assert from "node:assert/strict";
import test from "node:test";

const { edgeCosts, LiveWire } = await import("../../app/canvas/model/shapes/live_wire.js");
const { simplifyLine } = await import("../../app/canvas/model/shapes/geometry.js");

/** Grey levels as a picture. @param {number} width @param {number} height @param {(x: number, y: number) => number} grey */
function picture(width, height, grey) {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; i++) data.fill(grey(i % width, Math.floor(i / width)), 4 * i, 4 * i + 3);
  return { width, height, data };
}

/** Pairs of a flat list. @param {number[]} flat */
const pairs = (flat) => flat.flatMap((_, i) => (i % 2 ? [] : [[flat[i], flat[i + 1]]]));

test("from a corner of a square to the opposite one it goes along the square's sides, on the pixels' edges", () => {
  const square = picture(60, 60, (x, y) => (x >= 20 && x < 40 && y >= 20 && y < 40 ? 200 : 50));
  const wire = new LiveWire(edgeCosts(square), 61, 20, 20);
  const path = pairs(wire.pathTo(40, 40));
  const onOutline = ([x, y]) => [20, 40].includes(x) || [20, 40].includes(y);
  const beside = path.filter((corner) => !onOutline(corner));
  assert.ok(path.length >= 38);
  assert.ok(beside.length <= 2, `${beside.length} corners are cut`); // the smoothed corner is rounded by one
  assert.deepEqual(
    [path[0], path[path.length - 1]],
    [
      [20, 20],
      [40, 40],
    ],
  );
});

test("an edge that only colour shows draws it too", () => {
  const width = 50;
  const data = new Uint8ClampedArray(4 * width * width);
  for (let i = 0; i < width * width; i++) {
    const bulge = Math.round(25 + 8 * Math.sin((Math.floor(i / width) / width) * Math.PI));
    data.set(i % width < bulge ? [120, 60, 60, 255] : [60, 90, 60, 255], 4 * i);
  }
  const wire = new LiveWire(edgeCosts({ width, height: width, data }), 51, 25, 1);
  const furthest = Math.max(...pairs(wire.pathTo(25, 49)).map(([x]) => x));
  assert.ok(furthest >= 32, `it bulges to ${furthest} of 33`);
});

test("where there is no edge at all it goes as straight as corners allow", () => {
  const wire = new LiveWire(edgeCosts(picture(40, 40, () => 80)), 41, 5, 5);
  assert.equal(wire.pathTo(35, 20).length / 2, 31);
});

test("what was found for one place is not lost for a nearer and a farther one", () => {
  const costs = edgeCosts(picture(80, 40, (x, y) => (y < 20 + (x % 7) ? 40 : 180)));
  const wire = new LiveWire(costs, 81, 0, 20);
  const far = wire.pathTo(60, 20);
  wire.pathTo(10, 20);
  wire.pathTo(80, 40);
  assert.deepEqual(wire.pathTo(60, 20), far);
  assert.deepEqual(new LiveWire(costs, 81, 0, 20).pathTo(60, 20), far);
});

test("an open line is simplified between its ends, which stay", () => {
  assert.deepEqual(simplifyLine([0, 0, 1, 0.2, 2, 0, 3, 0.1, 4, 0, 4, 5], 0.5), [0, 0, 4, 0, 4, 5]);
  assert.deepEqual(simplifyLine([0, 0, 1, 3, 2, 0], 0.5), [0, 0, 1, 3, 2, 0]);
});
