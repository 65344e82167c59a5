/** The editor's state: selection, filter and edits, and what the server's answers make of them. */

import assert from "node:assert/strict";
import test from "node:test";
import { server, storageOf } from "./stand_ins.js";
import { documentOf, instanceOf, SQUARE } from "./samples.js";

const { Editor } = await import("../../app/canvas/model/editor.js");

/** An editor on a document of two objects. */
function editorOf() {
  globalThis.localStorage = storageOf(); // what another test locked is not locked here
  const editor = new Editor();
  editor.open(
    documentOf(instanceOf({ id: 1 }), instanceOf({ id: 2, status: "proposed", score: 0.6, source: "predicted" })),
  );
  return editor;
}

test("a new object keeps its selection when the server numbers it", async () => {
  server({ status: 201, body: { instance: instanceOf({ id: 41, revision: 4 }), revision: 4 } });
  const editor = editorOf();
  editor.select(editor.create({ category_id: 1, segmentation: [SQUARE] }));
  assert.ok((editor.selectedId ?? 0) < 0);
  await editor.outbox.flush();
  assert.equal(editor.selectedId, 41);
  assert.deepEqual(
    editor.document?.instances.map(({ id }) => id),
    [1, 2, 41],
  );
  assert.equal(editor.document?.can_undo, true);
});

test("proposals of what is drawn go first: one undo takes back the object, the next brings them back", async () => {
  const requests = server(
    { status: 200, body: { created: [], instances: [], revision: 4 } },
    { status: 201, body: { instance: instanceOf({ id: 41, revision: 5 }), revision: 5 } },
  );
  const editor = editorOf();
  editor.replace(documentOf(instanceOf({ id: 1 }), ...[2, 3, 4].map((id) => instanceOf({ id, status: "proposed" }))));
  editor.toggle("locked", 4);
  editor.draw({ category_id: 1, segmentation: [SQUARE] });
  await editor.outbox.flush();
  assert.deepEqual(
    editor.document?.instances.map(({ id }) => id),
    [1, 4, 41],
  );
  assert.deepEqual(
    requests[0].body.delete.map((/** @type {{id: number}} */ { id }) => id),
    [2, 3],
  );
  assert.deepEqual(requests[1].body.segmentation, [SQUARE]);
});

test("a proposal that nobody sees stays where an object is drawn", async () => {
  server({ status: 201, body: { instance: instanceOf({ id: 41, revision: 4 }), revision: 4 } });
  const editor = editorOf();
  editor.setThreshold(0.7);
  editor.draw({ category_id: 1, segmentation: [SQUARE] });
  await editor.outbox.flush();
  assert.deepEqual(
    editor.document?.instances.map(({ id }) => id),
    [1, 2, 41],
  );
});

test("what was drawn on an image that is not open any more leaves the open one as it is", async () => {
  server({ status: 201, body: { instance: instanceOf({ id: 41, image_id: 77, revision: 1 }), revision: 1 } });
  const editor = editorOf();
  editor.draw({ category_id: 1, segmentation: [SQUARE] }, 77);
  await editor.outbox.flush();
  assert.deepEqual(
    editor.document?.instances.map(({ id }) => id),
    [1, 2],
  );
});

test("what was asked for on an image that was left since makes its proposals give way there", async () => {
  const requests = server(
    { status: 200, body: { revision: 4 } },
    { status: 201, body: { instance: instanceOf({ id: 41, revision: 5 }), revision: 5 } },
    { status: 201, body: { instance: instanceOf({ id: 42, revision: 6 }), revision: 6 } },
  );
  const editor = editorOf();
  const left = editor.image?.image_id ?? 0;
  const other = documentOf(instanceOf({ id: 7, status: "proposed" }));
  editor.open({ ...other, image: { ...other.image, image_id: 77 } });
  for (let time = 0; time < 2; time++) editor.draw({ category_id: 1, segmentation: [SQUARE] }, left); // it goes once
  await editor.outbox.flush();
  assert.deepEqual(
    requests.map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`),
    [`DELETE images/${left}/instances/2`, `POST images/${left}/instances`, `POST images/${left}/instances`],
  );
  assert.deepEqual(
    editor.document?.instances.map(({ id }) => id),
    [7],
  );
});

test("an edit of a reviewed image says that it was changed since", async () => {
  server({ status: 200, body: { instance: instanceOf({ id: 1, revision: 4 }), revision: 4 } });
  const editor = editorOf();
  const document = documentOf(instanceOf({ id: 1 }));
  editor.open({ ...document, image: { ...document.image, status: "reviewed" } });
  editor.change(1, { category_id: 2 });
  await editor.outbox.flush();
  assert.deepEqual([editor.image?.status, editor.image?.changed], ["reviewed", true]);
});

test("a locked object is neither changed nor removed", () => {
  const editor = editorOf();
  editor.toggle("locked", 1);
  assert.equal(editor.change(1, { category_id: 2 }), false);
  editor.remove(1);
  assert.equal(editor.document?.instances[0].category_id, 1);
  assert.equal(editor.outbox.edits.length, 0);
});

test("an object that the threshold hides is not selected any more", () => {
  const editor = editorOf();
  editor.select(2);
  editor.setThreshold(0.7);
  assert.equal(editor.selectedId, null);
  assert.deepEqual(
    editor.visibleInstances().map(({ id }) => id),
    [1],
  );
});

test("a draft is shown and is no edit; another image drops it", () => {
  const editor = editorOf();
  editor.setDraft({ id: 1, fields: { bbox: [1, 1, 5, 5] } });
  assert.deepEqual(editor.shown(instanceOf({ id: 1 })).bbox, [1, 1, 5, 5]);
  assert.equal(editor.outbox.edits.length, 0);
  editor.open(documentOf());
  assert.equal(editor.draft, null);
});

test("a conflict shows theirs and offers mine", async () => {
  const theirs = instanceOf({ id: 1, category_id: 2, revision: 9 });
  const after = { ...documentOf(theirs), revision: 9 };
  server({ status: 409, body: { error: "newer", instance: theirs, revision: 9 } }, { status: 200, body: after });
  const editor = editorOf();
  const notices = [];
  editor.on("notice", (notice) => notices.push(notice));
  editor.change(1, { segmentation: [[0, 0, 5, 0, 5, 5]] });
  await editor.outbox.flush();
  assert.equal(editor.document?.instances[0].category_id, 2);
  assert.match(notices[0].text, /changed elsewhere/);
  assert.equal(notices[0].actions[0].label, "Use mine");
});

test("choosing a class changes the selected object and drops keypoints that mean nothing there", () => {
  server({ status: 200, body: { instance: instanceOf({ category_id: 2 }), revision: 4 } });
  const editor = editorOf();
  const document = documentOf(instanceOf({ id: 1, keypoints: [1, 1, 2] }));
  document.categories[0].keypoints = ["nose"];
  editor.open(document);
  editor.select(1);
  editor.chooseCategory(2);
  assert.deepEqual(editor.selected?.keypoints, []);
  assert.equal(editor.currentCategory?.id, 2);
});

test("the server is not asked to do again what the page knows is not there", async () => {
  const editor = editorOf();
  const before = { ...documentOf(instanceOf({ id: 1 })), can_redo: true };
  editor.open(before);
  const requests = server({ status: 200, body: { ...before, revision: 4, can_redo: false, can_undo: true } });
  await Promise.all([editor.travel("redo"), editor.travel("redo"), editor.travel("redo")]);
  assert.equal(requests.length, 1);
});
