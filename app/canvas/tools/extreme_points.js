/** Four clicks on the outermost points of an object, in any order: the box that they span is drawn as if by hand. */

import { clamp, rounded } from "../model/shapes/geometry.js";
import { colorOf, HANDLE, inScreenPixels } from "../view/painter.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../view/tool.js").Pointer} Pointer */

const WANTED = 4;

export class ExtremePoints {
  name = "extremes";
  label = texts.extremePoints.fourOutermostPoints;
  key = "Shift+R";
  icon = /** @type {const} */ ("M12 3v3M12 18v3M3 12h3M18 12h3M12 6c4 0 6 3 6 6s-2 6-6 6-6-3-6-6 2-6 6-6z");

  /** @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view @param {import("./box.js").BoxTool} boxes  makes an object of the box */
  constructor(editor, view, boxes) {
    this.editor = editor;
    this.view = view;
    this.boxes = boxes;
    /** @type {[number, number][]} */
    this.points = [];
  }

  options() {
    return this.boxes.options();
  }

  hint() {
    if (!this.editor.currentCategory && !this.boxes.guesses) return texts.box.needsAClass;
    return texts.extremePoints.clickTheOutermost(this.points.length, WANTED);
  }

  cursor() {
    return "crosshair";
  }

  /** @param {Pointer} pointer */
  pointerDown(pointer) {
    if (pointer.button !== 0) return;
    if (!this.editor.currentCategory && !this.boxes.guesses) return this.editor.emit("classneeded");
    const { width, height } = this.editor.image ?? { width: 0, height: 0 };
    this.points.push([rounded(clamp(pointer.x, 0, width)), rounded(clamp(pointer.y, 0, height))]);
    if (this.points.length === WANTED) {
      this.boxes.finish(this.box);
      this.points = [];
    }
    this.changed();
  }

  /** What the points span. @private @returns {[number, number, number, number]} */
  get box() {
    const xs = this.points.map(([x]) => x),
      ys = this.points.map(([, y]) => y);
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }

  erase() {
    if (!this.points.length) return false;
    this.points.pop();
    this.changed();
    return true;
  }

  undo() {
    return this.erase();
  }

  cancel() {
    if (!this.points.length) return false;
    this.points = [];
    this.changed();
    return true;
  }

  leave() {
    this.points = [];
  }

  /** @private */
  changed() {
    this.editor.emit("hint");
    this.view.redrawOverlay();
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    if (!this.points.length) return;
    const color = colorOf(this.editor.currentCategory);
    const [x0, y0, x1, y1] = this.box;
    const [left, top] = surface.viewport.toScreen(x0, y0),
      [right, bottom] = surface.viewport.toScreen(x1, y1);
    inScreenPixels(context, surface);
    context.setLineDash([4, 4]);
    context.strokeStyle = "#ffffff";
    context.lineWidth = 1.5;
    context.strokeRect(left, top, right - left, bottom - top);
    context.setLineDash([]);
    for (const [x, y] of this.points) {
      context.beginPath();
      context.arc(...surface.viewport.toScreen(x, y), HANDLE - 2, 0, 2 * Math.PI);
      context.fillStyle = "#ffffff";
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = color;
      context.stroke();
    }
  }
}
