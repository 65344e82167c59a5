/** Which proposals show the object that a person has drawn. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { proposalsOf } from "../../app/canvas/model/several/same_object.js";
import { encodeCrop } from "../../app/canvas/model/shapes/rle.js";
import { instanceOf } from "./samples.js";

/** @typedef {import("../../app/canvas/model/document.js").Instance} Instance */

/** @param {number} x @param {number} y @param {number} width @param {number} height */
const square = (x, y, width, height) => [x, y, x + width, y, x + width, y + height, x, y + height];

/** A proposal on a rectangle. @param {number} id @param {[number, number, number, number]} bbox @param {Partial<Instance>} [fields] */
const proposal = (id, bbox, fields = {}) =>
  instanceOf({ id, bbox, segmentation: [square(...bbox)], status: "proposed", ...fields });

/** @param {[number, number, number, number]} bbox */
const drawn = (bbox) => ({ category_id: 1, segmentation: [square(...bbox)], bbox });

/** @param {Instance[]} found */
const ids = (found) => found.map(({ id }) => id);

test("one that covers half of the same is of the same object, of another class it has to cover more", () => {
  const proposals = [
    proposal(1, [0, 0, 100, 60]),
    proposal(2, [0, 0, 100, 60], { category_id: 2 }),
    proposal(3, [0, 0, 100, 80], { category_id: 2 }),
    proposal(4, [0, 0, 100, 45]),
  ];
  assert.deepEqual(ids(proposalsOf(drawn([0, 0, 100, 100]), proposals)), [1, 3]);
});

test("neighbours, what a person has accepted and crowds stay", () => {
  const proposals = [
    proposal(1, [100, 0, 100, 100]),
    proposal(2, [300, 300, 100, 100]),
    proposal(3, [0, 0, 100, 100], { status: "accepted" }),
    proposal(4, [0, 0, 100, 100], { iscrowd: 1 }),
  ];
  assert.deepEqual(proposalsOf(drawn([0, 0, 100, 100]), proposals), []);
});

test("masks are compared, not boxes: a ring is not the disc in it", () => {
  const pixels = new Uint8Array(100 * 100);
  for (let y = 0; y < 100; y++)
    for (let x = 0; x < 100; x++) pixels[100 * y + x] = x < 10 || y < 10 || x >= 90 || y >= 90 ? 1 : 0;
  const frame = encodeCrop({ left: 0, top: 0, width: 100, height: 100, pixels }, 200, 200);
  const proposals = [proposal(1, [0, 0, 100, 100], { segmentation: frame })];
  assert.deepEqual(proposalsOf(drawn([0, 0, 100, 100]), proposals), []);
  assert.deepEqual(ids(proposalsOf({ ...drawn([0, 0, 100, 100]), segmentation: frame }, proposals)), [1]);
});

test("a proposal that is a box alone covers its box, and so does what is drawn as one", () => {
  const proposals = [proposal(1, [0, 0, 100, 100], { segmentation: [] })];
  assert.deepEqual(ids(proposalsOf(drawn([5, 5, 90, 95]), proposals)), [1]);
  assert.deepEqual(ids(proposalsOf({ ...drawn([5, 5, 90, 95]), segmentation: [] }, proposals)), [1]);
});

test("objects of thousands of pixels and of a few are compared alike", () => {
  for (const size of [6, 60, 6000]) {
    const proposals = [proposal(1, [0, 0, size, size / 3]), proposal(2, [0, 0, size, (2 * size) / 3])];
    assert.deepEqual(ids(proposalsOf(drawn([0, 0, size, size]), proposals)), [2], `${size} pixels`);
  }
});

test("what has no inside is of no object", () => {
  const nothing = { category_id: 1, segmentation: [], bbox: /** @type {Instance["bbox"]} */ ([0, 0, 0, 0]) };
  assert.deepEqual(proposalsOf(nothing, [proposal(1, [0, 0, 10, 10])]), []);
});
