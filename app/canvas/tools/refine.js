/**
 * Masks by clicks: a click adds what is there, Shift+click takes it away. On a selected object every click is one edit;
 * on an empty place clicks begin a new object, which Enter keeps and Esc drops.
 */

import * as api from "../model/api.js";
import { colorOf, drawShape, inScreenPixels, line } from "../view/painter.js";
import { NewMask } from "./new_mask.js";

/** @typedef {import("../view/view.js").Pointer} Pointer */
/** @typedef {import("./new_mask.js").Click} Click */

export class RefineTool {
  name = "refine";
  label = "Outline or mend by clicks";
  help = "Outline an object by clicks, or mend the selected mask";
  key = "M";
  icon = /** @type {const} */ ("refine");

  /** @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    /** The clicks so far on the selected instance. @type {Click[]} */
    this.points = [];
    /** @type {number | null} */
    this.subject = null;
    this.asking = false;
    this.fresh = new NewMask(editor, () => {
      view.redrawOverlay();
      editor.emit("hint");
    });
    editor.on("selection", () => {
      if (editor.selectedId !== this.subject) this.forget();
    });
    editor.on("open", () => this.fresh.drop());
    editor.on("renumber", ({ from, to }) => {
      if (this.subject === from) this.subject = to;
    });
  }

  hint() {
    const selected = this.editor.selected;
    if (!this.fresh.isEmpty)
      return "Click adds, Shift+click takes away, Backspace takes a click back. Enter keeps the object, Esc drops it.";
    if (!selected) return "Click something to outline it, or an object to mend its mask.";
    if (this.editor.locked.has(selected.id)) return "Locked. L unlocks it.";
    return "Click adds to the mask, Shift+click takes away. Ctrl+Z takes a click back, Esc is done.";
  }

  /** @param {Pointer} pointer */
  cursor(pointer) {
    if (this.asking || this.fresh.asking) return "progress";
    if (this.editor.selected || !this.under(pointer)) return pointer.shift ? "not-allowed" : "crosshair";
    return "pointer";
  }

  /** The object that a click would select. @private @param {Pointer} pointer */
  under(pointer) {
    return this.fresh.isEmpty ? (this.view.instancesAt(pointer.x, pointer.y)[0] ?? null) : null;
  }

  /** @private @param {Pointer} pointer */
  isInside(pointer) {
    const image = this.editor.image;
    return image !== null && pointer.x >= 0 && pointer.y >= 0 && pointer.x < image.width && pointer.y < image.height;
  }

  /** @private */
  forget() {
    this.points = [];
    this.subject = this.editor.selectedId;
    if (this.subject !== null) this.settle();
    this.view.redrawOverlay();
  }

  /** @param {Pointer} pointer */
  pointerDown(pointer) {
    const { editor } = this;
    if (pointer.button !== 0) return;
    const selected = editor.selected;
    const under = selected ? null : this.under(pointer);
    if (selected) {
      if (!this.asking && !editor.locked.has(selected.id)) void this.click(pointer);
    } else if (under) editor.select(under.id);
    else if (this.isInside(pointer) && (!this.fresh.isEmpty || !pointer.shift))
      void this.fresh.add([pointer.x, pointer.y, !pointer.shift]);
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
      return api.refine(
        image,
        editor.selectedId ?? 0,
        this.points.map(([x, y, include]) => [x, y, include ? 1 : 0]),
      );
    });
    this.asking = false;
    const isEmptied = answer !== null && Array.isArray(answer.segmentation) && !answer.segmentation.length;
    if (answer && !isEmptied && this.subject === editor.selectedId && this.subject !== null) {
      editor.change(this.subject, { segmentation: answer.segmentation });
    } else if (!answer || isEmptied) this.points.pop();
    if (isEmptied && this.subject !== null) this.offerToDelete(this.subject);
    this.view.redrawOverlay();
  }

  /** @private @param {number} id */
  offerToDelete(id) {
    const { editor } = this;
    const actions = [{ label: "Delete the object", run: () => editor.remove(id) }];
    editor.emit("notice", { text: "This click would leave nothing of the mask.", actions });
  }

  /** @param {Pointer} pointer @param {boolean} [pressed] */
  pointerMove(pointer, pressed) {
    const under = this.editor.selected ? null : this.under(pointer);
    this.editor.hover(under?.id ?? null);
    const startsOrGoesOn =
      !this.editor.selected && !under && this.isInside(pointer) && (!this.fresh.isEmpty || !pointer.shift);
    if (startsOrGoesOn && !pressed && !pointer.touch) this.fresh.look([pointer.x, pointer.y, !pointer.shift]);
    else this.fresh.dropPreview();
    this.view.redrawOverlay();
  }

  /** The edit itself is taken back by the server's history; a click on a new object here. */
  undo() {
    if (!this.fresh.isEmpty) return this.erase();
    this.points.pop();
    return false;
  }

  erase() {
    if (this.fresh.isEmpty) return false;
    void this.fresh.takeBack();
    return true;
  }

  /** Enter keeps the new object. */
  confirm() {
    if (this.fresh.isEmpty) return false;
    const id = this.fresh.keep();
    if (id !== null) this.editor.select(id);
    return true;
  }

  cancel() {
    if (!this.fresh.isEmpty) this.fresh.drop();
    else if (this.points.length) this.forget();
    else this.editor.select(null);
    return true;
  }

  /** Something else is turned to: what was clicked together is kept, since undo can take it back. */
  settle() {
    if (!this.fresh.isEmpty) this.fresh.keep();
    this.fresh.dropPreview();
  }

  leave() {
    this.points = [];
    this.settle();
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    const { fresh, editor } = this;
    const category =
      fresh.isEmpty && editor.selected ? editor.category(editor.selected.category_id) : editor.currentCategory;
    if (fresh.preview && this.view.pointer)
      drawShape(context, { ...surface, opacity: surface.opacity * 0.6 }, fresh.preview, category, "plain");
    if (fresh.found) drawShape(context, surface, fresh.found, category, "selected");
    inScreenPixels(context, surface);
    for (const click of fresh.isEmpty ? this.points : fresh.clicks)
      drawClick(context, surface, click, colorOf(category));
  }
}

/** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface @param {Click} click @param {string} color */
function drawClick(context, surface, [x, y, include], color) {
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
