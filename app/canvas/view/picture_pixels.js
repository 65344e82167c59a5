/** The pixels of the open picture, for tools that look at it. */

import { element } from "./dom.js";
import { Viewport } from "./viewport.js";

/**
 * What the picture shows in a box of itself, without objects and as it is stored.
 * @param {import("./view.js").View} view @param {{left: number, top: number, width: number, height: number}} box in image pixels
 * @param {number} scale of the answer, at most 1 @returns {ImageData | null} null while nothing is decoded yet
 */
export function picturePixels(view, box, scale) {
  if (!view.imageLayer.picture) return null;
  const width = Math.max(1, Math.round(box.width * scale)),
    height = Math.max(1, Math.round(box.height * scale));
  const canvas = element("canvas", { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return null;
  const { image } = view.viewport;
  const there = { scale, x: -box.left * scale, y: -box.top * scale, width, height, image };
  const viewport = Object.assign(new Viewport(), there);
  view.imageLayer.draw(context, viewport, 1);
  view.tiles.draw(context, viewport, 1, false);
  return context.getImageData(0, 0, width, height);
}
