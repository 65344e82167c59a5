/** Clicks that mend the mask of the selected object: each is one edit. Those of one object are sent together. */

import * as api from "../model/api.js";
import { findInstance } from "../model/document.js";
import { colorOf, inScreenPixels, line } from "../view/painter.js";
import { texts } from "../messages/texts.js";

/** @typedef {[number, number, boolean]} Click  x, y in image pixels; whether it belongs to the object */
/** @typedef {import("../model/document.js").Instance} Instance */
/** @typedef {[number, number, number, number]} Box  x0, y0, x1, y1 */

const STILL_IN_IT = 0.7; // of an object that a box was drawn around; moved out of it, the box says nothing of it any more

export class MaskClicks {
  /** @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    /** The clicks so far on the selected object. @type {Click[]} */
    this.points = [];
    /** @type {number | null} */
    this.subject = null;
    this.asking = false;
    /** Clicks that were made while an answer was awaited. @type {Click[]} */
    this.waiting = [];
    /** What a person drew around objects: the model looks for them there. @type {Map<number, Box>} */
    this.boxes = new Map();
    editor.on("selection", () => {
      if (editor.selectedId !== this.subject) this.forget();
    });
    editor.on("renumber", ({ from, to }) => {
      if (this.subject === from) this.subject = to;
      const box = this.boxes.get(from);
      if (box) this.boxes.set(to, box);
      this.boxes.delete(from);
    });
  }

  forget() {
    this.points = [];
    this.waiting = [];
    this.subject = this.editor.selectedId;
    this.view.redrawOverlay();
  }

  /** @param {Click} click */
  async add(click) {
    const { editor } = this;
    const { selected } = editor;
    const image = editor.image?.image_id;
    if (image === undefined || !selected || editor.locked.has(selected.id)) return;
    if (this.asking) return void this.waiting.push(click);
    this.subject = selected.id;
    this.points.push(click);
    const points = this.points.map(([x, y, include]) => [x, y, include ? 1 : 0]);
    const box = this.boxAround(selected);
    this.asking = true;
    this.view.redrawOverlay();
    const answer = await editor.ask(texts.maskClicks.refiningTheMask, async () => {
      await editor.outbox.flush(); // the server refines the mask that it has
      return api.refine(image, editor.outbox.numberOf(selected.id), points, box);
    });
    this.asking = false;
    const id = editor.outbox.numberOf(selected.id);
    const isEmptied = answer !== null && Array.isArray(answer.segmentation) && !answer.segmentation.length;
    if (answer && !isEmptied) await this.keep(image, id, answer.segmentation);
    else if (this.subject === id) this.points.pop();
    if (isEmptied && this.subject === id) this.offerToDelete(id);
    this.view.redrawOverlay();
    const next = this.waiting.shift();
    if (next) await this.add(next);
  }

  /** Give an object its mask, also where another one is selected or another image is open by now. @private @param {number} image @param {number} id @param {Instance["segmentation"]} segmentation */
  async keep(image, id, segmentation) {
    const { editor } = this;
    if (image === editor.image?.image_id) return void editor.change(id, { segmentation });
    const left = await editor.ask(texts.maskClicks.refiningTheMask, () => editor.load(image));
    const instance = left && findInstance(left, id);
    if (instance) editor.changeLeft(image, instance, { segmentation });
  }

  /** Take the last click back, as far as it waits; the edit that one has made is taken back by the server's history. @returns {boolean} whether it was one that waits */
  takeBack() {
    if (this.waiting.pop()) return true;
    this.points.pop();
    return false;
  }

  /** The box that was drawn around an object, while it lies there. @private @param {Instance | null} instance */
  boxAround(instance) {
    const box = instance && this.boxes.get(instance.id);
    if (!box) return undefined;
    const [left, top, width, height] = instance.bbox;
    const across = Math.min(left + width, box[2]) - Math.max(left, box[0]);
    const down = Math.min(top + height, box[3]) - Math.max(top, box[1]);
    return Math.max(0, across) * Math.max(0, down) >= STILL_IN_IT * width * height ? box : undefined;
  }

  /** @private @param {number} id */
  offerToDelete(id) {
    const { editor } = this;
    const actions = [{ label: texts.maskClicks.deleteTheObject, run: () => editor.remove(id) }];
    editor.emit("notice", { text: texts.maskClicks.thisClickWouldLeaveNothing, actions });
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    const { selected } = this.editor;
    const category = selected ? this.editor.category(selected.category_id) : this.editor.currentCategory;
    drawClicks(context, surface, [...this.points, ...this.waiting], colorOf(category));
  }
}

/** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface @param {Click[]} clicks @param {string} color */
export function drawClicks(context, surface, clicks, color) {
  inScreenPixels(context, surface);
  for (const [x, y, include] of clicks) {
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
