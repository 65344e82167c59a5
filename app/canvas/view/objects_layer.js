/**
 * All objects but the one in hand, on a canvas somewhat larger than the window into it. While the person pans and zooms,
 * the finished drawing is moved and scaled by the browser; it is drawn anew when the view has come to rest, or when the
 * movement has used up the margin.
 */

import { upwards } from "../model/several/stacking.js";
import { element } from "./dom.js";
import { colorOf, drawKeypoints, drawLabel, drawShape, inSight } from "./painter.js";
import { shapeOf } from "./outline_cache.js";
import { Viewport } from "./viewport.js";

/** @typedef {import("../model/document.js").Instance} Instance */
/** @typedef {import("./painter.js").Surface} Surface */

const MARGIN = 128; // CSS pixels drawn beyond each side
const FEW_POINTS = 2000; // so few are drawn faster than anybody looks
const SHARPEST = 1.6; // how far a drawing may be scaled before it is drawn anew
const REST = 140; // milliseconds without movement
const AT_MOST_EVERY = 90; // milliseconds between two drawings during a movement

/** The words on an object's tag. @param {import("../model/editor.js").Editor} editor @param {Instance} instance */
export function labelOf(editor, instance) {
  const name = editor.category(instance.category_id)?.name ?? "?";
  const short = name.length > 24 ? name.slice(0, 23) + "…" : name;
  return instance.status === "proposed" && instance.score !== null
    ? `${short} ${Math.round(instance.score * 100)} %`
    : short;
}

export class ObjectsLayer {
  /** @param {import("../model/editor.js").Editor} editor @param {() => void} redraw asks for a full drawing in the next frame */
  constructor(editor, redraw) {
    this.editor = editor;
    this.redraw = redraw;
    this.canvas = element("canvas", { class: "ml-layer ml-objects-layer" });
    this.canvas.style.transformOrigin = `${MARGIN}px ${MARGIN}px`;
    /** How the view stood when this was drawn. */
    this.drawn = { scale: 1, x: 0, y: 0, at: 0 };
    /** Skeletons of everything at once are a thicket: otherwise only the hovered and the selected object show theirs. */
    this.allKeypoints = false;
    /** Where their words were drawn, from the corner of the window. @type {import("./painter.js").TagBox[]} */
    this.tags = [];
    this.points = 0;
    this.milliseconds = 0; // of script, for the last drawing
    this.timer = 0;
  }

  /** @param {number} width @param {number} height CSS pixels of the window @param {number} ratio */
  resize(width, height, ratio) {
    Object.assign(this.canvas.style, {
      left: `${-MARGIN}px`,
      top: `${-MARGIN}px`,
      width: `${width + 2 * MARGIN}px`,
      height: `${height + 2 * MARGIN}px`,
    });
    this.canvas.width = Math.round((width + 2 * MARGIN) * ratio);
    this.canvas.height = Math.round((height + 2 * MARGIN) * ratio);
  }

  /** @param {Surface} surface @param {boolean} labels */
  draw(surface, labels) {
    const started = performance.now();
    const { editor } = this;
    const { viewport } = surface;
    clearTimeout(this.timer);
    this.drawn = { scale: viewport.scale, x: viewport.x, y: viewport.y, at: started };
    this.canvas.style.transform = "";
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const wider = Object.assign(new Viewport(), viewport, {
      x: viewport.x + MARGIN,
      y: viewport.y + MARGIN,
      width: viewport.width + 2 * MARGIN,
      height: viewport.height + 2 * MARGIN,
    });
    const larger = { ...surface, viewport: wider };
    const inHand = editor.draft?.id ?? editor.selectedId;
    const instances = editor.visibleInstances().filter((instance) => instance.id !== inHand);
    instances.sort(upwards);
    this.points = 0;
    for (const instance of instances) {
      const emphasis = editor.selection.has(instance.id) ? "selected" : "plain";
      drawShape(context, larger, instance, editor.category(instance.category_id), emphasis);
      for (const ring of shapeOf(instance).rings) this.points += ring.length / 2;
    }
    for (const ghost of editor.ghostInstances()) {
      if (ghost.id !== inHand) drawShape(context, larger, ghost, editor.category(ghost.category_id), "ghost");
    }
    for (const instance of this.allKeypoints ? instances : []) {
      if (instance.num_keypoints)
        drawKeypoints(context, larger, instance.keypoints, editor.category(instance.category_id));
    }
    this.tags = labels ? this.drawLabels(context, larger, instances) : [];
    this.milliseconds = performance.now() - started;
  }

  /** @private @param {CanvasRenderingContext2D} context @param {Surface} surface @param {Instance[]} instances */
  drawLabels(context, surface, instances) {
    /** @type {import("./painter.js").TagBox[]} */
    const taken = [];
    for (const instance of [...instances].reverse()) {
      const { bounds } = shapeOf(instance);
      if ((bounds[2] - bounds[0]) * surface.viewport.scale < 24 || !inSight(bounds, surface.viewport)) continue;
      const color = colorOf(this.editor.category(instance.category_id));
      const box = drawLabel(context, surface, instance, 3, labelOf(this.editor, instance), color, taken);
      if (box) taken.push(box);
    }
    return taken.map((box) => ({ ...box, x: box.x - MARGIN, y: box.y - MARGIN }));
  }

  /** Where the words of all but the object in hand are seen. @param {Viewport} viewport as it is now @returns {import("./painter.js").TagBox[]} */
  tagsSeen(viewport) {
    const { drawn } = this;
    const scaled = viewport.scale / drawn.scale;
    return this.tags.map(({ x, y, width, height }) => ({
      x: viewport.x + scaled * (x - drawn.x),
      y: viewport.y + scaled * (y - drawn.y),
      width: scaled * width,
      height: scaled * height,
    }));
  }

  /** Go along with a view that has moved. @param {Surface} surface @param {boolean} labels */
  follow(surface, labels) {
    const { viewport } = surface;
    if (this.points <= FEW_POINTS) return this.draw(surface, labels);
    const scaled = viewport.scale / this.drawn.scale;
    const x = viewport.x - scaled * this.drawn.x,
      y = viewport.y - scaled * this.drawn.y;
    const covered =
      x - scaled * MARGIN <= 0 &&
      y - scaled * MARGIN <= 0 &&
      x + scaled * (viewport.width + MARGIN) >= viewport.width &&
      y + scaled * (viewport.height + MARGIN) >= viewport.height;
    const sharp = scaled < SHARPEST && scaled > 1 / SHARPEST;
    if ((!covered || !sharp) && performance.now() - this.drawn.at > AT_MOST_EVERY) return this.draw(surface, labels);
    this.canvas.style.transform = `translate(${x}px, ${y}px) scale(${scaled})`;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.redraw, REST);
  }
}
