/** The texts of the page: each is shown somewhere, and every language has all of them. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const { en } = await import("../../app/canvas/messages/en.js");
const { wordsOf } = await import("../../app/canvas/messages/texts.js");

const canvas = fileURLToPath(new URL("../../app/canvas", import.meta.url));
const code = readdirSync(canvas, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".js") && !path.startsWith("messages"))
  .map((path) => readFileSync(join(canvas, path), "utf8"))
  .join("\n");

test("every text is shown somewhere", () => {
  const unused = Object.entries(en).flatMap(([place, words]) =>
    Object.keys(words)
      .filter((key) => !new RegExp(`\\btexts\\.${place}\\.${key}\\b`).test(code))
      .map((key) => `${place}.${key}`),
  );
  assert.deepEqual(unused, []);
});

test("a language without a table is English", () => {
  assert.equal(wordsOf("tlh-QO"), en);
  assert.equal(wordsOf("en-GB"), en);
  assert.equal(wordsOf(undefined), en);
});
