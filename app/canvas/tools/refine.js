/** Clicks that mend the selected mask: a click adds what is there, Shift+click takes it away. Every click is one edit. */

import * as api from "../api.js";
import { colorOf, inScreenPixels, line } from "../painter.js";

/** @typedef {import("../view.js").Pointer} Pointer */

export class RefineTool {
  name = "refine";

  /** @param {import("../editor.js").Editor} editor @param {import("../view.js").View} view */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    /** The clicks so far on the selected instance: x, y, include. @type {[number, number, boolean][]} */
    this.points = [];
    /** @type {number | null} */
    this.subject = null;
    this.asking = false;
    editor.on("selection", () => {
      if (editor.selectedId !== this.subject) this.forget();
    });
    editor.on("renumber", ({ from, to }) => {
      if (this.subject === from) this.subject = to;
    });
  }

  hint() {
    const selected = this.editor.selected;
    if (!selected) return "Click an object, then click what its mask misses and Shift+click what it should not cover.";
    if (this.editor.locked.has(selected.id)) return "Locked. L unlocks it.";
    return "Click adds to the mask, Shift+click takes away. Ctrl+Z takes a click back, Esc is done.";
  }

  /** @param {Pointer} pointer */
  cursor(pointer) {
    if (this.asking) return "progress";
    return this.editor.selected ? (pointer.shift ? "not-allowed" : "crosshair") : "pointer";
  }

  /** @private */
  forget() {
    this.points = [];
    this.subject = this.editor.selectedId;
    this.view.redrawOverlay();
  }

  /** @param {Pointer} pointer */
  pointerDown(pointer) {
    const { editor, view } = this;
    if (pointer.button !== 0) return;
    const selected = editor.selected;
    if (!selected) {
      const under = view.instancesAt(pointer.x, pointer.y)[0];
      if (under) editor.select(under.id);
    } else if (!this.asking && !editor.locked.has(selected.id)) void this.click(pointer);
  }

  /** @private @param {Pointer} pointer */
  async click(pointer) {
    const { editor } = this;
    const image = editor.image?.image_id;
    if (image === undefined) return;
    this.subject = editor.selectedId;
    this.points.push([pointer.x, pointer.y, !pointer.shift]);
    this.asking = true;
    this.view.redrawOverlay();
    const answer = await editor.ask("Refining the mask", async () => {
      await editor.outbox.flush(); // the server refines the mask that it has
      return api.refine(image, editor.selectedId ?? 0, this.points.map(([x, y, include]) => [x, y, include ? 1 : 0]));
    });
    this.asking = false;
    if (answer && this.subject === editor.selectedId && this.subject !== null) {
      editor.change(this.subject, { segmentation: answer.segmentation });
    } else if (!answer) this.points.pop();
    this.view.redrawOverlay();
  }

  /** @param {Pointer} pointer */
  pointerMove(pointer) {
    this.editor.hover(this.editor.selected ? null : (this.view.instancesAt(pointer.x, pointer.y)[0]?.id ?? null));
    this.view.redrawOverlay();
  }

  /** The edit itself is taken back by the server's history. */
  undo() {
    this.points.pop();
    return false;
  }

  cancel() {
    if (this.points.length) this.forget();
    else this.editor.select(null);
    return true;
  }

  leave() {
    this.points = [];
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../painter.js").Surface} surface */
  draw(context, surface) {
    const color = colorOf(this.editor.selected && this.editor.category(this.editor.selected.category_id));
    inScreenPixels(context, surface);
    for (const [x, y, include] of this.points) {
      const [sx, sy] = surface.viewport.toScreen(x, y);
      context.beginPath();
      context.arc(sx, sy, 7, 0, 2 * Math.PI);
      context.fillStyle = include ? color : "#14181f";
      context.fill();
      context.strokeStyle = "#ffffff";
      context.lineWidth = 1.5;
      context.stroke();
      line(context, sx - 3.5, sy, sx + 3.5, sy, "#ffffff", 2, []);
      if (include) line(context, sx, sy - 3.5, sx, sy + 3.5, "#ffffff", 2, []);
    }
  }
}
