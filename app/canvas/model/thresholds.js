/** From which score on proposals are shown: as their model is calibrated, until a person moves the slider. */

import { remember, remembered } from "./preferences.js";

/** @typedef {import("./document.js").Instance} Instance */

const UNKNOWN = 0.5; // where the slider stands for a class of which nothing is there

export class Thresholds {
  constructor() {
    const kept = remembered("thresholds", { all: null, classes: {} });
    /** What a person set for every class. @type {number | null} */
    this.all = kept.all;
    /** What a person set for some, by the class's id; it goes before `all`. @type {Map<number, number>} */
    this.classes = new Map(Object.entries(kept.classes).map(([id, score]) => [Number(id), score]));
  }

  /** Whether a person has moved any of it. */
  get moved() {
    return this.all !== null || this.classes.size > 0;
  }

  /** The least score with which an instance is shown. @param {Instance} instance */
  of(instance) {
    return this.classes.get(instance.category_id) ?? this.all ?? instance.threshold ?? 0;
  }

  /** Everything but proposals that score too low. @param {Instance} instance */
  pass(instance) {
    return instance.status === "accepted" || instance.score === null || instance.score >= this.of(instance);
  }

  /** @param {number | null} score 0..1; null: as the models are calibrated @param {number | null} category null: all classes */
  set(score, category) {
    if (category === null) {
      this.all = score;
      this.classes.clear();
    } else if (score === null) this.classes.delete(category);
    else this.classes.set(category, score);
    remember("thresholds", { all: this.all, classes: Object.fromEntries(this.classes) });
  }

  /**
   * Where the slider stands: the threshold of the proposals of a class, or of all; `several` where they differ.
   * @param {Instance[]} instances @param {number | null} category
   */
  shown(instances, category) {
    const set = category === null ? this.all : (this.classes.get(category) ?? this.all);
    const proposals = instances.filter(
      ({ status, category_id }) => status === "proposed" && (category === null || category_id === category),
    );
    const scores = proposals.map((instance) => this.of(instance));
    if (!scores.length) return { score: set ?? UNKNOWN, several: false };
    return { score: Math.min(...scores), several: Math.max(...scores) - Math.min(...scores) >= 0.005 };
  }
}
