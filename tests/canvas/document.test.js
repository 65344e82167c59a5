/** The document's pure functions: nothing is changed in place, and an edit says what it makes of an instance. */

import assert from "node:assert/strict";
import test from "node:test";
import { ownCategories } from "../../app/canvas/model/classes.js";
import {
  applied,
  asPolygon,
  completeKeypoints,
  edited,
  findInstance,
  moved,
  withKeypoint,
} from "../../app/canvas/model/document.js";
import {
  insertVertex,
  moveVertex,
  moveVertices,
  removeVertex,
  removeVertices,
} from "../../app/canvas/model/shapes/vertices.js";
import { covers, signedArea, withHoles } from "../../app/canvas/model/shapes/geometry.js";
import { resized, stretched } from "../../app/canvas/model/shapes/resize.js";
import { encodeCrop } from "../../app/canvas/model/shapes/rle.js";
import { documentOf, instanceOf, SQUARE } from "./samples.js";

test("an edit accepts a proposal and marks it as edited, and leaves the old instance alone", () => {
  const before = Object.freeze(instanceOf({ source: "predicted", status: "proposed", score: 0.4 }));
  const after = edited(before, { segmentation: [[0, 0, 20, 0, 20, 10, 0, 10]] });
  assert.deepEqual([after.source, after.status, after.bbox, after.area], ["edited", "accepted", [0, 0, 20, 10], 200]);
  assert.equal(before.status, "proposed");
});

test("accepting alone does not make a proposal an edited one", () => {
  const after = edited(instanceOf({ source: "predicted", status: "proposed" }), { status: "accepted" });
  assert.deepEqual([after.source, after.status], ["predicted", "accepted"]);
});

test("unsent edits are applied in order, a creation too", () => {
  let document = documentOf();
  document = applied(document, { kind: "create", id: -1, fields: { category_id: 2, segmentation: [SQUARE] } });
  assert.deepEqual(findInstance(document, -1)?.bbox, [0, 0, 10, 10]);
  document = applied(document, { kind: "update", id: -1, fields: { category_id: 1 } });
  assert.equal(findInstance(document, -1)?.category_id, 1);
  assert.equal(applied(document, { kind: "update", id: 99, fields: { category_id: 1 } }), document);
  document = applied(document, { kind: "delete", id: -1, fields: {} });
  assert.equal(findInstance(document, -1), null);
});

test("a vertex can be put in, moved and taken out again; three points stay", () => {
  const more = insertVertex([SQUARE], 0, 0, 5, -2);
  assert.deepEqual(more, [[0, 0, 5, -2, 10, 0, 10, 10, 0, 10]]);
  assert.deepEqual(moveVertex(more, 0, 1, 6, 1)[0].slice(2, 4), [6, 1]);
  assert.deepEqual(removeVertex(more, 0, 1), [SQUARE]);
  assert.equal(removeVertex([[0, 0, 1, 0, 1, 1]], 0, 0), null);
});

test("moving stops at the image's edge and takes labelled keypoints along", () => {
  const instance = instanceOf({ keypoints: [5, 5, 2, 0, 0, 0] });
  const fields = moved(instance, 1000, -5, { width: 100, height: 50 });
  assert.deepEqual(fields.segmentation, [[90, 0, 100, 0, 100, 10, 90, 10]]);
  assert.deepEqual(fields.keypoints, [95, 5, 2, 0, 0, 0]);
});

test("a bitmap moves by whole pixels, and keeps its hole when it becomes a polygon", () => {
  const pixels = new Uint8Array(25).fill(1);
  pixels[12] = 0;
  const segmentation = encodeCrop({ left: 2, top: 2, width: 5, height: 5, pixels }, 20, 20);
  const bitmap = instanceOf({ segmentation, bbox: [2, 2, 5, 5] });
  const after = edited(bitmap, moved(bitmap, 1.4, 2.6, { width: 20, height: 20 }));
  assert.deepEqual(after.bbox, [3, 5, 5, 5]);
  assert.equal(after.area, 24);
  const rings = asPolygon(bitmap, 0.5);
  assert.equal(rings.length, 1);
  assert.equal(signedArea(rings[0]), 24);
  assert.equal(covers(rings, 4.5, 4.5), false);
  assert.equal(covers(rings, 3.5, 4.5), true);
});

