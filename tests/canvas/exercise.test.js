/** What CONTRIBUTING.md says a tool touches, done once in a copy of the canvas: its own file and the list of tools. */

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import "./stand_ins.js";

const folder = mkdtempSync(join(tmpdir(), "canvas-"));
after(() => rmSync(folder, { recursive: true }));
cpSync(fileURLToPath(new URL("../../app/canvas", import.meta.url)), folder, { recursive: true });

/** The canvas with a ruler: each path that had to be touched, and its new text. */
const list = join(folder, "tools/list.js");
const touched = new Map([
  [join(folder, "tools/ruler.js"), readFileSync(new URL("./ruler.js", import.meta.url), "utf8")],
  [
    list,
    readFileSync(list, "utf8")
      .replace("import { SelectTool }", 'import { RulerTool } from "./ruler.js";\nimport { SelectTool }')
      .replace("    split: new", "    ruler: new RulerTool(editor, view),\n    split: new"),
  ],
]);
for (const [path, text] of touched) writeFileSync(path, text);
writeFileSync(join(folder, "package.json"), '{"type": "module"}');
const { createTools } = await import(pathToFileURL(list).href);
const { shortcutsOf } = await import(pathToFileURL(join(folder, "shortcuts.js")).href);

/** @type {string[]} */
const emitted = [];
const editor = { on: () => {}, emit: (/** @type {string} */ name) => emitted.push(name) };
const tools = createTools(/** @type {any} */ (editor), /** @type {any} */ ({}));

test("a tool touches its own file and the list of tools, no more", () => {
  assert.ok(touched.size <= 2);
  assert.equal(tools.ruler.name, "ruler");
});

test("its key and its line in the help come from the tool itself, and its key is nobody else's", () => {
  /** @type {string[]} */
  const taken = [];
  const setTool = (/** @type {string} */ name) => taken.push(name);
  const shortcuts = shortcutsOf({ toolList: Object.values(tools), setTool });
  const found = shortcuts.filter((/** @type {any} */ { keys }) => keys.includes("Z"));
  assert.deepEqual(
    found.map((/** @type {any} */ { group, label }) => [group, label]),
    [["Tools", "Measure a distance"]],
  );
  found[0].run();
  assert.deepEqual(taken, ["ruler"]);
});

test("it works: a drag says how far it went", () => {
  tools.ruler.pointerDown({ x: 10, y: 10 });
  tools.ruler.pointerMove({ x: 13, y: 14 }, true);
  tools.ruler.pointerUp();
  assert.equal(tools.ruler.hint(), "5.0 pixels");
  assert.deepEqual(emitted, ["hint"]);
});
