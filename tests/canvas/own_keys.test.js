/** Keys of one's own: what is pressed, what it stands for, and that it is remembered. */

import assert from "node:assert/strict";
import test from "node:test";
import "./stand_ins.js";

const { changeKey, forgetOwnKeys, hasOwnKeys, ownKey } = await import("../../app/canvas/model/own_keys.js");
const { keyTable } = await import("../../app/canvas/keys.js");
const { keyName, printed } = await import("../../app/canvas/messages/key_names.js");

const bench = /** @type {any} */ ({ toolList: [] });

test("a changed key does what the other did, which does nothing any more", () => {
  changeKey("D", "Z");
  assert.equal(keyTable(bench).get("Z")?.key, "D");
  assert.equal(keyTable(bench).get("D"), undefined);
  assert.equal(keyName("D"), "Z");
  assert.equal(printed("D"), "D"); // as it is on the keyboard
  assert.match(localStorage.getItem("maskloop.preference:keys") ?? "", /"D":"Z"/);
});

test("two keys can trade places, and all go back at once", () => {
  changeKey("A", "D");
  changeKey("D", "A");
  const table = keyTable(bench);
  assert.deepEqual([table.get("A")?.key, table.get("D")?.key], ["D", "A"]);
  forgetOwnKeys();
  assert.ok(!hasOwnKeys());
  assert.equal(ownKey("D"), "D");
});
