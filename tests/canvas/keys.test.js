/** The one table of keys: no key does two things, and the page for newcomers names only keys that there are. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import "./stand_ins.js";

const { shortcutsOf } = await import("../../app/canvas/shortcuts.js");
const { createTools } = await import("../../app/canvas/tools/list.js");

const editor = { on: () => {}, emit: () => {} };
const tools = createTools(/** @type {any} */ (editor), /** @type {any} */ ({}));
const shortcuts = shortcutsOf(/** @type {any} */ ({ toolList: Object.values(tools) }));

test("no key does two things", () => {
  const keys = shortcuts.filter(({ run }) => run).flatMap(({ keys }) => keys);
  const doubled = keys.filter((key, at) => keys.indexOf(key) !== at);
  assert.deepEqual(doubled, []);
});

test("the page for newcomers names only keys that there are, in its last column", () => {
  const page = readFileSync(new URL("../../docs/editor.md", import.meta.url), "utf8");
  const known = new Set(shortcuts.flatMap(({ keys }) => keys));
  const rows = page.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| you"));
  const named = rows.flatMap((row) => [...(row.split("|")[3] ?? "").matchAll(/`([^`]+)`/g)].map(([, key]) => key));
  assert.ok(named.length > 40);
  assert.deepEqual(
    named.filter((key) => !known.has(key)),
    [],
  );
});
