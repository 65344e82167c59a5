/** A frame that is drawn around what is meant. */

import { inScreenPixels } from "../../view/painter.js";

/** @typedef {import("../../view/tool.js").Pointer} Pointer */

const DRAG_START = 4; // CSS pixels; a press that moves less is a click

export class Marquee {
  /** @param {Pointer} start @param {(box: [number, number, number, number]) => void} done is given x0, y0, x1, y1 in image pixels */
  constructor(start, done) {
    this.start = this.at = start;
    this.done = done;
  }

  /** @param {Pointer} at */
  move(at) {
    this.at = at;
  }

  /** The button is let go. */
  end() {
    const { start, at } = this;
    if (Math.hypot(at.screenX - start.screenX, at.screenY - start.screenY) < DRAG_START) return;
    this.done([Math.min(start.x, at.x), Math.min(start.y, at.y), Math.max(start.x, at.x), Math.max(start.y, at.y)]);
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../../view/painter.js").Surface} surface */
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
