/** Draw a polygon point by point, or freehand with the button held: a new object, or what mends the selected one. */

import { findInstance, isRle } from "../model/document.js";
import { merged, subtracted } from "../model/several/combine.js";
import { clamp, rounded, signedArea } from "../model/shapes/geometry.js";
import { colorOf, HANDLE, inScreenPixels, line } from "../view/painter.js";
import { texts } from "../messages/texts.js";
import { begunOn, drawWaiting, keepBegun } from "./begun.js";

/** @typedef {import("../view/tool.js").Pointer} Pointer */
/** @typedef {import("../model/document.js").Instance} Instance */

const CLOSE_REACH = 10; // CSS pixels
const FREEHAND_STEP = 7;
const SAME_POINT = 2;

/** What a polygon is: a new object, or of the selected one a further part, what is cut out, or all of it anew. @typedef {"new" | "part" | "cut" | "anew"} Use */
/** @typedef {{points: number[], use: Use, mended: number | null, anchors?: number[]}} Begun */
/** @returns {Begun} */
const nothingBegun = () => ({ points: [], use: "new", mended: null });

export class PolygonTool {
  name = "polygon";
  label = texts.polygon.polygon;
  key = "P";
  icon = /** @type {import("../view/dom.js").IconName} */ ("polygon");
  keptUnder = "maskloop.polygon:"; // and the image's number
  waits = texts.polygon.thePolygonThatYouBegan;
  altDrawsAnew = true;

