/** What is drawn of the keypoint under the pointer, and of the one that comes next. */

import { keyName } from "../../messages/key_names.js";
import { colorOf, drawPoint, drawTag, inScreenPixels } from "../../view/painter.js";
import { VISIBILITY } from "./edits.js";

/** @typedef {import("../../view/painter.js").Surface} Surface */
/** @typedef {{name: string, color: string}} Target */

/** The name of one, and how it is seen. @param {CanvasRenderingContext2D} context @param {Surface} surface @param {{keypoints: number[], names: string[], category: import("../../model/document.js").Category | null}} of @param {number} index */
export function drawName(context, surface, { keypoints, names, category }, index) {
  const [x, y, visibility] = keypoints.slice(3 * index, 3 * index + 3);
  const words = `${names[index]} · ${VISIBILITY[visibility]}`;
  drawTag(context, surface, ...surface.viewport.toScreen(x, y), words, colorOf(category), { beside: true });
}

/** Its name at the pointer. @param {CanvasRenderingContext2D} context @param {Surface} surface @param {Target} target @param {{screenX: number, screenY: number}} pointer @param {number} visibility */
export function drawNext(context, surface, { name, color }, { screenX, screenY }, visibility) {
  inScreenPixels(context, surface);
  context.globalAlpha = 0.6;
  drawPoint(context, screenX, screenY, 4, color, visibility);
  context.globalAlpha = 1;
  drawTag(context, surface, screenX, screenY, name, color, { beside: true });
}

/** A ring where it lies if both sides are alike, and the key that places it there. @param {CanvasRenderingContext2D} context @param {Surface} surface @param {Target} target @param {number[]} place x, y */
export function drawProposed(context, surface, { name, color }, [placeX, placeY]) {
  const [x, y] = surface.viewport.toScreen(placeX, placeY);
  inScreenPixels(context, surface);
  context.setLineDash([4, 3]);
  for (const [stroke, width] of /** @type {[string, number][]} */ ([
    ["rgba(10, 14, 20, 0.7)", 4],
    [color, 2],
  ])) {
    context.beginPath();
    context.arc(x, y, 7, 0, 2 * Math.PI);
    context.strokeStyle = stroke;
    context.lineWidth = width;
    context.stroke();
  }
  context.setLineDash([]);
  drawTag(context, surface, x, y, `${name}  ${keyName(",")}`, color, { beside: true });
}

/** The keypoints that the pointer may be over: those of the object that was begun, else of the selected one. @param {import("../keypoints.js").KeypointsTool} tool */
export function shownBy({ editor, fresh, placing: { subject } }) {
  if (fresh.begun) return { keypoints: fresh.keypoints, names: fresh.names, category: fresh.category };
  if (!subject) return null;
  const { keypoints, category_id } = editor.shown(subject.instance);
  return { keypoints, names: subject.names, category: editor.category(category_id) };
}
