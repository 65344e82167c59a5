/** Drawing on a 2D context: shapes in image pixels, handles, keypoints and labels in CSS pixels. */

import { vertexName } from "../model/shapes/vertices.js";
import { pathAt, shapeOf } from "./outline_cache.js";

/** @typedef {import("../model/document.js").Instance} Instance */
/** @typedef {import("../model/document.js").Category} Category */
/** @typedef {import("./viewport.js").Viewport} Viewport */
/** @typedef {CanvasRenderingContext2D} Context */
/** @typedef {{ratio: number, viewport: Viewport, opacity: number}} Surface  ratio: device pixels in a CSS pixel */
/** @typedef {{x: number, y: number, width: number, height: number}} TagBox  of words on an object, in CSS pixels */
/** @typedef {"plain" | "hovered" | "selected" | "ghost"} Emphasis  a ghost is a proposal that scores too low to count */

const UNKNOWN = "#9aa4b2"; // the colour of a class that is not there
const HALO = "rgba(10, 14, 20, 0.55)"; // a dark rim keeps bright outlines legible on bright photographs
const DASH = [6, 4]; // of a proposal
const DOTS = [2, 4]; // of a ghost
const WIDTH = { plain: 1.75, hovered: 2.25, selected: 2.5, ghost: 1.25 };
const FILL = { plain: 1, hovered: 1, selected: 0.6, ghost: 0.15 };
export const HANDLE = 7; // CSS pixels
const TAG_HEIGHT = 17; // CSS pixels

/** @param {Category | null} category */
export const colorOf = (category) => category?.color ?? UNKNOWN;

/** @param {Context} context @param {Surface} surface */
export function inImagePixels(context, { ratio, viewport }) {
  context.setTransform(ratio * viewport.scale, 0, 0, ratio * viewport.scale, ratio * viewport.x, ratio * viewport.y);
}

/** @param {Context} context @param {Surface} surface */
export function inScreenPixels(context, { ratio }) {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
}

/** Whether any of the box is on the canvas. @param {[number, number, number, number]} bounds x0, y0, x1, y1 @param {Viewport} viewport */
export function inSight([x0, y0, x1, y1], viewport) {
  const [left, top] = viewport.toScreen(x0, y0),
    [right, bottom] = viewport.toScreen(x1, y1);
  return right >= 0 && bottom >= 0 && left <= viewport.width && top <= viewport.height;
}

/**
 * Fill and outline; proposals are dashed.
 * @param {Context} context @param {Surface} surface @param {Instance} instance @param {Category | null} category @param {Emphasis} emphasis
 */
export function drawShape(context, surface, instance, category, emphasis) {
  const shape = shapeOf(instance);
  if (!inSight(shape.bounds, surface.viewport)) return;
  const { scale } = surface.viewport;
  const path = pathAt(shape, scale);
  const color = colorOf(category);
  inImagePixels(context, surface);
  context.fillStyle = color;
  // The object in hand lets more of the photograph through: its outline is what one looks at.
  context.globalAlpha = surface.opacity * FILL[emphasis] * (instance.iscrowd ? 0.6 : 1);
  context.fill(path);
  context.globalAlpha = emphasis === "ghost" ? 0.6 : 1;
  context.lineJoin = "round";
  if (emphasis === "hovered" || emphasis === "selected") {
    context.setLineDash([]);
    context.strokeStyle = HALO;
    context.lineWidth = 4.5 / scale;
    context.stroke(path);
  }
  const dash = emphasis === "ghost" ? DOTS : instance.status === "proposed" ? DASH : [];
  context.setLineDash(dash.map((length) => length / scale));
  context.strokeStyle = color;
  context.lineWidth = WIDTH[emphasis] / scale;
  context.stroke(path);
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/**
 * Square handles on the vertices; `active` is filled, `chosen` are filled and stand on a white square.
 * @param {Context} context @param {Surface} surface @param {number[][]} rings @param {string} color
 * @param {{ring: number, vertex: number} | null} active @param {Set<string>} chosen see `vertexName`
 */
export function drawVertices(context, surface, rings, color, active, chosen) {
  inScreenPixels(context, surface);
  const { viewport } = surface;
  for (let r = 0; r < rings.length; r++) {
    const ring = rings[r];
    const size = handleSize(ring, viewport.scale);
    for (let i = 0; i < ring.length; i += 2) {
      const [x, y] = viewport.toScreen(ring[i], ring[i + 1]);
      if (x < -9 || y < -9 || x > viewport.width + 9 || y > viewport.height + 9) continue;
      const isActive = active !== null && active.ring === r && active.vertex === i / 2;
      const isChosen = chosen.size > 0 && chosen.has(vertexName(r, i / 2));
      const s = isActive || isChosen ? HANDLE + 4 : size;
      context.fillStyle = HALO;
      context.fillRect(x - s / 2 - 1, y - s / 2 - 1, s + 2, s + 2);
      if (isChosen) {
        context.fillStyle = "#ffffff";
        context.fillRect(x - s / 2, y - s / 2, s, s);
        context.fillStyle = "#1b2330";
        context.fillRect(x - s / 2 + 2, y - s / 2 + 2, s - 4, s - 4);
        continue;
      }
      context.fillStyle = isActive ? color : "#ffffff";
      context.fillRect(x - s / 2, y - s / 2, s, s);
      if (!isActive && s >= 5) {
        context.fillStyle = color;
        context.fillRect(x - s / 2 + 1.5, y - s / 2 + 1.5, s - 3, s - 3);
      }
    }
  }
}

/** Smaller handles where vertices stand close together. @param {number[]} ring @param {number} scale */
function handleSize(ring, scale) {
  let length = 0;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2)
    length += Math.hypot(ring[i] - ring[j], ring[i + 1] - ring[j + 1]);
  const spacing = (length * scale) / (ring.length / 2);
  return spacing > 14 ? HANDLE : spacing > 7 ? 5 : 3.5;
}

