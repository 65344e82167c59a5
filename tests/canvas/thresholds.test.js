/** Which proposals show: as their model is calibrated, until a person moves the slider, of all classes or of one. */

import assert from "node:assert/strict";
import test from "node:test";
import { storageOf } from "./stand_ins.js";
import { documentOf, instanceOf } from "./samples.js";

const { Editor } = await import("../../app/canvas/model/editor.js");

/** @param {number} id @param {number} category_id @param {number} score @param {number} [threshold] */
const proposal = (id, category_id, score, threshold) =>
  instanceOf({ id, category_id, score, threshold, status: "proposed", source: "predicted" });

function editorOf() {
  globalThis.localStorage = storageOf();
  const editor = new Editor();
  const accepted = instanceOf({ id: 1, score: 0.1, threshold: 0.9 });
  editor.open(documentOf(accepted, proposal(2, 1, 0.3, 0.25), proposal(3, 2, 0.3, 0.4), proposal(4, 2, 0.2)));
  return editor;
}

/** @param {InstanceType<typeof Editor>} editor */
const seen = (editor) => editor.visibleInstances().map(({ id }) => id);

test("each proposal has the threshold of its model and class, and an import's has none", () => {
  assert.deepEqual(seen(editorOf()), [1, 2, 4]);
});

test("the slider moves all classes, or one, and goes back", () => {
  const editor = editorOf();
  editor.setThreshold(0.25);
  assert.deepEqual(seen(editor), [1, 2, 3]);
  editor.setThreshold(0.1, 2);
  assert.deepEqual(seen(editor), [1, 2, 3, 4]);
  editor.setThreshold(null, 2);
  assert.deepEqual(seen(editor), [1, 2, 3]);
  editor.setThreshold(0.15, 2);
  editor.setThreshold(0.9); // all means all
  assert.deepEqual(seen(editor), [1]);
  editor.setThreshold(null);
  assert.deepEqual(seen(editor), [1, 2, 4]);
  assert.equal(editor.thresholds.moved, false);
});

test("what was set survives a reload", () => {
  const editor = editorOf();
  editor.setThreshold(0.6);
  editor.setThreshold(0.1, 2);
  const again = new Editor();
  assert.equal(again.thresholds.all, 0.6);
  assert.deepEqual([...again.thresholds.classes], [[2, 0.1]]);
});

test("the slider stands where the thresholds are, and says where they differ", () => {
  const { document, thresholds } = editorOf();
  const instances = document?.instances.filter(({ id }) => id !== 4) ?? [];
  assert.deepEqual(thresholds.shown(instances, null), { score: 0.25, several: true });
  assert.deepEqual(thresholds.shown(instances, 2), { score: 0.4, several: false });
  thresholds.set(0.7, null);
  assert.deepEqual(thresholds.shown(instances, null), { score: 0.7, several: false });
});

test("ghosts are what scores too low, when they are asked for; they can be selected and are not counted as shown", () => {
  const editor = editorOf();
  assert.deepEqual(editor.ghostInstances(), []);
  assert.equal(editor.countBelow, 1);
  editor.showGhosts(true);
  assert.deepEqual(
    editor.ghostInstances().map(({ id }) => id),
    [3],
  );
  assert.deepEqual(seen(editor), [1, 2, 4]);
  editor.select(3);
  assert.equal(editor.selectedId, 3);
  editor.showGhosts(false);
  assert.equal(editor.selectedId, null);
});
