/** Clicks that mend the mask of the selected object: each is one edit. Those of one object are sent together. */

import * as api from "../model/api.js";
import { findInstance } from "../model/document.js";
import { colorOf, inScreenPixels, line } from "../view/painter.js";
import { texts } from "../messages/texts.js";

/** @typedef {[number, number, boolean]} Click  x, y in image pixels; whether it belongs to the object */
/** @typedef {import("../model/document.js").Instance} Instance */
/** @typedef {[number, number, number, number]} Box  x0, y0, x1, y1 */
/** @typedef {{image: number, id: number | null, points: Click[]}} Subject  an object, and the clicks on it so far */

const STILL_IN_IT = 0.7; // of an object that a box was drawn around; moved out of it, the box says nothing of it any more

export class MaskClicks {
  /** @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    /** What the next click is about. @type {Subject} */
    this.subject = { image: 0, id: null, points: [] };
    this.asking = false;
    /** Clicks whose turn is still to come; they stay their object's where another one is selected meanwhile. @type {{click: Click, subject: Subject, box: Box | undefined}[]} */
    this.waiting = [];
    this.lost = 0; // clicks whose object went before they were answered: that is said
    /** What a person drew around objects: the model looks for them there. @type {Map<number, Box>} */
    this.boxes = new Map();
    editor.on("selection", () => {
      if (editor.selectedId !== this.subject.id) this.forget();
    });
    editor.on("renumber", ({ from, to }) => {
      if (this.subject.id === from) this.subject.id = to;
      const box = this.boxes.get(from);
      if (box) this.boxes.set(to, box);
      this.boxes.delete(from);
    });
  }

  /** What comes next is not about the clicks so far. */
  forget() {
    this.subject = { image: this.editor.image?.image_id ?? 0, id: this.editor.selectedId, points: [] };
    this.view.redrawOverlay();
  }

  /** Drop the clicks on the selected object, those that wait too. @returns {boolean} whether there were any */
  cancel() {
    const { subject, waiting } = this;
    this.waiting = waiting.filter((one) => one.subject !== subject);
    this.forget();
    return subject.points.length > 0 || this.waiting.length < waiting.length;
  }

  /** @param {Click} click */
  async add(click) {
    const { selected, locked } = this.editor;
    if (!selected || locked.has(selected.id)) return;
    if (this.subject.id !== selected.id) this.forget();
    this.waiting.push({ click, subject: this.subject, box: this.boxAround(selected) });
    this.view.redrawOverlay();
    if (this.asking) return;
    this.asking = true;
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) await this.mend(next);
    this.asking = false;
    this.sayLost();
    this.view.redrawOverlay();
  }

  /** @private @param {{click: Click, subject: Subject, box: Box | undefined}} one */
  async mend({ click, subject, box }) {
    const { editor } = this;
    const { image } = subject;
    const number = () => editor.outbox.numberOf(subject.id ?? 0);
    if (!this.canMend(image, number())) return void this.lost++;
    subject.points.push(click);
    this.view.redrawOverlay();
    const points = subject.points.map(([x, y, include]) => [x, y, include ? 1 : 0]);
    const answer = await editor.ask(texts.maskClicks.refiningTheMask, async () => {
      await editor.outbox.flush(); // the server refines the mask that it has
      if (this.canMend(image, number())) return await this.refined(image, number, points, box);
      return null;
    });
    if (!this.canMend(image, number())) return void this.lost++;
    const isEmptied = answer !== null && Array.isArray(answer.segmentation) && !answer.segmentation.length;
    if (answer && !isEmptied) await this.keep(image, number(), answer.segmentation);
    else subject.points = subject.points.filter((point) => point !== click);
    if (isEmptied && number() === editor.selectedId) this.offerToDelete(number());
    this.view.redrawOverlay();
  }

  /** The server's answer; null where the object went while it was asked. @private @param {number} image @param {() => number} number @param {number[][]} points @param {Box | undefined} box */
  async refined(image, number, points, box) {
    try {
      return await api.refine(image, number(), points, box);
    } catch (error) {
      if (this.canMend(image, number())) throw error;
      return null; // nobody else deleted it, as the server would say
    }
  }

  /** @private */
  sayLost() {
    if (this.lost) this.editor.emit("notice", { text: texts.maskClicks.clicksWentWithTheirObject(this.lost) });
    this.lost = 0;
  }

  /** Whether an object is still there to be mended when the turn of a click comes. @private @param {number} image @param {number} id */
  canMend(image, id) {
    const { document, locked } = this.editor;
    if (document?.image.image_id !== image) return true; // the server says so if it is not
    return findInstance(document, id) !== null && !locked.has(id);
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
    const last = this.waiting.filter(({ subject }) => subject === this.subject).pop();
    if (last) this.waiting = this.waiting.filter((one) => one !== last);
    else this.subject.points.pop();
    this.view.redrawOverlay();
    return last !== undefined;
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
    const waiting = this.waiting.filter(({ subject }) => subject === this.subject).map(({ click }) => click);
    drawClicks(context, surface, [...this.subject.points, ...waiting], colorOf(category));
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
