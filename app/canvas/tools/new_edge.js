/**
 * A new edge by hand, between boxes and clicks: begun inside the selected object it adds what it goes around, begun beside
 * it it cuts off what it goes through, as soon as it is back on its side. The tool in whose place it came then goes on.
 */

import { isRle } from "../model/document.js";
import { ringsToFill, withNewEdge } from "../model/several/combine.js";
import { fillRings, pixelBox } from "../model/shapes/raster.js";
import { texts } from "../messages/texts.js";
import { PolygonTool } from "./polygon.js";

/** @typedef {import("../view/tool.js").Pointer} Pointer */
/** @typedef {import("../view/tool.js").Tool} Tool */
/** @typedef {import("../model/document.js").Instance} Instance */

export class NewEdge extends PolygonTool {
  name = "new edge";
  keptUnder = "maskloop.new edge:"; // where nothing is kept: what a polygon keeps is not this one's
  /** The tool that goes on when the edge is done or dropped. @type {Tool | null} */
  lender = null;
  /** Whether a place is inside the object as it was when the edge was begun. @type {(x: number, y: number) => boolean} */
  inside = () => false;

  /**
   * @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view
   * @param {import("./click_meaning.js").ClickMeaning} meaning  of clicks on the selected object
   */
  constructor(editor, view, meaning) {
    super(editor, view);
    this.meaning = meaning;
  }

  /** Whether one is being drawn. */
  get isBegun() {
    return this.view.tool === this;
  }

  /** Whether the pointer begins an edge: Ctrl, or what stands for it, with something selected. @param {Pointer} pointer */
  begins(pointer) {
    const { selected, image } = this.editor;
    if (!this.meaning.isEdge(pointer) || !selected || !image) return false;
    this.inside = insideOf(selected, image);
    this.lender = this.view.tool;
    this.view.tool = this;
    this.pointerDown(pointer);
    if (!this.points.length) this.giveBack(); // the object is locked
    return true;
  }

  /** Alt draws all of the object anew; so it is where it has no outline yet. @protected @override @param {Pointer} pointer @param {Instance} selected */
  useOf(pointer, selected) {
    const outlined = isRle(selected.segmentation) || selected.segmentation.length > 0;
    if (pointer.alt || !outlined) return "anew";
    return this.inside(pointer.x, pointer.y) ? "part" : "cut";
  }

  /** @override */
  hint() {
    if (this.use === "anew") return super.hint();
    return this.use === "part" ? texts.newEdge.added : texts.newEdge.cutOff;
  }

  /** @override @param {Pointer} pointer */
  pointerUp(pointer) {
    if (this.use === "anew") return super.pointerUp(pointer);
    const [x, y] = this.points.slice(-2);
    if (this.points.length >= 4 && this.inside(x, y) === this.begunInside && this.hasCrossed) this.finish(this.points);
  }

  /** Closed before it is back on its side: straight to the first point. @override */
  confirm() {
    if (this.use === "anew" || !this.points.length) return super.confirm();
    this.finish([...this.points, this.points[0], this.points[1]]);
    return true;
  }

  /** @private */
  get begunInside() {
    return this.inside(this.points[0], this.points[1]);
  }

  /** Whether the edge has been on the other side. @private */
  get hasCrossed() {
    const { points, begunInside } = this;
    for (let i = 2; i < points.length; i += 2) {
      const dx = points[i] - points[i - 2],
        dy = points[i + 1] - points[i - 1];
      const steps = Math.max(1, Math.ceil(Math.max(Math.abs(dx), Math.abs(dy))));
      for (let step = 1; step <= steps; step++) {
        const [x, y] = [points[i - 2] + (dx * step) / steps, points[i - 1] + (dy * step) / steps];
        if (this.inside(x, y) !== begunInside) return true;
      }
    }
    return false;
  }

  /** What the line encloses changes sides; one that closes without crossing makes a hole, or a part beside. @private @param {number[]} line */
  finish(line) {
    const { editor, whole, begunInside, hasCrossed } = this;
    this.reset();
    if (!whole || !editor.image) return;
    const segmentation = withNewEdge(whole, line, begunInside === hasCrossed, editor.image);
    if (segmentation) editor.change(whole.id, { segmentation });
    else editor.emit("notice", { text: texts.newEdge.enclosesNothing });
  }

  /** It is soon done, and lasts no longer than its tool is in hand. @protected @override */
  keep() {}

  /** It is a line, until it comes back. @protected @override @param {CanvasRenderingContext2D} context @param {string} color */
  fill(context, color) {
    if (this.use === "anew") super.fill(context, color);
  }

  /** @protected @override */
  reset() {
    super.reset();
    this.giveBack();
  }

  /** @override */
  erase() {
    super.erase();
    if (!this.points.length) this.giveBack();
    return true;
  }

  /** Another image is turned to. @override */
  settle() {
    const { lender } = this;
    this.reset();
    if (lender?.settle) lender.settle();
    else lender?.cancel?.();
  }

  /** Another tool is taken up. @override */
  leave() {
    const { lender } = this;
    this.reset();
    lender?.leave?.();
  }

  /** @private */
  giveBack() {
    if (this.view.tool === this) this.view.tool = this.lender;
    this.lender = null;
    this.editor.emit("hint");
    this.view.redrawOverlay();
  }
}

/** @param {Instance} instance @param {{width: number, height: number}} image @returns {(x: number, y: number) => boolean} */
function insideOf(instance, image) {
  const rings = ringsToFill(instance);
  if (!rings.length) return () => false;
  const { left, top, width, height, pixels } = fillRings(rings, pixelBox(rings, [], 0, image));
  return (x, y) => {
    const column = Math.floor(x) - left,
      row = Math.floor(y) - top;
    return column >= 0 && row >= 0 && column < width && row < height && pixels[row * width + column] === 1;
  };
}
