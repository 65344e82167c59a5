/** The frame around the selected mask or polygon, whose handles stretch it. */

import { shapeKind } from "../../model/document.js";
import { HANDLES, resized, stretched } from "../../model/shapes/resize.js";
import { HANDLE, inScreenPixels } from "../../view/painter.js";
import { shapeOf } from "../../view/outline_cache.js";

/** @typedef {import("../../view/tool.js").Pointer} Pointer */
/** @typedef {import("../../model/document.js").Instance} Instance */

const AWAY = 10; // CSS pixels between the object and its frame, so that its own points stay within reach
const REACH = 8;
const CURSORS = ["nwse-resize", "ns-resize", "nesw-resize", "ew-resize"];

/** The handles in CSS pixels of the canvas; a box has its corners and sides themselves. @param {Instance} instance @param {import("../../view/viewport.js").Viewport} viewport @returns {[number, number][]} */
function handlesOf(instance, viewport) {
  if (shapeKind(instance) === "box") return [];
  const [x0, y0, x1, y1] = shapeOf(instance).bounds;
  const [left, top] = viewport.toScreen(x0, y0),
    [right, bottom] = viewport.toScreen(x1, y1);
  return HANDLES.map(([h, v]) => [
    left - AWAY + (h * (right - left + 2 * AWAY)) / 2,
    top - AWAY + (v * (bottom - top + 2 * AWAY)) / 2,
  ]);
}

/** The handle under the pointer. @param {Instance} instance @param {Pointer} pointer @param {import("../../view/viewport.js").Viewport} viewport @returns {number | null} */
export function handleAt(instance, pointer, viewport) {
  const reach = pointer.touch ? 2 * REACH : REACH;
  const at = handlesOf(instance, viewport).findIndex(
    ([x, y]) => Math.hypot(x - pointer.screenX, y - pointer.screenY) <= reach,
  );
  return at < 0 ? null : at;
}

/** What a drag of a handle makes of the object: Shift keeps its proportions. @param {Instance} instance @param {number} handle @param {Pointer} from @param {Pointer} to @param {{width: number, height: number}} image */
export function dragHandle(instance, handle, from, to, image) {
  const box = shapeOf(instance).bounds;
  return resized(instance, stretched(box, handle, to.x - from.x, to.y - from.y, to.shift, image), image);
}

/** @param {number} handle */
export const cursorOf = (handle) => CURSORS[handle % 4];

/** @param {CanvasRenderingContext2D} context @param {import("../../view/painter.js").Surface} surface @param {Instance} instance @param {number | null} active */
export function drawHandles(context, surface, instance, active) {
  const handles = handlesOf(instance, surface.viewport);
  if (!handles.length) return;
  inScreenPixels(context, surface);
  const [[left, top], , , , [right, bottom]] = handles;
  context.setLineDash([2, 4]);
  context.lineWidth = 1;
  for (const [color, offset] of /** @type {[string, number][]} */ ([
    ["rgba(255, 255, 255, 0.8)", 0],
    ["rgba(10, 14, 20, 0.6)", 3],
  ])) {
    context.lineDashOffset = offset;
    context.strokeStyle = color;
    context.strokeRect(left, top, right - left, bottom - top);
  }
  context.setLineDash([]);
  context.lineDashOffset = 0;
  handles.forEach(([x, y], at) => {
    const radius = at === active ? HANDLE - 2 : HANDLE / 2;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = "#ffffff";
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = "#1b2330";
    context.stroke();
  });
}
