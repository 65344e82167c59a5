/**
 * The class of a new object: a guess, or the class in hand. The guess comes with how sure it is; how often that was
 * true of late is set against how often the class in hand was right.
 */

// Of the newest object in what is remembered: one wrong guess is enough to make the next as sure one give way.
const CURRENT_MEMORY = 0.2;
const GUESS_MEMORY = 0.3;

export class ClassChoice {
  constructor() {
    /** How often the class in hand was right. */
    this.current = 0.5;
    /** How often guesses were right that differed from it, and how sure they had been. */
    this.guess = { right: 0.6, told: 0.6 };
  }

  /** @param {number} guess @param {number} score  how sure it is, 0 to 1 @param {number} current @returns {number} */
  choose(guess, score, current) {
    return (score * this.guess.right) / this.guess.told >= this.current ? guess : current;
  }

  /** What an object turned out to be. @param {number} guess @param {number} score @param {number} current @param {number} actual */
  learn(guess, score, current, actual) {
    this.current += CURRENT_MEMORY * (Number(actual === current) - this.current);
    if (guess === current) return;
    this.guess.right += GUESS_MEMORY * (Number(actual === guess) - this.guess.right);
    this.guess.told += GUESS_MEMORY * (score - this.guess.told);
  }
}
