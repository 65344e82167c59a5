/** Proposals of the images that were open before: a mask that was asked for there may come when another is open. */

/** @typedef {import("../document.js").Instance} Instance */

const KEPT = 3; // images; whoever turns further does so no faster than masks come

export class LeftBehind {
  constructor() {
    /** @type {{image: number, proposals: Instance[]}[]} */
    this.images = [];
  }

  /** An image is left. @param {number} image @param {Instance[]} proposals that were seen on it */
  note(image, proposals) {
    this.images = [{ image, proposals }, ...this.images.filter((other) => other.image !== image)].slice(0, KEPT);
  }

  /** One of them is an object by now, or gone: what comes next does not meet it again. @param {number} image @param {number} id */
  drop(image, id) {
    this.images = this.images.map((one) =>
      one.image === image ? { image, proposals: one.proposals.filter((proposal) => proposal.id !== id) } : one,
    );
  }

  /** @param {number} image @returns {Instance[]} */
  of(image) {
    return this.images.find((one) => one.image === image)?.proposals ?? [];
  }
}
