/** The import dialog says how far the import is, as long as it runs and not a moment longer. */

import assert from "node:assert/strict";
import { test } from "node:test";

import "./stand_ins.js";
import { progressLine, withProgress } from "../../app/canvas/panels/dialogs/import_progress.js";

const going = (key, done) => ({ key, stage: "checking objects", done, total: 100000 });

test("a stage is counted where somebody can say how much there is", () => {
  assert.equal(progressLine(going("a", 12345)), "Checking objects: 12,345 of 100,000");
  assert.equal(progressLine({ ...going("a", 0), total: null }), "Checking objects …");
});

test("the line follows the import of its own key, and is empty once there is an answer", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const answers = [[going("theirs", 1), going("mine", 2)], [going("theirs", 3)], "away", [going("mine", 9)]];
  context.mock.method(globalThis, "fetch", async () => {
    const imports = answers.shift();
    if (imports === "away") throw new TypeError("fetch failed");
    return Response.json({ imports });
  });
  const line = /** @type {any} */ ({ textContent: "" });
  let arrive;
  const waited = withProgress(line, "mine", new Promise((resolve) => (arrive = resolve)));
  const shown = [];
  for (let look = 0; look < 4; look += 1) {
    context.mock.timers.tick(700);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    shown.push(line.textContent);
  }
  const two = "Checking objects: 2 of 100,000";
  assert.deepEqual(shown, [two, two, two, "Checking objects: 9 of 100,000"]);
  arrive("the report");
  assert.equal(await waited, "the report");
  assert.equal(line.textContent, "");
  context.mock.timers.tick(5000);
  assert.equal(answers.length, 0);
});

test("an import that fails says so itself", async () => {
  const line = /** @type {any} */ ({ textContent: "" });
  await assert.rejects(withProgress(line, "mine", Promise.reject(new Error("no COCO"))), /no COCO/);
});
