/** A guess of the class or the class in hand. */

import assert from "node:assert/strict";
import test from "node:test";

const { ClassChoice } = await import("../../app/canvas/model/workspace/class_choice.js");

const GUESS = 1;
const CURRENT = 2;
const ANOTHER = 3;

test("a guess that is surer than the class in hand was right comes first", () => {
  const choice = new ClassChoice();
  assert.equal(choice.choose(GUESS, 0.7, CURRENT), GUESS);
  assert.equal(choice.choose(GUESS, 0.3, CURRENT), CURRENT);
});

test("one guess that was sure and wrong makes the next give way", () => {
  const choice = new ClassChoice();
  choice.learn(GUESS, 0.9, CURRENT, CURRENT);
  assert.equal(choice.choose(GUESS, 0.9, CURRENT), CURRENT);
});

test("where one object after the other is of the class in hand, it takes a surer guess", () => {
  const choice = new ClassChoice();
  for (let count = 0; count < 5; count++) choice.learn(CURRENT, 0.9, CURRENT, CURRENT);
  assert.equal(choice.choose(GUESS, 0.8, CURRENT), CURRENT);
  assert.equal(choice.choose(GUESS, 0.9, CURRENT), GUESS);
});

test("where each object is of another class, a doubtful guess is better than none", () => {
  const choice = new ClassChoice();
  for (let count = 0; count < 5; count++) choice.learn(GUESS, 0.4, CURRENT, GUESS);
  assert.equal(choice.choose(GUESS, 0.3, CURRENT), GUESS);
});

test("guesses that are wrong though sure are believed less", () => {
  const choice = new ClassChoice();
  for (let count = 0; count < 5; count++) choice.learn(GUESS, 0.9, CURRENT, ANOTHER);
  assert.equal(choice.choose(GUESS, 0.25, CURRENT), CURRENT);
  const believing = new ClassChoice();
  for (let count = 0; count < 5; count++) believing.learn(GUESS, 0.9, CURRENT, GUESS);
  assert.equal(believing.choose(GUESS, 0.4, CURRENT), GUESS);
});
