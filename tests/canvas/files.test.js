/** Files that are dropped keep the folders that they lay in. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { bringsAnnotations, droppedFiles, pathOf } from "../../app/canvas/model/files.js";

/** @param {string} path */
const fileEntry = (path) => {
  const name = path.split("/").at(-1) ?? "";
  return { isFile: true, name, fullPath: path, file: (/** @type {any} */ done) => done(new File(["x"], name)) };
};

/** @param {string} path @param {any[]} children */
const folderEntry = (path, children) => ({
  isDirectory: true,
  name: path.split("/").at(-1),
  fullPath: path,
  createReader: () => {
    const batches = [children, []];
    return { readEntries: (/** @type {any} */ done) => done(batches.shift()) };
  },
});

/** @param {any[]} entries */
const namesOf = async (entries) => {
  const items = entries.map((entry) => ({ webkitGetAsEntry: () => entry }));
  return (await droppedFiles(/** @type {any} */ ({ items, files: [] }))).map(pathOf);
};

test("of one folder the names begin inside it", async () => {
  const train = folderEntry("/data/train", [fileEntry("/data/train/0001.png"), fileEntry("/data/train/.hidden")]);
  const val = folderEntry("/data/val", [fileEntry("/data/val/0001.png")]);
  const names = await namesOf([folderEntry("/data", [train, val])]);
  assert.deepEqual(names, ["train/0001.png", "val/0001.png"]);
});

test("several folders keep their names", async () => {
  const folders = ["train", "val"].map((name) => folderEntry(`/${name}`, [fileEntry(`/${name}/0001.png`)]));
  assert.deepEqual(await namesOf(folders), ["train/0001.png", "val/0001.png"]);
});

test("single files have no folder", async () => {
  const file = new File(["x"], "a.png");
  const items = [{ webkitGetAsEntry: () => fileEntry("/a.png") }];
  const [dropped] = await droppedFiles(/** @type {any} */ ({ items, files: [file] }));
  assert.equal(pathOf(dropped), "a.png");
});

test("what is dropped is for an import where annotations of any tool are among it", () => {
  const brings = (/** @type {string[]} */ ...names) => bringsAnnotations(names.map((name) => new File(["x"], name)));
  for (const name of [
    "a.json",
    "annotations.xml",
    "export.ZIP",
    "export.ndjson",
    "data.yaml",
    "boxes.csv",
    "obj.data",
    "a.manifest",
  ])
    assert.equal(brings(name, "photo.jpg"), true, name);
  assert.equal(brings("photo.jpg", "other.png"), false);
  assert.equal(brings("photo.jpg", "photo.txt"), true); // YOLO's labels
  assert.equal(brings("photo.jpg", "licence.txt"), false);
  assert.equal(brings("photo.txt"), true); // the images may be here already
  assert.equal(brings(), false);
});
