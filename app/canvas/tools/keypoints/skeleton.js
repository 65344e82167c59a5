/** A new object that is made of keypoints alone, clicked one after another in the order of its class. */

import { nearestLabelled } from "../../model/shapes/nearest_keypoint.js";
import { findCategory, withKeypoint } from "../../model/document.js";
import { boundsOf, clamp, rounded } from "../../model/shapes/geometry.js";
import { mirroredPlace } from "../../model/shapes/mirrored.js";
import { colorOf, drawKeypoints } from "../../view/painter.js";
import { begunOn, keepBegun } from "../begun.js";

/** @typedef {import("../../view/tool.js").Pointer} Pointer */
/** @typedef {import("../../view/painter.js").Surface} Surface */

const KEPT_UNDER = "maskloop.skeleton:"; // and the image's number
const REACH = 9; // CSS pixels

export class NewSkeleton {
  /** @param {import("../../model/editor.js").Editor} editor @param {import("../../view/view.js").View} view */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    /** x, y, visibility of those that were clicked; 0, 0, 0 of those that were skipped. @type {number[]} */
    this.keypoints = [];
    /** @type {number | null} */
    this.categoryId = null;
    /** As a polygon that was begun, it survives another tool, another image and a reload. @type {number | null} */
    this.image = null;
    editor.on("open", () => this.restore());
  }

  /** @private */
  restore() {
    this.image = this.editor.image?.image_id ?? null;
    this.keypoints = [];
    const kept = begunOn(KEPT_UNDER, this.image);
    if (Array.isArray(kept?.keypoints)) [this.keypoints, this.categoryId] = [kept.keypoints, kept.categoryId];
    this.editor.emit("hint");
  }

  /** @private @param {number[]} keypoints */
  set(keypoints) {
    this.keypoints = keypoints;
    keepBegun(KEPT_UNDER, this.image, keypoints.length ? { keypoints, categoryId: this.categoryId } : null);
    this.editor.emit("hint");
    this.view.redrawOverlay();
  }

  get begun() {
    return this.keypoints.length > 0;
  }

  /** Its class; before the first click the one in hand. */
  get category() {
    const { editor } = this;
    if (!this.begun || !editor.document) return editor.currentCategory;
    return findCategory(editor.document, this.categoryId ?? 0) ?? editor.currentCategory;
  }

  /** The names of the class's keypoints. */
  get names() {
    return this.category?.keypoints ?? [];
  }

  /** The keypoint that is clicked next; null where its class has no other. */
  get next() {
    const next = this.keypoints.length / 3;
    return next < this.names.length ? next : null;
  }

  /** Where the next one lies if both sides are alike. */
  get proposed() {
    return this.next === null ? null : mirroredPlace(this.keypoints, this.names, this.next);
  }

  /** Place the next one; after the last the object is done. @param {number} x @param {number} y @param {number} visibility 0 skips it */
  add(x, y, visibility) {
    if (!this.begun) this.categoryId = this.editor.currentCategory?.id ?? null;
    const { width, height } = this.editor.image ?? { width: 0, height: 0 };
    const place = visibility ? [rounded(clamp(x, 0, width)), rounded(clamp(y, 0, height)), visibility] : [0, 0, 0];
    this.set([...this.keypoints, ...place]);
    if (this.next === null) this.editor.select(this.finish());
  }

  /** The placed one under the pointer, the nearest. @param {Pointer} pointer @returns {number | null} */
  at(pointer) {
    return nearestLabelled(this.keypoints, pointer.x, pointer.y, this.view.reach(pointer.touch ? 2 * REACH : REACH));
  }

  /** Say anew where a placed one is or how it is seen. @param {number} index @param {number} x @param {number} y @param {number} visibility */
  change(index, x, y, visibility) {
    const { width, height } = this.editor.image ?? { width: 0, height: 0 };
    this.set(withKeypoint(this.keypoints, index, clamp(x, 0, width), clamp(y, 0, height), visibility));
  }

  /** Take the last one back. */
  back() {
    this.set(this.keypoints.slice(0, -3));
  }

  drop() {
    this.set([]);
  }

  /** The object is done: in the class's remaining keypoints nothing is labelled. @returns {number | null} its number; null where nothing was placed */
  finish() {
    const { editor, keypoints, category, names } = this;
    this.set([]);
    const bbox = boxOf(keypoints, editor.image ?? { width: 0, height: 0 });
    if (!bbox || !category) return null;
    const all = names.flatMap((_, i) => (3 * i < keypoints.length ? keypoints.slice(3 * i, 3 * i + 3) : [0, 0, 0]));
    return editor.create({ category_id: category.id, bbox, keypoints: all });
  }

  /** @param {CanvasRenderingContext2D} context @param {Surface} surface @param {number | null} hovered */
  draw(context, surface, hovered) {
    drawKeypoints(context, surface, this.keypoints, this.category, { emphasis: "selected", hovered });
  }

  /** Fainter, while another tool is in hand. @param {CanvasRenderingContext2D} context @param {Surface} surface */
  drawWaiting(context, surface) {
    context.globalAlpha = 0.5;
    drawKeypoints(context, surface, this.keypoints, this.category);
    context.globalAlpha = 1;
  }

  get color() {
    return colorOf(this.category);
  }
}

/** The box around the labelled points, at least a pixel wide and high, inside the image. @param {number[]} keypoints @param {{width: number, height: number}} image @returns {[number, number, number, number] | null} */
function boxOf(keypoints, image) {
  const places = keypoints.flatMap((_, i) => (i % 3 || !keypoints[i + 2] ? [] : [keypoints[i], keypoints[i + 1]]));
  if (!places.length) return null;
  const [x0, y0, x1, y1] = boundsOf([places]);
  const width = Math.max(1, x1 - x0),
    height = Math.max(1, y1 - y0);
  return [Math.min(x0, image.width - width), Math.min(y0, image.height - height), rounded(width), rounded(height)];
}
