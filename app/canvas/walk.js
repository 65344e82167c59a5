/** From object to object by key: which one comes next, and what is selected after one was accepted or deleted. */

import { seenInOrder } from "./model/several/list_order.js";

/** @typedef {import("./model/document.js").Instance} Instance */

export class Walk {
  /** @param {import("./model/editor.js").Editor} editor @param {import("./view/view.js").View} view */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    /** The object that a key has led to; from one that was pointed at nobody walks on. @type {number | null} */
    this.at = null;
    editor.on("selection", () => {
      if (editor.selectedId !== this.at || editor.selectsSeveral) this.at = null;
    });
    editor.on("renumber", ({ from, to }) => {
      if (this.at === from) this.at = to;
    });
  }

  /** Select the next object of the list, or the one before, going round. @param {1 | -1} direction */
  step(direction) {
    const seen = seenInOrder(this.editor);
    if (!seen.length) return;
    const at = seen.findIndex(({ id }) => id === this.editor.selectedId);
    this.to(seen[at < 0 ? (direction > 0 ? 0 : seen.length - 1) : (at + direction + seen.length) % seen.length]);
  }

  /** Select the proposal after an object, going round; without one, nothing. @param {number | null} after */
  toProposal(after) {
    this.to(this.following(after, ({ status }) => status === "proposed"));
  }

  /**
   * What is selected once an object is deleted: after one that a key has led to, the next of its kind. Asked before it
   * goes. @param {Instance} gone @returns {Instance | null}
   */
  afterDeleting(gone) {
    if (gone.id !== this.at) return null;
    const { locked } = this.editor;
    return this.following(gone.id, ({ id, status }) => !locked.has(id) && status === gone.status);
  }

  /** @param {Instance | null} instance */
  to(instance) {
    this.at = instance?.id ?? null;
    this.editor.select(this.at);
    if (!instance) return;
    this.view.viewport.reveal(instance.bbox);
    this.view.redrawMoved();
  }

  /** @private @param {number | null} after @param {(instance: Instance) => boolean} wanted @returns {Instance | null} */
  following(after, wanted) {
    const seen = seenInOrder(this.editor);
    const from = seen.findIndex(({ id }) => id === after) + 1;
    const round = [...seen.slice(from), ...seen.slice(0, from)];
    return round.find((instance) => instance.id !== after && wanted(instance)) ?? null;
  }
}
