// Keypoints that come along with a mask by clicks or by a box.

import assert from "node:assert/strict";
import { test } from "node:test";

import { keypointsWith } from "../../app/canvas/tools/new_mask.js";
import { instanceOf } from "./samples.js";

test("keypoints come with a class that a person chose, or with a guess that is more likely right than wrong", () => {
  const keypoints = [1, 1, 2];
  const found = (/** @type {number} */ score) => instanceOf({ category_id: 1, keypoints, score });
  assert.deepEqual(keypointsWith(found(0.2), 1, true), { keypoints });
  assert.deepEqual(keypointsWith(found(0.6), 1, false), { keypoints });
  assert.deepEqual(keypointsWith(found(0.2), 1, false), {}, "a bag that was taken for a person");
  assert.deepEqual(keypointsWith(found(0.9), 2, true), {}, "a person said that it is something else");
  assert.deepEqual(keypointsWith(instanceOf({ category_id: 1, score: 0.9 }), 1, true), {});
});
