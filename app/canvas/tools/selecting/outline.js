/** What of the selected object's outline and keypoints is within reach of the pointer. */

import { editableRings, shapeKind } from "../../model/document.js";
import { nearestEdge, nearestVertex } from "../../model/shapes/geometry.js";
import { HANDLE, inScreenPixels } from "../../view/painter.js";

/** @typedef {import("../../view/tool.js").Pointer} Pointer */
/** @typedef {import("../../view/view.js").View} View */
/** @typedef {import("../../model/document.js").Instance} Instance */
/** @typedef {{ring: number, vertex: number, distance: number}} Handle */

const VERTEX_REACH = 9; // CSS pixels
const EDGE_REACH = 6;

/** @param {View} view @param {Instance | null} instance that may be reshaped @param {Pointer} pointer @returns {Handle | null} */
export function vertexAt(view, instance, pointer) {
  if (!instance || shapeKind(instance) === "bitmap") return null;
  const found = nearestVertex(editableRings(instance), pointer.x, pointer.y);
  return found && found.distance <= view.reach(pointer.touch ? 2 * VERTEX_REACH : VERTEX_REACH) ? found : null;
}

/** @param {View} view @param {Instance | null} instance that may be reshaped @param {Pointer} pointer */
export function edgeAt(view, instance, pointer) {
  if (!instance || shapeKind(instance) === "bitmap") return null;
  const found = nearestEdge(editableRings(instance), pointer.x, pointer.y);
  return found && found.distance <= view.reach(EDGE_REACH) ? found : null;
}

/** @param {View} view @param {Instance | null} instance that may be reshaped @param {Pointer} pointer */
export function keypointAt(view, instance, pointer) {
  const found = view.keypointAt(pointer.x, pointer.y);
  return found && found.instance.id === instance?.id ? found : null;
}

/** Where a click on an edge adds a point. @param {CanvasRenderingContext2D} context @param {import("../../view/painter.js").Surface} surface @param {{x: number, y: number}} place @param {string} color */
export function drawNewVertex(context, surface, { x, y }, color) {
  inScreenPixels(context, surface);
  context.beginPath();
  context.arc(...surface.viewport.toScreen(x, y), HANDLE / 2 + 1, 0, 2 * Math.PI);
  context.fillStyle = "#ffffff";
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = color;
  context.stroke();
}
