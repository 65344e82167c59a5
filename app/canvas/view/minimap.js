/** The whole image in a corner while only a part of it is in sight: a frame shows which, a click or a drag moves it. */

import { element } from "./dom.js";
import { clamp } from "../model/shapes/geometry.js";
import { remembered } from "../model/preferences.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("./viewport.js").Viewport} Viewport */
/** @typedef {import("./image_layer.js").Picture} Picture */

const LONGER_SIDE = 176; // CSS pixels; small.css makes it less
const ARROW_STEP = 0.2; // of the window, for one press of an arrow key

export class Minimap {
  /** @param {Viewport} viewport @param {() => void} onMove asks for a drawing of the view that was moved */
  constructor(viewport, onMove) {
    this.viewport = viewport;
    this.onMove = onMove;
    /** Whether it shows while the image does not fit. */
    this.shown = remembered("minimap", true);
    /** Where in the frame it was taken hold of, as parts of the whole image. @type {[number, number] | null} */
    this.held = null;
    this.picture = element("canvas", {});
    this.frame = element("div", { class: "ml-minimap-frame" });
    this.root = element(
      "div",
      { class: "ml-minimap", role: "application", tabindex: "0", "aria-label": texts.minimap.overview, hidden: true },
      this.picture,
      this.frame,
    );
    /** The picture that is drawn. @type {Picture | null} */
    this.drawn = null;
    this.root.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.root.setPointerCapture(event.pointerId);
      this.grab(event);
    });
    this.root.addEventListener("pointermove", (event) => this.held && this.drag(event));
    this.root.addEventListener("lostpointercapture", () => {
      this.held = null;
      this.onMove();
    });
    this.root.addEventListener("keydown", (event) => this.walk(event));
  }

  /** Go along with the view. @param {Picture | null} picture of the image that is open */
  follow(picture) {
    const [left, top, right, bottom] = this.seen;
    const all = left <= 0 && top <= 0 && right >= 1 && bottom >= 1;
    this.root.hidden = !this.shown || !picture || (all && !this.held);
    if (!picture || this.root.hidden) return;
    if (picture !== this.drawn) this.draw(picture);
    const percent = (/** @type {number} */ part) => `${100 * clamp(part, 0, 1)}%`;
    Object.assign(this.frame.style, {
      left: percent(left),
      top: percent(top),
      right: percent(1 - right),
      bottom: percent(1 - bottom),
    });
  }

  /** The window as parts of the image: left, top, right, bottom. @private @returns {[number, number, number, number]} */
  get seen() {
    const { viewport } = this;
    const wide = viewport.image.width * viewport.scale,
      high = viewport.image.height * viewport.scale;
    const left = -viewport.x / wide,
      top = -viewport.y / high;
    return [left, top, left + viewport.width / wide, top + viewport.height / high];
  }

  /** @private @param {Picture} picture */
  draw(picture) {
    this.drawn = picture;
    const { width, height } = this.viewport.image;
    const scale = LONGER_SIDE / Math.max(width, height);
    const sharp = window.devicePixelRatio || 1;
    this.picture.width = Math.max(1, Math.round(width * scale * sharp));
    this.picture.height = Math.max(1, Math.round(height * scale * sharp));
    this.root.style.aspectRatio = `${width} / ${height}`;
    this.root.style.setProperty(width >= height ? "width" : "height", "var(--longer-side)");
    this.root.style.setProperty(width >= height ? "height" : "width", "auto");
    const context = /** @type {CanvasRenderingContext2D} */ (this.picture.getContext("2d"));
    context.imageSmoothingQuality = "high";
    context.drawImage(picture.levels[picture.levels.length - 1], 0, 0, this.picture.width, this.picture.height);
  }

  /** @private @param {PointerEvent} event @returns {[number, number]} parts of the image */
  partsAt(event) {
    const box = this.root.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  /** Take hold of the frame; where the pointer is beside it, its middle comes there. @private @param {PointerEvent} event */
  grab(event) {
    const [x, y] = this.partsAt(event);
    const [left, top, right, bottom] = this.seen;
    const inside = x >= left && x <= right && y >= top && y <= bottom;
    const middle = /** @type {[number, number]} */ ([(right - left) / 2, (bottom - top) / 2]);
    this.held = inside ? [x - left, y - top] : middle;
    this.drag(event);
  }

  /** @private @param {PointerEvent} event */
  drag(event) {
    if (!this.held) return;
    const [x, y] = this.partsAt(event);
    const [left, top] = this.seen;
    this.move(x - this.held[0] - left, y - this.held[1] - top);
  }

  /** @private @param {number} dx @param {number} dy parts of the image */
  move(dx, dy) {
    const { viewport } = this;
    viewport.pan(-dx * viewport.image.width * viewport.scale, -dy * viewport.image.height * viewport.scale);
    this.onMove();
  }

  /** @private @param {KeyboardEvent} event */
  walk(event) {
    const [left, top, right, bottom] = this.seen;
    const x = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0,
      y = { ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0;
    if (!x && !y) return;
    event.preventDefault(); // elsewhere the arrows turn to another image
    this.move(x * ARROW_STEP * (right - left), y * ARROW_STEP * (bottom - top));
  }
}