  /** @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    /** @type {number[]} */
    this.points = [];
    /** @type {Use} */
    this.use = "new";
    /** The object that the polygon goes to, unless it is a new one. @type {number | null} */
    this.mended = null;
    this.closing = false;
    /** Points of an image survive another tool, another image and a reload. @type {number | null} */
    this.image = null;
    editor.on("open", () => this.restore());
    editor.on("renumber", ({ from, to }) => {
      if (this.mended === from) this.mended = to;
    });
  }

  /** Take up what was begun on the image that is open now. @private */
  restore() {
    this.image = this.editor.image?.image_id ?? null;
    this.closing = false;
    const kept = begunOn(this.keptUnder, this.image);
    this.begun = Array.isArray(kept?.points) ? kept : nothingBegun();
    this.editor.emit("hint");
  }

  /** What survives a reload. @protected @returns {Begun} */
  get begun() {
    return { points: this.points, use: this.use, mended: this.mended };
  }

  /** @protected */
  set begun({ points, use, mended }) {
    this.points = points;
    this.use = use ?? "new";
    this.mended = mended ?? null;
  }

  /** @protected */
  keep() {
    keepBegun(this.keptUnder, this.image, this.points.length ? this.begun : null);
  }

  hint() {
    if (this.points.length >= 6)
      return `${texts.polygon.whatItBecomes[this.use]} ${texts.polygon.clickTheFirstPointDouble}`;
    if (this.points.length) return texts.polygon.clickTheNextPoint[this.use];
    const name = this.editor.currentCategory?.name;
    if (!name) return texts.polygon.makeAClassFirstIn;
    return this.editor.selected ? texts.polygon.orOfTheSelectedOne(name) : texts.polygon.clickAroundTheObjectHold(name);
  }

  cursor() {
    return this.closing ? "pointer" : "crosshair";
  }

  /** @param {Pointer} pointer @returns {boolean} whether the pointer is on the first point */
  nearFirst(pointer) {
    if (this.points.length < 6) return false;
    return (
      Math.hypot(pointer.x - this.points[0], pointer.y - this.points[1]) <=
      this.view.reach(pointer.touch ? 2 * CLOSE_REACH : CLOSE_REACH)
    );
  }

  /** @param {Pointer} pointer @returns {void} */
  pointerDown(pointer) {
    if (pointer.button !== 0) return;
    if (!this.points.length && !this.begin(pointer)) return;
    if (this.nearFirst(pointer)) return void this.confirm();
    this.add(pointer, SAME_POINT);
    this.editor.emit("hint");
  }

  /** The first point says what the polygon is: of the selected object with Shift a part, with Ctrl what is cut out, with Alt all of it anew. @protected @param {Pointer} pointer @returns {boolean} */
  begin(pointer) {
    const { selected, currentCategory } = this.editor;
    this.use = selected ? this.useOf(pointer, selected) : "new";
    if (this.use === "new" && !currentCategory) {
      this.editor.emit("classneeded");
      return false;
    }
    if (selected && this.use !== "new" && this.editor.locked.has(selected.id)) {
      this.editor.emit("notice", { text: texts.anyTool.lockedLUnlocksIt });
      return false;
    }
    this.mended = this.use === "new" ? null : (selected?.id ?? null);
    if (this.mended === null) this.editor.select(null);
    return true;
  }

  /** @protected @param {Pointer} pointer @param {Instance} selected @returns {Use} */
  useOf(pointer, selected) {
    const outlined = isRle(selected.segmentation) || selected.segmentation.length > 0;
    if (pointer.shift) return outlined ? "part" : "anew"; // a box alone gets its first outline, as by the brush
    if (pointer.control) return "cut";
    return this.altDrawsAnew && pointer.alt ? "anew" : "new";
  }

  /** @private @param {Pointer} pointer @param {number} apart CSS pixels from the last point, at least */
  add(pointer, apart) {
    const { width, height } = this.editor.image ?? { width: 0, height: 0 };
    const x = rounded(clamp(pointer.x, 0, width)),
      y = rounded(clamp(pointer.y, 0, height));
    const last = this.points.length - 2;
    if (last >= 0 && Math.hypot(x - this.points[last], y - this.points[last + 1]) < this.view.reach(apart)) return;
    this.points.push(x, y);
    this.keep();
    this.view.redrawOverlay();
  }

  /** @param {Pointer} pointer @param {boolean} pressed */
  pointerMove(pointer, pressed) {
    if (pressed && this.points.length) this.add(pointer, FREEHAND_STEP);
    this.closing = this.nearFirst(pointer);
    this.view.redrawOverlay();
  }

  /** @param {Pointer} pointer */
  pointerUp(pointer) {
    // A freehand line that comes back to its start is closed by letting go.
    if (this.points.length >= 24 && this.nearFirst(pointer)) this.confirm();
  }

  doubleClick() {
    this.confirm();
  }

  confirm() {
    if (!this.points.length) return false;
    const ring = this.ring;
    if (ring.length < 6 || Math.abs(signedArea(ring)) < 1) {
      this.editor.emit("notice", { text: texts.polygon.aPolygonNeedsAtLeast });
      return true;
    }
    const category = this.editor.currentCategory;
    const { whole, use } = this;
    this.reset();
    if (whole && use !== "new") this.mend(whole, use, ring);
    else if (category) this.editor.select(this.editor.draw({ category_id: category.id, segmentation: [ring] }));
    return true;
  }

  /** @private @param {Instance} whole @param {"part" | "cut" | "anew"} use @param {number[]} ring */
  mend(whole, use, ring) {
    const { editor } = this;
    if (!editor.image) return;
    editor.select(whole.id);
    const drawn = { ...whole, segmentation: [ring] };
    /** @type {Instance["segmentation"] | null | undefined} */
    let segmentation = drawn.segmentation;
    if (use === "part") segmentation = merged([whole, drawn], editor.image);
    if (use === "cut") segmentation = subtracted(whole, [drawn], editor.image);
    if (segmentation) editor.change(whole.id, { segmentation });
    else if (segmentation === null)
      editor.remove(whole.id); // cut to the last pixel, as by the eraser
    else editor.emit("notice", { text: texts.polygon.nothingWasCutOut });
  }

  /** The points once they are closed. @protected */
  get ring() {
    return this.points;
  }

  /** The object that the polygon goes to, if it is still there. @protected */
  get whole() {
    return this.editor.document ? findInstance(this.editor.document, this.mended) : null;
  }

  /** @protected */
  reset() {
    this.begun = nothingBegun();
    this.keep();
    this.closing = false;
    this.editor.emit("hint");
    this.view.redrawOverlay();
  }

  cancel() {
    if (!this.points.length) return false;
    this.reset();
    return true;
  }

  erase() {
    if (!this.points.length) return false;
    this.points.length -= 2;
    this.keep();
    this.editor.emit("hint");
    this.view.redrawOverlay();
    return true;
  }

  undo() {
    return this.erase();
  }

  /** Another image: the points wait on this one. */
  settle() {
    this.closing = false;
  }

  leave() {
    this.closing = false;
    if (this.points.length) this.editor.emit("notice", { text: this.waits });
  }

  /** What was begun is seen while another tool is in hand. @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  overlay(context, surface) {
    if (this.view.tool === this || !this.points.length) return;
    const color = colorOf(this.whole ? this.editor.category(this.whole.category_id) : this.editor.currentCategory);
    drawWaiting(context, surface, this.points, color);
  }

  /** What is cut out is dark. @protected @param {CanvasRenderingContext2D} context @param {string} color */
  fill(context, color) {
    context.fillStyle = this.use === "cut" ? "rgb(10, 14, 20)" : color;
    context.globalAlpha = this.use === "cut" ? 0.4 : 0.18;
    context.fill();
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    if (!this.points.length) return;
    const whole = this.whole;
    const color = colorOf(whole ? this.editor.category(whole.category_id) : this.editor.currentCategory);
    const corners = [];
    for (let i = 0; i < this.points.length; i += 2)
      corners.push(surface.viewport.toScreen(this.points[i], this.points[i + 1]));
    const pointer = this.view.pointer;
    inScreenPixels(context, surface);
    context.beginPath();
    for (const [x, y] of corners) context.lineTo(x, y);
    if (pointer && !this.closing) context.lineTo(pointer.screenX, pointer.screenY);
    context.closePath();
    this.fill(context, color);
    for (const [rim, width] of /** @type {[string, number][]} */ ([
      ["rgba(10, 14, 20, 0.55)", 4],
      [color, 2],
    ])) {
      context.beginPath();
      for (const [x, y] of corners) context.lineTo(x, y);
      context.strokeStyle = rim;
      context.lineWidth = width;
      context.stroke();
    }
    const [lastX, lastY] = corners[corners.length - 1];
    const [endX, endY] = this.closing || !pointer ? corners[0] : [pointer.screenX, pointer.screenY];
    line(context, lastX, lastY, endX, endY, color, 1.5, this.closing ? [] : [5, 4]);
    corners.forEach(([x, y], index) => {
      const radius = index === 0 && corners.length >= 3 ? (this.closing ? HANDLE : HANDLE - 2) : HANDLE / 2;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = index === 0 && this.closing ? color : "#ffffff";
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = index === 0 && this.closing ? "#ffffff" : color;
      context.stroke();
    });
  }
}
