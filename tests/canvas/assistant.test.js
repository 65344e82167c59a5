/** The model beside the person: what it looks at when the server was away. */

import assert from "node:assert/strict";
import test from "node:test";
import { server } from "./stand_ins.js";
import { documentOf } from "./samples.js";

const api = await import("../../app/canvas/model/api.js");
const { Editor } = await import("../../app/canvas/model/editor.js");
const { Assistant } = await import("../../app/canvas/model/workspace/assistant.js");
const { ImageList } = await import("../../app/canvas/model/workspace/images.js");

/** An image that nobody has been at. @param {number} image_id */
function untouched(image_id) {
  const { image, ...rest } = documentOf();
  return { ...rest, image: { ...image, image_id, status: "todo" }, revision: 0 };
}

/** @param {any} body */
const ok = (body) => ({ status: 200, body });

test("a server that is away a second time is waited for again, where somebody was at the image after the first", async () => {
  const requests = server(
    "silence", // to the prediction of the first image
    ok({ categories: [] }),
    ok({ ...untouched(1), revision: 3 }),
    "silence", // to that of the second
    ok({ categories: [] }),
    ok(untouched(2)),
    ok({}),
    ok(untouched(2)),
  );
  const editor = new Editor();
  const assistant = new Assistant(editor, new ImageList());
  for (const image of [1, 2]) {
    editor.open(untouched(image));
    assistant.opened(untouched(image));
    await assistant.queue;
    await api.listCategories();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await assistant.queue;
  assistant.close();
  assert.deepEqual(
    requests.filter(({ path }) => path.endsWith("predict")).map(({ path }) => path),
    ["images/1/predict", "images/2/predict", "images/2/predict"],
  );
});
