/** The gallery's rows: which of them a filter lets through, and where one goes from one of them. */

import assert from "node:assert/strict";
import test from "node:test";
import { server } from "./stand_ins.js";
import { documentOf } from "./samples.js";

const { ImageList } = await import("../../app/canvas/model/workspace/images.js");
const { everything } = await import("../../app/canvas/model/workspace/image_filter.js");

/** Five images, of which Ada worked on the first, third and fifth. */
function listOf() {
  const images = new ImageList();
  images.rows = [1, 2, 3, 4, 5].map((image_id) => ({
    image_id,
    file_name: `${image_id}.png`,
    width: 100,
    height: 50,
    status: "todo",
    people: image_id % 2 ? ["Ada"] : ["Bob"],
  }));
  return images;
}

/** @param {{image_id: number} | null} row */
const idOf = (row) => row?.image_id ?? null;

test("what the filter holds back is neither shown nor walked to, until it is cleared", () => {
  const images = listOf();
  images.setFilter({ person: "Ada" });
  assert.equal(images.filtered, true);
  assert.deepEqual(images.shown().map(idOf), [1, 3, 5]);
  assert.equal(idOf(images.neighbour(1, 1)), 3);
  assert.equal(idOf(images.nextUnreviewed(3)), 5);
  images.setFilter(everything());
  assert.equal(images.filtered, false);
  assert.equal(idOf(images.neighbour(1, 1)), 2);
});

test("from an image that is removed one goes to the next that the filter shows, else back, else anywhere", () => {
  const images = listOf();
  images.setFilter({ person: "Ada" });
  assert.equal(idOf(images.beside(3)), 5);
  assert.equal(idOf(images.beside(5)), 3);
  assert.equal(idOf(images.beside(1, new Set([1, 3]))), 5);
  assert.equal(idOf(images.beside(1, new Set([1, 3, 5]))), 2);
  assert.equal(idOf(images.beside(1, new Set([1, 2, 3, 4, 5]))), null);
});

test("a row says who reviewed the image as soon as its document does", () => {
  const images = listOf();
  images.rows[0].image_id = 7;
  const document = documentOf();
  images.note({ ...document, image: { ...document.image, status: "reviewed", reviewed_by: "Ada" } });
  assert.equal(images.find(7)?.reviewed_by, "Ada");
  images.note(document);
  assert.equal(images.find(7)?.reviewed_by, null);
});

test("what others have changed or added of late is taken over, but not of the open image", async () => {
  const images = new ImageList();
  const rows = listOf().rows;
  server({ status: 200, body: { images: rows, next_cursor: null, total: 5 } });
  await images.read();
  await images.rest;
  const reviewed = [rows[3], rows[1]].map((row) => ({ ...row, status: /** @type {const} */ ("reviewed") }));
  const requests = server({ status: 200, body: { images: [...reviewed, rows[0]], next_cursor: "more", total: 5 } });
  await images.catchUp(2);
  assert.deepEqual(
    images.rows.map(({ status }) => status),
    ["todo", "todo", "todo", "reviewed", "todo"],
  );
  assert.match(requests[0].path, /order=updated&limit=20/);
  const all = [...rows, { ...rows[0], image_id: 6 }];
  server(
    { status: 200, body: { images: [all[5]], next_cursor: "more", total: 6 } },
    { status: 200, body: { images: all, next_cursor: null, total: 6 } },
  );
  await images.catchUp(2);
  assert.equal(images.rows.length, 6);
});