test("the two ends of a cut to a hole move together", () => {
  const ring = withHoles([0, 0, 10, 0, 10, 10, 0, 10], [[4, 4, 4, 6, 6, 6, 6, 4]]);
  assert.equal(signedArea(ring), 96);
  const cut = ring.slice(0, 2);
  const [moved] = moveVertex([ring], 0, 0, 1, 1);
  assert.deepEqual(cut, [0, 0]);
  assert.equal(moved.filter((value, i) => i % 2 === 0 && value === 0 && moved[i + 1] === 0).length, 0);
});

test("an object is stretched with its keypoints; Shift keeps the proportions; the image holds it", () => {
  const image = { width: 100, height: 50 };
  const square = instanceOf({ keypoints: [5, 5, 2, 0, 0, 0] });
  const wider = resized(square, stretched([0, 0, 10, 10], 4, 10, 20, false, image), image);
  assert.deepEqual(wider.segmentation, [[0, 0, 20, 0, 20, 30, 0, 30]]);
  assert.deepEqual(wider.keypoints, [10, 15, 2, 0, 0, 0]);
  assert.deepEqual(stretched([0, 0, 10, 10], 4, 10, 0, true, image), [0, 0, 20, 20]);
  assert.deepEqual(stretched([0, 0, 10, 10], 4, 500, 0, true, image), [0, 0, 50, 50]);
  assert.deepEqual(stretched([10, 10, 20, 20], 7, -50, 9, false, image), [0, 10, 20, 20]);
  const pixels = new Uint8Array([1, 0, 1, 1]);
  const bitmap = instanceOf({ segmentation: encodeCrop({ left: 0, top: 0, width: 2, height: 2, pixels }, 50, 100) });
  const large = resized({ ...bitmap, bbox: [0, 0, 2, 2] }, [0, 0, 4, 6], image);
  assert.equal(edited(bitmap, large).area, 18);
});

test("keypoints are filled up to the class's names; one that is not labelled has no place", () => {
  const category = { id: 1, name: "a", color: "#000000", keypoints: ["p", "q"], skeleton: [] };
  assert.deepEqual(completeKeypoints(instanceOf({ keypoints: [1, 2, 2] }), category), [1, 2, 2, 0, 0, 0]);
  assert.deepEqual(withKeypoint([1, 2, 2, 3, 4, 1], 1, 9, 9, 0), [1, 2, 2, 0, 0, 0]);
});

test("chosen vertices move together, the ends of a cut stay on each other, and the image's edge holds all back", () => {
  const cut = [0, 0, 9, 0, 9, 9, 4, 4, 9, 9, 0, 9]; // (9, 9) is passed twice
  const image = { width: 20, height: 20 };
  assert.deepEqual(moveVertices([cut, SQUARE], new Set(["0:2", "0:1"]), 1, 2, image), [
    [0, 0, 10, 2, 10, 11, 4, 4, 10, 11, 0, 9],
    SQUARE,
  ]);
  assert.deepEqual(
    moveVertices([cut], new Set(["0:0", "0:3"]), -5, 100, image)[0].slice(0, 8),
    [0, 16, 9, 0, 9, 9, 4, 20],
  );
});

test("a part of which less than three vertices are left goes with them, the last part does not", () => {
  const triangle = [20, 20, 30, 20, 30, 30];
  assert.deepEqual(removeVertices([SQUARE, triangle], new Set(["1:0", "0:3"])), [SQUARE.slice(0, 6)]);
  assert.equal(removeVertices([triangle], new Set(["0:0"])), null);
});

test("a class that a model alone knows is a person's from the first accepted object on", () => {
  const document = documentOf(instanceOf({ source: "predicted", status: "proposed" }));
  document.categories[0].suggested = true;
  assert.deepEqual(
    ownCategories(document).map(({ name }) => name),
    ["ball"],
  );
  const accepted = applied(document, { kind: "update", id: 1, fields: { status: "accepted" } });
  assert.deepEqual(
    ownCategories(accepted).map(({ name }) => name),
    ["ball", "dog"], // at the end: the ball keeps its key
  );
});
