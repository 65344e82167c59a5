/** What was begun on an image and is not done: it survives another tool, another image and a reload. */

import { browserSession } from "../model/preferences.js";
import { inScreenPixels } from "../view/painter.js";

/** What waits on an image; null where nothing does, or it cannot be read. @param {string} tool the key of its own @param {number | null} image @returns {any} */
export function begunOn(tool, image) {
  try {
    return JSON.parse(browserSession()?.getItem(tool + image) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} tool the key of its own @param {number | null} image @param {object | null} begun null: nothing waits any more */
export function keepBegun(tool, image, begun) {
  try {
    if (begun) browserSession()?.setItem(tool + image, JSON.stringify(begun));
    else browserSession()?.removeItem(tool + image);
  } catch {
    // storage is full or forbidden: it lasts as long as the page
  }
}

/** A line that waits, while another tool is in hand. @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface @param {number[]} points x, y, … @param {string} color */
export function drawWaiting(context, surface, points, color) {
  inScreenPixels(context, surface);
  context.setLineDash([3, 4]);
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.beginPath();
  for (let i = 0; i < points.length; i += 2) context.lineTo(...surface.viewport.toScreen(points[i], points[i + 1]));
  context.stroke();
  context.setLineDash([]);
}
