import assert from "node:assert/strict";
import test from "node:test";

import { everything, isActive, matches, peopleOf } from "../../app/canvas/model/workspace/image_filter.js";

/** @param {object} said @returns {any} a row of the gallery */
const row = (said) => ({ image_id: 1, file_name: "harbour 7.jpg", status: "todo", ...said });

const ROW = row({ tags: ["dusk"], categories: [3], people: ["Ada", "Ben"], notes: 1, changed: true });

for (const [field, right, wrong] of [
  ["status", "todo", "reviewed"],
  ["text", "Harbour", "forest"],
  ["text", "DUS", "dawn"],
  ["tag", "dusk", "dus"],
  ["category", 3, 4],
  ["person", "Ada", "Ad"],
  ["standing", "changed", "excluded"],
  ["standing", "noted", "returned"],
]) {
  test(`${field} ${right} lets an image through that ${wrong} holds back`, () => {
    assert.equal(matches(ROW, { ...everything(), [String(field)]: right }), true);
    assert.equal(matches(ROW, { ...everything(), [String(field)]: wrong }), false);
    assert.equal(isActive(/** @type {any} */ ({ ...everything(), [String(field)]: right })), true);
  });
}

test("without a choice everything is shown", () => {
  assert.equal(isActive(everything()), false);
  assert.equal(matches(row({}), everything()), true);
});

test("people are offered once each, in order", () => {
  assert.deepEqual(peopleOf([row({ people: ["Ben"] }), row({ people: ["Ada", "Ben"] }), row({})]), ["Ada", "Ben"]);
});

test("unsure proposals are those that score below 70 % on average, while there are any", () => {
  const unsure = { ...everything(), standing: /** @type {const} */ ("unsure") };
  assert.equal(matches(row({ uncertainty: 0.35, counts: { proposed: 2 } }), unsure), true);
  assert.equal(matches(row({ uncertainty: 0.25, counts: { proposed: 2 } }), unsure), false);
  assert.equal(matches(row({ uncertainty: 0.35, counts: { proposed: 0 } }), unsure), false); // reviewed since
  assert.equal(matches(row({ uncertainty: null }), unsure), false);
});
