/** Paint on the mask of the selected object, or paint a new one; the eraser takes away. A stroke is one edit. */

import { isRle, ringsOf, simplified } from "../model/document.js";
import { clockwise } from "../model/shapes/geometry.js";
import { element } from "../view/dom.js";
import { colorOf, inScreenPixels } from "../view/painter.js";
import { remember, remembered } from "../model/preferences.js";
import { fillRings, paintStroke, pixelBox, segmentationOf } from "../model/shapes/raster.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../view/tool.js").Pointer} Pointer */

const TOLERANCE = 0.75; // image pixels; the stairs of a slanted edge are 0.71 high
const SMALLEST = 2,
  LARGEST = 200; // CSS pixels of radius

/** Brush and eraser have one size; under a pen that is pressed less than fully it is less, where that is wanted. */
const size = { radius: remembered("brush", 14), byPressure: remembered("pen-pressure", true) };
/** Whether a pen was ever used here: what is said of pens is shown from then on. */
const pen = { seen: remembered("pen", false) };
const LIGHTEST = 0.15; // of the radius, under a pen that hardly touches
const WHEEL_STEP = 1.0015; // of the radius for one pixel of wheel travel

export class BrushTool {
  /** @param {"brush" | "eraser"} name @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view */
  constructor(name, editor, view) {
    this.name = name;
    this.label = name === "brush" ? texts.brush.brush : texts.brush.eraser;
    this.key = name === "brush" ? "B" : "E";
    this.icon = name;
    if (name === "eraser") {
      // One size for both: said once, after the second of them.
      const run = (/** @type {string} */ key) => {
        this.resize(key === "]" ? 1.25 : 0.8);
        this.editor.emit("brush");
      };
      this.shortcuts = [{ keys: ["[", "]"], label: texts.brush.smallerLargerBrushSoDoes, run }];
    }
    this.editor = editor;
    this.view = view;
    editor.on("brush", () => this.showSize());
    /** @type {number[]} */
    this.points = [];
    /** At each point, CSS pixels. @type {number[]} */
    this.radii = [];
    /** Brings the slider and what is said of pens up to date. */
    this.showSize = () => {};
  }

  hint() {
    const { editor } = this;
    const selected = editor.selected;
    if (selected && editor.locked.has(selected.id)) return texts.anyTool.lockedLUnlocksIt;
    if (this.name === "eraser") return selected ? texts.brush.paintAwayWhatTheMask : texts.brush.clickTheObjectToErase;
    if (!editor.currentCategory) return texts.brush.makeAClassFirstIn;
    const what = selected
      ? texts.brush.paintOnTheMaskOf(editor.category(selected.category_id)?.name)
      : texts.brush.paintANew(editor.currentCategory.name);
    return texts.brush.altErasesAndOrShift(what);
  }

  cursor() {
    return this.name === "eraser" && !this.editor.selected ? "pointer" : "none";
  }

  options() {
    const slider = element("input", {
      type: "range",
      min: Math.log(SMALLEST),
      max: Math.log(LARGEST),
      step: 0.01,
      value: Math.log(size.radius), // the difference between 2 and 4 is as large as between 100 and 200
      "aria-label": texts.brush.brushSize,
    });
    const diameter = element("output", { class: "ml-slider-value" });
    const pressure = element("input", { type: "checkbox", checked: size.byPressure });
    pressure.addEventListener("change", () => {
      size.byPressure = pressure.checked;
      remember("pen-pressure", size.byPressure);
    });
    const ofPens = element(
      "label",
      { class: "ml-choice", title: texts.brush.lightlyPressedIsThin },
      pressure,
      texts.brush.penPressureSetsTheSize,
    );
    const show = () => {
      ofPens.hidden = !pen.seen;
      slider.value = String(Math.log(size.radius));
      diameter.textContent = texts.brush.px(Math.round(2 * size.radius));
    };
    slider.addEventListener("input", () => this.setRadius(Math.exp(Number(slider.value))));
    this.showSize = show;
    show();
    return element(
      "div",
      { class: "ml-choices-row" },
      element("label", { class: "ml-choice", title: texts.brush.andOrShiftWheel }, texts.brush.size, slider, diameter),
      ofPens,
    );
  }

  /** @param {number} factor */
  resize(factor) {
    this.setRadius(size.radius * factor);
  }

  /** @param {number} travel of the wheel with Shift */
  wheel(travel) {
    this.resize(WHEEL_STEP ** -travel);
    return true;
  }

  /** @param {number} radius CSS pixels */
  setRadius(radius) {
    size.radius = Math.min(LARGEST, Math.max(SMALLEST, radius));
    remember("brush", size.radius);
    this.showSize();
    this.view.redrawOverlay();
  }

  /** @param {Pointer} pointer */
  pointerDown(pointer) {
    const { editor, view } = this;
    if (pointer.button !== 0) return;
    const selected = editor.selected;
    if (selected && editor.locked.has(selected.id)) return;
    if (this.name === "eraser" && !selected) {
      const under = view.instancesAt(pointer.x, pointer.y)[0];
      if (under) editor.select(under.id);
      return;
    }
    if (!selected && !editor.currentCategory) return editor.emit("classneeded");
    this.erasing = this.name === "eraser" || (pointer.alt && selected !== null);
    this.points = [pointer.x, pointer.y];
    this.radii = [radiusUnder(pointer)];
    view.redrawOverlay();
  }

