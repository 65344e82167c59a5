/** The class of a new object: the model's guess or the one in hand, whichever was right more often of late. */

const MEMORY = 0.1; // of the newest object in what is remembered

export class ClassChoice {
  constructor() {
    /** How often each was right where the two differed; the guess has a little credit to begin with. */
    this.right = { guess: 0.55, current: 0.5 };
  }

  /** @param {number} guess @param {number} current @returns {number} */
  choose(guess, current) {
    return this.right.guess >= this.right.current ? guess : current;
  }

  /** What an object turned out to be. @param {number} guess @param {number} current @param {number} actual */
  learn(guess, current, actual) {
    if (guess === current) return;
    this.right.guess += MEMORY * (Number(actual === guess) - this.right.guess);
    this.right.current += MEMORY * (Number(actual === current) - this.right.current);
  }
}
