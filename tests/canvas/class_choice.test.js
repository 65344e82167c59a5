/** The model's guess of a class or the class in hand. */

import assert from "node:assert/strict";
import test from "node:test";

const { ClassChoice } = await import("../../app/canvas/model/workspace/class_choice.js");

test("the guess comes first, until it was wrong where the class in hand was right", () => {
  const choice = new ClassChoice();
  assert.equal(choice.choose(1, 2), 1);
  choice.learn(1, 2, 2);
  assert.equal(choice.choose(1, 2), 2);
});

test("a guess that is right more often comes first again", () => {
  const choice = new ClassChoice();
  choice.learn(1, 2, 2);
  for (let count = 0; count < 3; count++) choice.learn(3, 2, 3);
  assert.equal(choice.choose(1, 2), 1);
});

test("where both say the same, or neither is right, nobody gains", () => {
  const choice = new ClassChoice();
  choice.learn(2, 2, 1);
  assert.deepEqual(choice.right, { guess: 0.55, current: 0.5 });
  choice.learn(1, 2, 3);
  assert.equal(choice.choose(1, 2), 1);
});
