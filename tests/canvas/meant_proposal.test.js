import assert from "node:assert/strict";
import { test } from "node:test";

import { meantProposal } from "../../app/canvas/model/several/meant_proposal.js";
import { instanceOf } from "./samples.js";

/** @param {number} id @param {number[]} bbox @param {Partial<import("../../app/canvas/model/document.js").Instance>} [fields] */
const proposal = (id, bbox, fields = {}) =>
  instanceOf({ id, bbox: /** @type {[number, number, number, number]} */ (bbox), status: "proposed", ...fields });

test("a box is meant for the proposal that it agrees with most", () => {
  const proposals = [proposal(1, [0, 0, 100, 100]), proposal(2, [8, 8, 92, 92]), proposal(3, [200, 0, 50, 50])];
  assert.equal(meantProposal([10, 10, 100, 100], proposals)?.id, 2);
});

test("a neighbour, a part and a whole are other objects", () => {
  const whole = [proposal(1, [0, 0, 100, 100])];
  assert.equal(meantProposal([60, 0, 160, 100], whole), null);
  assert.equal(meantProposal([0, 0, 50, 100], whole), null);
  assert.equal(meantProposal([0, 0, 200, 100], whole), null);
});

test("what a person has accepted keeps its mask, and a crowd is no object", () => {
  assert.equal(meantProposal([0, 0, 10, 10], [proposal(1, [0, 0, 10, 10], { status: "accepted" })]), null);
  assert.equal(meantProposal([0, 0, 10, 10], [proposal(1, [0, 0, 10, 10], { iscrowd: 1 })]), null);
});

test("a box without an inside is meant for nothing", () => {
  assert.equal(meantProposal([5, 5, 5, 5], [proposal(1, [5, 5, 0, 0])]), null);
});
