/** Where a keypoint lies if both sides of an object are alike. */

import assert from "node:assert/strict";
import test from "node:test";

const { mirroredPlace } = await import("../../app/canvas/model/shapes/mirrored.js");

const NAMES = ["nose", "left eye", "right eye", "left ear", "right ear", "neck"];
const MISSING = [0, 0, 0];

test("the pairs that are there say where the middle is, however the object is turned", () => {
  const lying = [...MISSING, 10, 10, 2, 10, 30, 2, 20, 5, 1];
  assert.deepEqual(mirroredPlace(lying, NAMES, 4), [20, 35, 1]); // seen as its partner is
  const slanted = [...MISSING, 0, 0, 2, 10, 10, 2, 0, 10, 2];
  assert.deepEqual(mirroredPlace(slanted, NAMES, 4), [0, 10, 2]); // it lies in the middle itself
});

test("without a pair it is the line through the points that have no side, or upright through the only one", () => {
  const upright = [50, 50, 2, 40, 45, 2];
  assert.deepEqual(mirroredPlace(upright, NAMES, 2), [60, 45, 2]);
  const lying = [0, 50, 2, 10, 40, 2, ...MISSING, ...MISSING, ...MISSING, 100, 50, 2];
  assert.deepEqual(mirroredPlace(lying, NAMES, 2), [10, 60, 2]);
});

test("nothing is proposed without a partner that has a place, or without a middle", () => {
  assert.equal(mirroredPlace([50, 50, 2], NAMES, 2), null);
  assert.equal(mirroredPlace([...MISSING, 40, 45, 2], NAMES, 2), null);
  assert.equal(mirroredPlace([...MISSING, 40, 45, 2], NAMES, 5), null);
});
