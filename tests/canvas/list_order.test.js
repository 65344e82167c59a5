/** The order of the list of objects. */

import assert from "node:assert/strict";
import test from "node:test";

const { byClass } = await import("../../app/canvas/model/several/list_order.js");

const categories = /** @type {any} */ ([
  { id: 7, name: "dog" },
  { id: 2, name: "ball" },
  { id: 5, name: "cat" },
]);
const objects = /** @type {any} */ ([2, 7, 9, 2, 7].map((category_id, id) => ({ id, category_id })));

test("objects stand by class as the classes do, and in a class as they were made", () => {
  const groups = byClass(objects, categories);
  assert.deepEqual(
    groups.map(({ category, members }) => [category?.name, members.map(({ id }) => id)]),
    [
      ["dog", [1, 4]],
      ["ball", [0, 3]],
      [undefined, [2]], // a class that is gone
    ],
  );
  assert.deepEqual(byClass([], categories), []);
});
