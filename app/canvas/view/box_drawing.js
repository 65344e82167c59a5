/** What is drawn while a box is drawn: the box, lines through the pointer, and a sign that its mask is awaited. */

import { inScreenPixels } from "./painter.js";

/** @typedef {import("./painter.js").Surface} Surface */
/** @typedef {import("./tool.js").Pointer} Pointer */

/** @param {CanvasRenderingContext2D} context @param {Surface} surface @param {[number, number, number, number]} box x0, y0, x1, y1 @param {string} color */
export function drawBox(context, surface, [x0, y0, x1, y1], color) {
  const [left, top] = surface.viewport.toScreen(x0, y0),
    [right, bottom] = surface.viewport.toScreen(x1, y1);
  inScreenPixels(context, surface);
  context.fillStyle = color;
  context.globalAlpha = 0.12;
  context.fillRect(left, top, right - left, bottom - top);
  context.globalAlpha = 1;
  for (const [rim, width] of /** @type {[string, number][]} */ ([
    ["rgba(10, 14, 20, 0.55)", 4],
    [color, 2],
  ])) {
    context.strokeStyle = rim;
    context.lineWidth = width;
    context.strokeRect(left, top, right - left, bottom - top);
  }
}

/** Full-width lines through the pointer: the sides of a box are found before it is begun. @param {CanvasRenderingContext2D} context @param {Surface} surface @param {Pointer} pointer */
export function drawCrosshair(context, surface, { screenX, screenY }) {
  const x = Math.round(screenX) + 0.5,
    y = Math.round(screenY) + 0.5;
  for (const [color, offset] of /** @type {[string, number][]} */ ([
    ["rgba(255, 255, 255, 0.75)", 0],
    ["rgba(10, 14, 20, 0.75)", 4],
  ])) {
    context.setLineDash([4, 4]);
    context.lineDashOffset = offset;
    context.lineWidth = 1;
    context.strokeStyle = color;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(surface.viewport.width, y);
    context.moveTo(x, 0);
    context.lineTo(x, surface.viewport.height);
    context.stroke();
  }
  context.setLineDash([]);
  context.lineDashOffset = 0;
}

/** At a place of the image. @param {CanvasRenderingContext2D} context @param {Surface} surface @param {number} x @param {number} y */
export function drawSpinner(context, surface, x, y) {
  const turn = performance.now() / 250;
  context.beginPath();
  context.arc(...surface.viewport.toScreen(x, y), 11, turn, turn + 4.4);
  context.strokeStyle = "#ffffff";
  context.lineWidth = 3;
  context.stroke();
}
