/** Cut objects apart along a drawn line: the selected ones, or the smallest that the line cuts. */

import { fieldsOf } from "../model/document.js";
import { split } from "../model/several/combine.js";
import { clamp, rounded } from "../model/shapes/geometry.js";
import { inScreenPixels } from "../view/painter.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../view/tool.js").Pointer} Pointer */
/** @typedef {import("../model/document.js").Instance} Instance */

const STEP = 3; // CSS pixels between two points of the line

export class SplitTool {
  name = "split";
  label = texts.split.splitAlongALine;
  key = "S";
  icon = /** @type {const} */ ("split");

  /** @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    /** @type {number[]} */
    this.line = [];
  }

  hint() {
    return this.editor.selection.size ? texts.split.acrossTheSelected : texts.split.acrossAnyObject;
  }

  cursor() {
    return "crosshair";
  }

  /** @param {Pointer} pointer */
  pointerDown(pointer) {
    if (pointer.button !== 0) return;
    this.line = [];
    this.add(pointer, 0);
  }

  /** @param {Pointer} pointer @param {boolean} pressed */
  pointerMove(pointer, pressed) {
    if (pressed && this.line.length) this.add(pointer, STEP);
  }

  /** @private @param {Pointer} pointer @param {number} apart CSS pixels */
  add(pointer, apart) {
    const { width, height } = this.editor.image ?? { width: 0, height: 0 };
    const x = rounded(clamp(pointer.x, 0, width)),
      y = rounded(clamp(pointer.y, 0, height));
    const last = this.line.length - 2;
    if (last >= 0 && Math.hypot(x - this.line[last], y - this.line[last + 1]) < this.view.reach(apart)) return;
    this.line.push(x, y);
    this.view.redrawOverlay();
  }

  /** @param {Pointer} pointer */
  pointerUp(pointer) {
    this.add(pointer, 0);
    const line = this.line;
    this.line = [];
    this.view.redrawOverlay();
    if (line.length >= 4) this.cut(line);
  }

  /** @private @param {number[]} line */
  cut(line) {
    const { editor } = this;
    const image = editor.image;
    if (!image) return;
    const chosen = editor.selection.size > 0;
    const free = (chosen ? editor.selectedInstances : editor.visibleInstances())
      .filter((instance) => editor.isVisible(instance) && !editor.locked.has(instance.id))
      .sort((a, b) => a.area - b.area);
    /** @type {Parameters<typeof editor.changeMany>[0] & {create: any[], update: any[]}} */
    const edits = { create: [], update: [] };
    for (const instance of free) {
      const pieces = split(instance, line, image);
      if (!pieces) continue;
      edits.update.push({ id: instance.id, fields: { segmentation: pieces[0] } });
      const kind = fieldsOf({ ...instance, keypoints: [] }); // the points stay with the largest piece
      edits.create.push(...pieces.slice(1).map((segmentation) => ({ ...kind, segmentation })));
      if (!chosen) break;
    }
    if (!edits.update.length) {
      const what = chosen ? texts.split.theSelectedObject : texts.split.anObject;
      return editor.emit("notice", { text: texts.split.nothingWasSplitTheLine(what) });
    }
    const made = editor.changeMany(edits);
    editor.selectAll([...edits.update.map(({ id }) => id), ...made]);
  }

  cancel() {
    const drawing = this.line.length > 0;
    this.line = [];
    this.view.redrawOverlay();
    return drawing;
  }

  leave() {
    this.cancel();
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    if (this.line.length < 2) return;
    inScreenPixels(context, surface);
    for (const [color, width] of /** @type {[string, number][]} */ ([
      ["rgba(10, 14, 20, 0.7)", 4],
      ["#ffffff", 2],
    ])) {
      context.beginPath();
      for (let i = 0; i < this.line.length; i += 2)
        context.lineTo(...surface.viewport.toScreen(this.line[i], this.line[i + 1]));
      context.strokeStyle = color;
      context.lineWidth = width;
      context.stroke();
    }
  }
}
