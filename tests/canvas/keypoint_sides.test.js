/** Left and right of keypoints, by their names. */

import assert from "node:assert/strict";
import test from "node:test";

const { withSidesSwapped } = await import("../../app/canvas/model/shapes/keypoint_sides.js");

test("left and right change over with what is said of them, and what has no side stays", () => {
  const names = ["nose", "left eye", "right eye", "Left_Ear", "Right_Ear", "left knee"];
  const points = [1, 1, 2, 2, 2, 1, 3, 3, 2, 4, 4, 0, 5, 5, 1, 6, 6, 2];
  assert.deepEqual(
    withSidesSwapped(points, names),
    [1, 1, 2, 3, 3, 2, 2, 2, 1, 5, 5, 1, 4, 4, 0, 6, 6, 2], // no right knee: it stays
  );
});

test("names without sides have nothing to change over", () => {
  assert.equal(withSidesSwapped([1, 1, 2, 2, 2, 2], ["head", "tail"]), null);
});
