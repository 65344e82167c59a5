/** The list of events: each is emitted somewhere, and somebody listens. That there are no others is for the types. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../app/canvas", import.meta.url));
const sources = readdirSync(folder, { recursive: true })
  .filter((name) => String(name).endsWith(".js"))
  .map((name) => readFileSync(join(folder, String(name)), "utf8"));
const code = sources.join("\n");
const list = readFileSync(join(folder, "model/events.js"), "utf8");
const events = [...list.matchAll(/@property \{.*\} (\w+)/g)].map(([, name]) => name);

/** The names in the first arguments of all calls of a method. @param {RegExp} calls */
const named = (calls) => new Set([...code.matchAll(calls)].flatMap(([, names]) => names.match(/\w+/g)));

test("every event in the list is emitted, and somebody listens", () => {
  assert.ok(events.length > 20);
  const emitted = named(/\.emit\(\s*("\w+")/g);
  const heard = named(/\.on\(\s*("\w+"|\[[^\]]*\])/g);
  assert.deepEqual(
    events.filter((name) => !emitted.has(name)),
    [],
  );
  assert.deepEqual(
    events.filter((name) => !heard.has(name)),
    [],
  );
});

test("no event stands in two lists", () => {
  assert.deepEqual(
    events.filter((name, at) => events.indexOf(name) !== at),
    [],
  );
});
