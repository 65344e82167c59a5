/** A frame drawn on an empty place: what it touches is selected. */

import { inScreenPixels } from "../view/painter.js";

/** @typedef {import("../view/view.js").Pointer} Pointer */

const DRAG_START = 4; // CSS pixels; a press that moves less is a click

export class Marquee {
  /** @param {import("../view/view.js").View} view @param {Pointer} start; with Shift the frame adds to the selection */
  constructor(view, start) {
    this.view = view;
    this.start = this.at = start;
  }

  /** @param {Pointer} at */
  move(at) {
    this.at = at;
  }

  /** The button is let go. */
  end() {
    const { start, at, view } = this;
    if (Math.hypot(at.screenX - start.screenX, at.screenY - start.screenY) < DRAG_START) return;
    const box = /** @type {[number, number, number, number]} */ ([
      Math.min(start.x, at.x),
      Math.min(start.y, at.y),
      Math.max(start.x, at.x),
      Math.max(start.y, at.y),
    ]);
    const ids = view.instancesIn(box).map(({ id }) => id);
    const before = start.shift ? [...view.editor.selection].filter((id) => !ids.includes(id)) : [];
    view.editor.selectAll([...before, ...ids]);
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    const [left, top] = surface.viewport.toScreen(this.start.x, this.start.y);
    const { screenX, screenY } = this.at;
    inScreenPixels(context, surface);
    context.fillStyle = "rgba(90, 120, 255, 0.15)";
    context.fillRect(left, top, screenX - left, screenY - top);
    for (const [color, offset] of /** @type {[string, number][]} */ ([
      ["#ffffff", 0],
      ["#1b2330", 4],
    ])) {
      context.setLineDash([4, 4]);
      context.lineDashOffset = offset;
      context.lineWidth = 1;
      context.strokeStyle = color;
      context.strokeRect(left, top, screenX - left, screenY - top);
    }
    context.setLineDash([]);
    context.lineDashOffset = 0;
  }
}