/**
 * Skeleton and points. Visible points are filled discs, hidden ones (visibility 1) rings with a bar; what is not
 * labelled is not there. `ghosts` are places of points just taken back, drawn as crosses.
 * @param {Context} context @param {Surface} surface @param {number[]} keypoints @param {Category | null} category
 * @param {{active?: number | null, hovered?: number | null, emphasis?: Emphasis, ghosts?: Map<number, [number, number]>}} [options]
 */
export function drawKeypoints(
  context,
  surface,
  keypoints,
  category,
  { active = null, hovered = null, emphasis = "plain", ghosts } = {},
) {
  inScreenPixels(context, surface);
  const { viewport } = surface;
  const color = colorOf(category);
  const large = emphasis === "selected";
  context.lineCap = "round";
  for (const [a, b] of category?.skeleton ?? []) {
    const i = 3 * (a - 1),
      j = 3 * (b - 1);
    if (!keypoints[i + 2] || !keypoints[j + 2]) continue;
    const [x0, y0] = viewport.toScreen(keypoints[i], keypoints[i + 1]);
    const [x1, y1] = viewport.toScreen(keypoints[j], keypoints[j + 1]);
    const hidden = keypoints[i + 2] === 1 || keypoints[j + 2] === 1;
    line(context, x0, y0, x1, y1, HALO, large ? 4.5 : 3.5, []);
    line(context, x0, y0, x1, y1, color, large ? 2.5 : 1.75, hidden ? [2, 5] : []);
  }
  for (let i = 0; i < keypoints.length; i += 3) {
    const index = i / 3;
    const ghost = keypoints[i + 2] ? undefined : ghosts?.get(index);
    if (!keypoints[i + 2] && !ghost) continue;
    const [x, y] = viewport.toScreen(ghost ? ghost[0] : keypoints[i], ghost ? ghost[1] : keypoints[i + 1]);
    const radius = (large ? 5 : 3.5) + (index === active || index === hovered ? 2 : 0);
    if (ghost) cross(context, x, y, radius - 1);
    else drawPoint(context, x, y, radius, color, keypoints[i + 2]);
    if (index === active) {
      context.beginPath();
      context.arc(x, y, radius + 4, 0, 2 * Math.PI);
      context.strokeStyle = "#ffffff";
      context.lineWidth = 1.5;
      context.stroke();
    }
  }
}

/** @param {Context} context @param {number} x @param {number} y @param {number} radius @param {string} color @param {number} visibility */
export function drawPoint(context, x, y, radius, color, visibility) {
  context.beginPath();
  context.arc(x, y, radius + 1.5, 0, 2 * Math.PI);
  context.fillStyle = HALO;
  context.fill();
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = visibility === 1 ? "#14181f" : color;
  context.fill();
  context.lineWidth = visibility === 1 ? 2 : 1.5;
  context.strokeStyle = visibility === 1 ? color : "#ffffff";
  context.stroke();
  if (visibility === 1)
    line(context, x - radius * 0.6, y + radius * 0.6, x + radius * 0.6, y - radius * 0.6, color, 1.5, []);
}

