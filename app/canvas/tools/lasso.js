/** The magnetic lasso: clicks set anchors, and the line between them keeps to the edges of the picture. */

import { clamp, rounded, simplifyLine } from "../model/shapes/geometry.js";
import { edgeCosts, LiveWire } from "../model/shapes/live_wire.js";
import { colorOf, HANDLE, inScreenPixels } from "../view/painter.js";
import { picturePixels } from "../view/picture_pixels.js";
import { PolygonTool } from "./polygon.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../view/tool.js").Pointer} Pointer */
/**
 * The picture around an anchor, and the wire that begins there.
 * @typedef {{key: string, wire: LiveWire, costs: Uint8Array, wide: number, high: number, left: number, top: number, scale: number}} Field
 */

const REACH = 256; // pixels as they are seen, to each side of an anchor; further off the line goes straight
const SNAP = 5; // CSS pixels in which an edge draws the pointer to itself
const TOLERANCE = 0.6; // pixels as they are seen; the stairs of a slanted edge are lower
const SAME_ANCHOR = 2; // CSS pixels

export class LassoTool extends PolygonTool {
  name = "lasso";
  label = texts.lasso.magneticLasso;
  key = "Shift+P";
  icon = /** @type {const} */ ("M6 4v7a6 6 0 0 0 12 0V4h-4v7a2 2 0 0 1-4 0V4zM6 8h4M14 8h4");
  keptUnder = "maskloop.lasso:";
  waits = texts.lasso.theLineThatYouBegan;
  altDrawsAnew = false; // it goes straight
  /** How many numbers of `points` there were at each anchor. @type {number[]} */
  anchors = [];
  pressed = false;
  /** @type {Field | null} */
  field = null;

  /** @protected @override */
  get begun() {
    return { ...super.begun, anchors: this.anchors };
  }

  /** @protected @override */
  set begun(kept) {
    super.begun = kept;
    this.anchors = kept.anchors ?? [];
    this.field = null;
  }

  /** @override */
  hint() {
    if (this.anchors.length)
      return this.anchors.length > 1 ? texts.lasso.clickTheFirstAnchor : texts.lasso.clickTheNextAnchor;
    const name = this.editor.currentCategory?.name;
    return name ? texts.lasso.clickOnTheOutline(name) : texts.lasso.makeAClassFirstIn;
  }

  /** The line may come back to its first anchor after one more. @override @param {Pointer} pointer */
  nearFirst(pointer) {
    return this.anchors.length > 1 && super.nearFirst(pointer);
  }

  /** @override @param {Pointer} pointer */
  pointerDown(pointer) {
    if (pointer.button !== 0) return;
    this.pressed = this.points.length > 0 || this.begin(pointer);
    this.view.redrawOverlay();
  }

  /** @override @param {Pointer} pointer */
  pointerMove(pointer) {
    this.closing = this.nearFirst(pointer);
    this.view.redrawOverlay();
  }

  /** A finger or a pen sees the line before it lets go. @override @param {Pointer} pointer */
  pointerUp(pointer) {
    if (!this.pressed) return;
    this.pressed = false;
    if (this.nearFirst(pointer)) return void this.confirm();
    const last = this.lastAnchor;
    if (last && Math.hypot(pointer.x - last[0], pointer.y - last[1]) < this.view.reach(SAME_ANCHOR)) return;
    this.points.push(...this.lineTo(pointer));
    this.anchors.push(this.points.length);
    this.keep();
    this.editor.emit("hint");
    this.view.redrawOverlay();
  }

  /** @override */
  erase() {
    if (!this.anchors.length) return false;
    this.anchors.pop();
    this.points.length = this.anchors[this.anchors.length - 1] ?? 0;
    this.closing = false;
    this.keep();
    this.editor.emit("hint");
    this.view.redrawOverlay();
    return true;
  }

  /** @override */
  leave() {
    this.pressed = false;
    super.leave();
  }

  /** The way back to the first anchor follows the edges too. @protected @override */
  get ring() {
    const { points } = this;
    if (points.length < 4) return points;
    const back = this.along({ x: points[0], y: points[1] });
    return [...points, ...back.slice(0, -2)];
  }

  /** @private @returns {[number, number] | null} */
  get lastAnchor() {
    const { points } = this;
    return points.length ? [points[points.length - 2], points[points.length - 1]] : null;
  }

  /** From the last anchor to the pointer, without the first of the two. @private @param {Pointer} pointer @returns {number[]} */
  lineTo(pointer) {
    const { width, height } = this.editor.image ?? { width: 0, height: 0 };
    const place = { x: rounded(clamp(pointer.x, 0, width)), y: rounded(clamp(pointer.y, 0, height)) };
    if (pointer.alt) return [place.x, place.y];
    const last = this.lastAnchor;
    if (last) return this.along(this.snapped(place, this.fieldAround(...last)));
    const { x, y } = this.snapped(place, this.fieldAround(place.x, place.y));
    return [x, y];
  }

