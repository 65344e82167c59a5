/** An object that is clicked together: what comes while an answer is awaited has its turn, also where it is kept at once. */

import assert from "node:assert/strict";
import test from "node:test";
import { server } from "./stand_ins.js";
import { documentOf, instanceOf } from "./samples.js";

const { Editor } = await import("../../app/canvas/model/editor.js");
const { NewMask } = await import("../../app/canvas/tools/new_mask.js");

/** An object of so many pixels. @param {number} area */
const thing = (area) => ({
  ...instanceOf({ area, segmentation: [[0, 0, area, 0, area, 1, 0, 1]], score: 1 }),
  id: null,
});
const masks = (/** @type {number[]} */ ...areas) => ({ status: 200, body: { instances: areas.map(thing) } });
const refined = (/** @type {number} */ area) => {
  const { segmentation, bbox } = thing(area);
  return { status: 200, body: { segmentation, bbox, area } };
};

function newMask() {
  const editor = new Editor();
  editor.open(documentOf());
  const drawn = [];
  editor.draw = (fields) => drawn.push(fields);
  return { mask: new NewMask(editor, () => {}), drawn };
}

const until = async (/** @type {() => boolean} */ isSo) => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve));
};

test("steps to larger objects that are taken faster than the server answers add up", async () => {
  const requests = server(masks(20), masks(20, 10, 40, 30));
  const { mask } = newMask();
  await mask.add([1, 1, true]);
  void mask.resize(1);
  void mask.resize(1);
  await until(() => !mask.asking);
  assert.equal(mask.found?.area, 40);
  assert.equal(requests.length, 2);
  for (const area of [30, 20, 10, 10]) {
    await mask.resize(-1);
    assert.equal(mask.found?.area, area);
  }
});

test("a step that comes before the answer to its click follows it", async () => {
  server(masks(20), masks(20, 30));
  const { mask } = newMask();
  void mask.add([1, 1, true]);
  void mask.resize(1);
  await until(() => !mask.asking);
  assert.equal(mask.found?.area, 30);
});

test("what is kept before a step is answered is what the step takes, with the clicks that came after", async () => {
  const requests = server(masks(20), masks(20, 30), masks(20, 30), refined(35), refined(36));
  const { mask, drawn } = newMask();
  await mask.add([1, 1, true]);
  void mask.resize(1);
  void mask.add([2, 2, true]);
  void mask.add([3, 3, false]);
  assert.equal(mask.keep(), null);
  await until(() => drawn.length > 0);
  assert.deepEqual(drawn[0].segmentation, thing(36).segmentation);
  assert.deepEqual(
    requests.map(({ body }) => body.points.length),
    [1, 1, 1, 2, 3],
  );
  assert.ok(mask.isEmpty);
});

test("after a click is taken back, each step is to another object", async () => {
  server(masks(20), masks(20, 30, 10), refined(25), masks(20, 30, 10));
  const { mask } = newMask();
  await mask.add([1, 1, true]);
  await mask.resize(1);
  await mask.add([2, 2, false]);
  assert.equal(mask.found?.area, 25);
  mask.takeBack();
  assert.equal(mask.found?.area, 30);
  await mask.resize(-1);
  assert.equal(mask.found?.area, 20);
});

test("what is said at the largest takes the place of what was said before", async () => {
  server(masks(20), masks(20));
  const { mask } = newMask();
  const said = [];
  mask.editor.on("notice", ({ topic }) => said.push(topic));
  await mask.add([1, 1, true]);
  await mask.resize(1);
  await mask.resize(1);
  assert.deepEqual(said, ["size", "size"]);
});