/** @param {Context} context @param {number} x @param {number} y @param {number} size */
function cross(context, x, y, size) {
  for (const [color, width] of /** @type {[string, number][]} */ ([
    [HALO, 4],
    ["#ffffff", 1.5],
  ])) {
    line(context, x - size, y - size, x + size, y + size, color, width, []);
    line(context, x - size, y + size, x + size, y - size, color, width, []);
  }
}

/** @param {Context} context @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {string} color @param {number} width @param {number[]} dash */
export function line(context, x0, y0, x1, y1, color, width, dash) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}

/**
 * The words on an object, where they do not cover it: above its highest point, below its lowest where there is no room,
 * and at the upper edge of the canvas where the object fills it. Returns the box of the tag, null where it would cover
 * one of `taken`.
 * @param {Context} context @param {Surface} surface @param {Instance} instance @param {number} gap CSS pixels
 * @param {string} text @param {string} color @param {TagBox[]} [taken]
 */
export function drawLabel(context, surface, instance, gap, text, color, taken) {
  const { x, above, below, isAbove } = labelPlaces(surface.viewport, instance, gap);
  return drawTag(context, surface, x, isAbove ? above : below, text, color, { taken });
}

/**
 * The words on the object in hand: further off where they would cover those of its neighbours, but always there.
 * @param {Context} context @param {Surface} surface @param {Instance} instance @param {number} gap CSS pixels
 * @param {string} text @param {string} color @param {TagBox[]} taken
 */
export function drawLabelInHand(context, surface, instance, gap, text, color, taken) {
  const { x, above, below, isAbove } = labelPlaces(surface.viewport, instance, gap);
  const step = TAG_HEIGHT + 2;
  const upwards = [above, above - step],
    downwards = [below, below + step];
  const places = isAbove ? [...upwards, ...downwards] : [...downwards, ...upwards];
  const isInSight = (/** @type {number} */ y) => y - TAG_HEIGHT >= 2 && y <= surface.viewport.height;
  const found = places.filter(isInSight).some((y) => drawTag(context, surface, x, y, text, color, { taken }));
  if (!found) drawTag(context, surface, x, places[0], text, color);
}

/** Where the lower edge of an object's words may lie, in CSS pixels. @param {Viewport} viewport @param {Instance} instance @param {number} gap */
function labelPlaces(viewport, instance, gap) {
  const { bounds, top } = shapeOf(instance);
  const [x, y] = viewport.toScreen(...top);
  const [, bottom] = viewport.toScreen(bounds[0], bounds[3]);
  const isAbove = y - gap - TAG_HEIGHT >= 2 || bottom + gap + TAG_HEIGHT > viewport.height - 2;
  return { x, above: y - gap, below: bottom + gap + TAG_HEIGHT + 1, isAbove };
}

/**
 * A small tag above (x, y), or at its right. Returns its box, so that the next ones can keep off it.
 * @param {Context} context @param {Surface} surface @param {number} x @param {number} y @param {string} text @param {string} color
 * @param {{taken?: TagBox[], beside?: boolean}} [options] `taken`: drawn only
 *   where it covers none of these
 */
export function drawTag(context, surface, x, y, text, color, { taken, beside = false } = {}) {
  inScreenPixels(context, surface);
  context.font = '600 11px system-ui, -apple-system, "Segoe UI", sans-serif';
  context.textBaseline = "middle";
  context.textAlign = "left";
  const width = Math.ceil(context.measureText(text).width) + 12;
  const box = {
    x: Math.round(beside ? x + 12 : x - width / 2),
    y: Math.round(y) - (beside ? 9 : TAG_HEIGHT + 1),
    width,
    height: TAG_HEIGHT,
  };
  box.y = Math.max(2, box.y);
  box.x = Math.max(2, Math.min(box.x, surface.viewport.width - box.width - 2));
  const meets = taken?.some(
    (other) =>
      box.x < other.x + other.width &&
      other.x < box.x + box.width &&
      box.y < other.y + other.height &&
      other.y < box.y + box.height,
  );
  if (meets) return null;
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, 4);
  context.fillStyle = color;
  context.fill();
  context.fillStyle = inkOn(color);
  context.fillText(text, box.x + 6, box.y + box.height / 2 + 0.5);
  return box;
}

/** Black or white, whichever stands out more on a colour: by 4.5 to 1 on any, which words of this size need (WCAG AA). @param {string} color "#rrggbb" */
export function inkOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  return light / 0.05 > 1.05 / light ? "#000000" : "#ffffff";
}