  /** The picture around a place, at the resolution at which it is seen. @private @param {number} x @param {number} y @returns {Field | null} */
  fieldAround(x, y) {
    const { viewport } = this.view;
    const scale = Math.min(1, viewport.scale);
    const key = `${x},${y},${scale},${this.view.tiles.isFetching}`; // tiles that come are sharper than what was there
    if (this.field?.key === key) return this.field;
    const left = Math.max(0, Math.floor(x - REACH / scale)),
      top = Math.max(0, Math.floor(y - REACH / scale));
    const width = Math.min(viewport.image.width, Math.ceil(x + REACH / scale)) - left,
      height = Math.min(viewport.image.height, Math.ceil(y + REACH / scale)) - top;
    const pixels = picturePixels(this.view, { left, top, width, height }, scale);
    if (!pixels) return null;
    const costs = edgeCosts(pixels);
    const [wide, high] = [pixels.width + 1, pixels.height + 1];
    const [column, row] = cornerAt({ left, top, scale, wide, high }, x, y);
    this.field = { key, wire: new LiveWire(costs, wide, column, row), costs, wide, high, left, top, scale };
    return this.field;
  }

  /** The strongest edge near a place. @private @param {{x: number, y: number}} place @param {Field | null} field */
  snapped(place, field) {
    if (!field) return place;
    const { costs, wide, high, left, top, scale } = field;
    const [column, row] = cornerAt(field, place.x, place.y);
    const far = this.view.reach(SNAP) * scale;
    // Beyond the field, or where every corner costs the same, the place stays.
    let best = costs[row * wide + column],
      found = place;
    for (let y = Math.max(0, Math.ceil(row - far)); y <= Math.min(high - 1, row + far); y++) {
      for (let x = Math.max(0, Math.ceil(column - far)); x <= Math.min(wide - 1, column + far); x++) {
        const apart = ((x - column) ** 2 + (y - row) ** 2) / (far * far || 1);
        const cost = costs[y * wide + x] + 50 * apart;
        if (apart <= 1 && cost < best) [best, found] = [cost, { x: left + x / scale, y: top + y / scale }];
      }
    }
    return { x: rounded(found.x), y: rounded(found.y) };
  }

  /** The line along the edges from the last anchor to a place, without the first of the two. @private @param {{x: number, y: number}} place @returns {number[]} */
  along({ x, y }) {
    const last = this.lastAnchor;
    const field = last && this.fieldAround(...last);
    if (!field) return [x, y];
    const { wire, left, top, scale } = field;
    const corners = wire.pathTo(...cornerAt(field, x, y));
    const path = simplifyLine(corners, TOLERANCE).slice(2, -2);
    return [...path.map((value, i) => rounded((i % 2 ? top : left) + value / scale)), x, y];
  }

  /** @override @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    const { points, view } = this;
    const pointer = view.pointer;
    if (!points.length) return;
    const whole = this.whole;
    const color = colorOf(whole ? this.editor.category(whole.category_id) : this.editor.currentCategory);
    const ahead = this.closing ? this.ring.slice(points.length) : pointer ? this.lineTo(pointer) : [];
    const line = [...points, ...ahead];
    inScreenPixels(context, surface);
    context.beginPath();
    for (let i = 0; i < line.length; i += 2) context.lineTo(...surface.viewport.toScreen(line[i], line[i + 1]));
    if (this.closing) context.closePath();
    this.fill(context, color);
    context.lineJoin = "round";
    for (const [rim, width] of /** @type {[string, number][]} */ ([
      ["rgba(10, 14, 20, 0.55)", 4],
      [color, 2],
    ])) {
      context.strokeStyle = rim;
      context.lineWidth = width;
      context.stroke();
    }
    this.anchors.forEach((end, index) => {
      const radius = index === 0 && this.anchors.length > 1 ? (this.closing ? HANDLE : HANDLE - 2) : HANDLE / 2;
      context.beginPath();
      context.arc(...surface.viewport.toScreen(points[end - 2], points[end - 1]), radius, 0, 2 * Math.PI);
      context.fillStyle = index === 0 && this.closing ? color : "#ffffff";
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = index === 0 && this.closing ? "#ffffff" : color;
      context.stroke();
    });
  }
}

/** The corner of a field that is nearest to a place of the image. @param {{left: number, top: number, scale: number, wide: number, high: number}} field @param {number} x @param {number} y @returns {[number, number]} */
function cornerAt({ left, top, scale, wide, high }, x, y) {
  return [clamp(Math.round((x - left) * scale), 0, wide - 1), clamp(Math.round((y - top) * scale), 0, high - 1)];
}
