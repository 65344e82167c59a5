/** The keypoints of the selected object, placed one after another: which is next, and which was last. */

import { completeKeypoints, withKeypoint } from "../../model/document.js";
import { mirroredPlace } from "../../model/shapes/mirrored.js";
import { setVisibility } from "./edits.js";

/** @typedef {import("../../model/document.js").Instance} Instance */

export class Placing {
  /** @param {import("../../model/editor.js").Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** What was placed in the selected object, for Backspace. @type {{id: number | null, indices: number[]}} */
    this.placed = { id: null, indices: [] };
    editor.on("renumber", ({ from, to }) => {
      if (this.placed.id === from) this.placed.id = to;
    });
  }

  /** The selected object, where its class has keypoints. @returns {{instance: Instance, names: string[], keypoints: number[]} | null} */
  get subject() {
    const instance = this.editor.selected;
    const category = instance && this.editor.category(instance.category_id);
    if (!instance || !category?.keypoints.length || !this.editor.isVisible(instance)) return null;
    return { instance, names: category.keypoints, keypoints: completeKeypoints(instance, category) };
  }

  /** The keypoint that the next click places: the one in hand, else the first without a place. */
  get next() {
    const { subject } = this;
    if (!subject) return null;
    const free = (/** @type {number} */ index) => subject.keypoints[3 * index + 2] === 0;
    const active = this.editor.activeKeypoint;
    if (active !== null && free(active)) return active;
    const found = subject.names.findIndex((_, index) => free(index));
    return found < 0 ? null : found;
  }

  /** Where the next one lies if both sides of the object are alike. */
  get proposed() {
    const { subject, next } = this;
    return subject && next !== null ? mirroredPlace(subject.keypoints, subject.names, next) : null;
  }

  /** The one that was placed last in this object. */
  get last() {
    const { id, indices } = this.placed;
    return id === this.subject?.instance.id ? (indices[indices.length - 1] ?? null) : null;
  }

  /** Place the next one. @param {number} x @param {number} y @param {number} visibility */
  place(x, y, visibility) {
    const { editor, subject, next } = this;
    if (!subject || next === null || editor.locked.has(subject.instance.id)) return;
    if (this.placed.id !== subject.instance.id) this.placed = { id: subject.instance.id, indices: [] };
    this.placed.indices.push(next);
    editor.change(subject.instance.id, { keypoints: withKeypoint(subject.keypoints, next, x, y, visibility) });
    editor.setActiveKeypoint(next);
    editor.setActiveKeypoint(this.next);
  }

  /** The next one stays without a place; the one after it is next. */
  skip() {
    const { editor, subject, next } = this;
    const count = subject && next !== null ? subject.names.length : 0;
    for (let step = 1; step < count; step++) {
      const index = ((next ?? 0) + step) % count;
      if (subject?.keypoints[3 * index + 2] === 0) return editor.setActiveKeypoint(index);
    }
  }

  /** Take the last one back. @returns {boolean} false where there is none */
  back() {
    const index = this.last;
    if (index === null) return false;
    this.placed.indices.pop();
    setVisibility(this.editor, index, 0);
    this.editor.setActiveKeypoint(index);
    return true;
  }
}