  /** @param {Pointer} pointer @param {boolean} pressed */
  pointerMove(pointer, pressed) {
    if (pointer.pressure !== null && !pen.seen) {
      pen.seen = true;
      remember("pen", true);
      this.showSize();
    }
    if (pressed && this.points.length) {
      this.points.push(pointer.x, pointer.y);
      this.radii.push(radiusUnder(pointer));
    }
    this.view.redrawOverlay();
  }

  pointerUp() {
    const { editor, points } = this;
    this.points = [];
    const image = editor.image;
    if (!points.length || !image) return;
    const selected = editor.selected;
    const radii = this.radii.map((radius) => this.view.reach(radius));
    const bitmap = selected !== null && isRle(selected.segmentation);
    // A box without an outline has nothing to paint on: the stroke is its first mask.
    const empty = selected !== null && !bitmap && Array.isArray(selected.segmentation) && !selected.segmentation.length;
    const rings = selected && !empty ? ringsOf(selected).map((ring) => (bitmap ? ring : clockwise(ring))) : [];
    const box = pixelBox(rings, this.erasing ? [] : points, Math.max(...radii), image);
    if (box[2] <= box[0] || box[3] <= box[1]) return;
    const crop = fillRings(rings, box);
    paintStroke(crop, points, radii, this.erasing ? 0 : 1);
    const segmentation = segmentationOf(crop, image, bitmap, (traced) => simplified(traced, TOLERANCE));
    if (!segmentation) {
      if (selected) editor.remove(selected.id); // erased to the last pixel
    } else if (selected) editor.change(selected.id, { segmentation });
    else if (editor.currentCategory)
      editor.select(editor.draw({ category_id: editor.currentCategory.id, segmentation }));
    this.view.redrawOverlay();
  }

  cancel() {
    if (!this.points.length) return false;
    this.points = [];
    this.view.redrawOverlay();
    return true;
  }

  leave() {
    this.points = [];
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    inScreenPixels(context, surface);
    const { editor, view, points } = this;
    const selected = editor.selected;
    const erasing = points.length ? this.erasing : this.name === "eraser";
    const color = colorOf(selected ? editor.category(selected.category_id) : editor.currentCategory);
    if (points.length) {
      context.globalAlpha = 0.5;
      drawStroke(context, points, this.radii, surface.viewport, erasing ? "rgb(10, 14, 20)" : color);
      context.globalAlpha = 1;
    }
    if (!view.pointer || (this.name === "eraser" && !selected)) return;
    for (const [rim, width] of /** @type {[string, number][]} */ ([
      ["rgba(10, 14, 20, 0.8)", 3],
      [erasing ? "#ffffff" : color, 1.5],
    ])) {
      context.beginPath();
      context.arc(
        view.pointer.screenX,
        view.pointer.screenY,
        points.length ? radiusUnder(view.pointer) : size.radius,
        0,
        2 * Math.PI,
      );
      context.setLineDash(erasing ? [4, 3] : []);
      context.strokeStyle = rim;
      context.lineWidth = width;
      context.stroke();
    }
    context.setLineDash([]);
  }
}

/** CSS pixels. @param {Pointer} pointer */
function radiusUnder({ pressure }) {
  return pressure === null || !size.byPressure ? size.radius : size.radius * Math.max(LIGHTEST, pressure);
}

/** @param {CanvasRenderingContext2D} context @param {number[]} points of the image @param {number[]} radii CSS pixels @param {import("../view/viewport.js").Viewport} viewport @param {string} color */
function drawStroke(context, points, radii, viewport, color) {
  context.fillStyle = context.strokeStyle = color;
  if (radii.some((radius) => radius !== radii[0])) return context.fill(strokePath(points, radii, viewport));
  context.beginPath(); // of one width: quicker for a long stroke
  for (let i = 0; i < points.length; i += 2) context.lineTo(...viewport.toScreen(points[i], points[i + 1]));
  if (points.length === 2) context.lineTo(...viewport.toScreen(points[0] + 1e-3, points[1]));
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = 2 * radii[0];
  context.stroke();
}

/** A stroke as one shape, so that it is evenly transparent. @param {number[]} points of the image @param {number[]} radii CSS pixels @param {import("../view/viewport.js").Viewport} viewport */
function strokePath(points, radii, viewport) {
  const path = new Path2D();
  let before = viewport.toScreen(points[0], points[1]);
  radii.forEach((radius, i) => {
    const here = viewport.toScreen(points[2 * i], points[2 * i + 1]);
    path.moveTo(here[0] + radius, here[1]);
    path.arc(...here, radius, 0, 2 * Math.PI);
    const [dx, dy] = [here[0] - before[0], here[1] - before[1]];
    const length = Math.hypot(dx, dy);
    if (length) {
      // Clockwise, as the discs are: what overlaps is filled once.
      const [acrossX, acrossY, was] = [dy / length, -dx / length, radii[i - 1]];
      path.moveTo(before[0] + acrossX * was, before[1] + acrossY * was);
      path.lineTo(here[0] + acrossX * radius, here[1] + acrossY * radius);
      path.lineTo(here[0] - acrossX * radius, here[1] - acrossY * radius);
      path.lineTo(before[0] - acrossX * was, before[1] - acrossY * was);
      path.closePath();
    }
    before = here;
  });
  return path;
}
