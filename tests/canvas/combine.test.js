/** Objects joined, cut out of each other and cut apart. */

import assert from "node:assert/strict";
import test from "node:test";
import { merged, split, subtracted, withNewEdge } from "../../app/canvas/model/several/combine.js";
import { bboxOf, edited, isRle } from "../../app/canvas/model/document.js";
import { encodeCrop } from "../../app/canvas/model/shapes/rle.js";
import { instanceOf } from "./samples.js";

const IMAGE = { width: 100, height: 50 };
const square = (x, y, side) => [x, y, x + side, y, x + side, y + side, x, y + side];
const polygon = (id, ...rings) => instanceOf({ id, segmentation: rings, bbox: bboxOf(rings) });
const areaOf = (segmentation) => edited(instanceOf(), { segmentation }).area;

/** A mask of 20 × 20 pixels at (10, 10) with a hole of 4 × 4 in its middle. */
function holed() {
  const pixels = new Uint8Array(400).fill(1);
  for (let y = 8; y < 12; y++) for (let x = 8; x < 12; x++) pixels[y * 20 + x] = 0;
  const segmentation = encodeCrop({ left: 10, top: 10, width: 20, height: 20, pixels }, 50, 100);
  return instanceOf({ segmentation, bbox: [10, 10, 20, 20] });
}

test("polygons that do not meet become the parts of one, point for point", () => {
  const rings = [square(0, 0, 10), square(30, 0, 10)];
  assert.deepEqual(merged([polygon(1, rings[0]), polygon(2, rings[1])], IMAGE), rings);
});

test("objects that overlap are counted once, and a mask among them makes a mask", () => {
  const both = [polygon(1, square(0, 0, 10)), polygon(2, square(5, 0, 10))];
  assert.equal(areaOf(merged(both, IMAGE)), 150);
  const withMask = merged([polygon(1, square(20, 20, 20)), holed()], IMAGE);
  assert.equal(isRle(withMask), true);
  assert.equal(areaOf(withMask), 400 + 400 - 16 - 100 + 4);
});

test("subtracting leaves a hole, nothing, or the object as it was", () => {
  const large = polygon(1, square(0, 0, 20));
  const inside = subtracted(large, [polygon(2, square(5, 5, 4))], IMAGE);
  assert.equal(isRle(inside), true);
  assert.equal(areaOf(inside), 384);
  assert.equal(subtracted(large, [polygon(2, square(0, 0, 30))], IMAGE), null);
  assert.equal(subtracted(large, [polygon(2, square(40, 0, 10))], IMAGE), undefined);
});

test("a line across makes two pieces that cover the object, the larger one first", () => {
  const pieces = split(polygon(1, square(0, 0, 20)), [5, -2, 5, 25], IMAGE);
  assert.equal(pieces.length, 2);
  assert.deepEqual(pieces.map(areaOf).sort((a, b) => a - b)[0] >= 80, true);
  assert.equal(
    pieces.map(areaOf).reduce((sum, area) => sum + area),
    400,
  );
  assert.ok(areaOf(pieces[0]) > areaOf(pieces[1]));
});

test("a crooked line cuts a mask with a hole; one that ends inside cuts nothing", () => {
  const pieces = split(holed(), [5, 20, 18, 15, 20, 20, 25, 22, 35, 20], IMAGE);
  assert.equal(pieces.length, 2);
  assert.equal(
    pieces.map(areaOf).reduce((sum, area) => sum + area),
    384,
  );
  assert.equal(split(polygon(1, square(0, 0, 20)), [-5, 10, 12, 10], IMAGE), null);
  assert.equal(split(polygon(1, square(0, 0, 20)), [60, 10, 60, 40], IMAGE), null);
});

test("parts that the line does not touch stay with the largest piece", () => {
  const pieces = split(polygon(1, square(0, 0, 20), square(60, 0, 10)), [10, -2, 10, 25], IMAGE);
  assert.equal(pieces.length, 2);
  assert.equal(pieces[0].length, 2);
  assert.equal(
    pieces.map(areaOf).reduce((sum, area) => sum + area),
    500,
  );
});

test("a new edge adds what it encloses beside an object: a bump, a notch, a part that it goes around", () => {
  const object = polygon(1, square(10, 10, 20));
  assert.equal(areaOf(withNewEdge(object, [15, 15, 15, 5, 25, 5, 25, 15], true, IMAGE)), 400 + 50);
  const notched = polygon(1, [10, 10, 30, 10, 30, 30, 24, 30, 24, 20, 16, 20, 16, 30, 10, 30]);
  assert.ok(Math.abs(areaOf(withNewEdge(notched, [12, 29.5, 28, 29.5], true, IMAGE)) - (400 - 8)) <= 1); // not the row under the line
  const ring = [50, 10, 60, 10, 60, 20, 50, 20, 50, 10];
  assert.equal(areaOf(withNewEdge(object, ring, true, IMAGE)), 500);
});

test("a new edge cuts off what it goes through, or leaves a hole where it goes around", () => {
  const object = polygon(1, square(10, 10, 20));
  assert.equal(areaOf(withNewEdge(object, [15, 5, 15, 20, 5, 20], false, IMAGE)), 400 - 50);
  const ring = [14, 14, 22, 14, 22, 22, 14, 22, 14, 14];
  const mask = withNewEdge(object, ring, false, IMAGE);
  assert.equal(isRle(mask), true);
  assert.equal(areaOf(mask), 400 - 64);
});

test("one that encloses nothing, or ends on the other side, changes nothing; holes stay", () => {
  const object = polygon(1, square(10, 10, 20));
  assert.equal(withNewEdge(object, [15, 15, 25, 25], true, IMAGE), null);
  assert.equal(withNewEdge(object, [15, 15, 15, 5, 25, 5], true, IMAGE), null);
  assert.equal(withNewEdge(object, [15, 5, 15, 15], false, IMAGE), null);
  const mask = withNewEdge(holed(), [15, 15, 15, 5, 25, 5, 25, 15], true, IMAGE);
  assert.equal(isRle(mask), true);
  assert.equal(areaOf(mask), 400 - 16 + 50);
});

test("an object at the image's edge is completed along it", () => {
  const object = polygon(1, square(0, 0, 20));
  assert.equal(areaOf(withNewEdge(object, [10, 10, 10, 30, 0, 30, 0, 10], true, IMAGE)), 400 + 100);
});
