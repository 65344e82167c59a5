/**
 * Draw a box; the model finds the mask in it, and says the class where it is sure. Clicks mend it then and there. Or the
 * box is all that is wanted.
 */

import * as api from "../model/api.js";
import { lineOf } from "../model/editor.js";
import { clamp, rounded } from "../model/shapes/geometry.js";
import { element } from "../view/dom.js";
import { colorOf, drawTag, inScreenPixels } from "../view/painter.js";
import { findInstance } from "../model/document.js";
import { remember, remembered } from "../model/preferences.js";
import { ClassChoice } from "../model/workspace/class_choice.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../view/view.js").Pointer} Pointer */
/** @typedef {import("./mask_clicks.js").Box} Box */

const SMALLEST_SIDE = 4; // CSS pixels; less is a slip of the hand

export class BoxTool {
  name = "box";
  label = texts.box.boxMaskByTheModel;
  key = "R";
  icon = /** @type {const} */ ("box");

  /**
   * @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view
   * @param {import("./mask_clicks.js").MaskClicks} clicks  on the selected object
   */
  constructor(editor, view, clicks) {
    this.editor = editor;
    this.view = view;
    this.clicks = clicks;
    /** @type {Pointer | null} */
    this.start = null;
    /** @type {Box | null} */
    this.box = null;
    /** Boxes whose mask is being found. @type {Set<{image: number, box: Box}>} */
    this.waiting = new Set();
    this.guessClass = remembered("guess-class", true);
    this.choice = new ClassChoice();
    /** @type {{id: number, guess: number, score: number, current: number} | null} */
    this.guessed = null; // the last object with a guess: what it turns out to be teaches the choice
    this.isChosen = false; // a person has just said which class comes next
    editor.on("class", () => (this.isChosen = !editor.selected));
    editor.on("renumber", ({ from, to }) => {
      const { guessed } = this;
      if (guessed && guessed.id === from) guessed.id = to;
    });
    this.plain = remembered("plain-boxes", false);
  }

  /** Whether the model says the class. */
  get guesses() {
    return this.guessClass && !this.plain;
  }

  hint() {
    const name = this.editor.currentCategory?.name;
    if (!name && !this.guesses) return texts.box.needsAClass;
    if (this.plain) return texts.box.itStaysABox(name);
    if (this.editor.selected) return texts.box.nextBoxOrClick;
    const choice = !this.guessClass ? name : texts.box.theModelsGuess(name);
    return texts.box.theModelFindsItsMask(choice);
  }

  cursor() {
    return "crosshair";
  }

  options() {
    const guess = element("input", { type: "checkbox", checked: this.guessClass, disabled: this.plain });
    guess.addEventListener("change", () => this.setGuessClass(guess.checked));
    const plain = element("input", { type: "checkbox", checked: this.plain });
    plain.addEventListener("change", () => {
      this.setPlain(plain.checked);
      guess.disabled = this.plain;
    });
    return element(
      "div",
      { class: "ml-choices-row" },
      element("label", { class: "ml-choice" }, guess, texts.box.theModelGuessesTheClass),
      element("label", { class: "ml-choice" }, plain, texts.box.boxesOnlyNoMasks),
    );
  }

  /** @param {boolean} on */
  setPlain(on) {
    this.plain = on;
    remember("plain-boxes", on);
    this.editor.emit("hint");
  }

  /** @param {boolean} on */
  setGuessClass(on) {
    this.guessClass = on;
    remember("guess-class", on);
    this.editor.emit("hint");
  }

  /** @param {Pointer} pointer */
  pointerDown(pointer) {
    if (pointer.button !== 0) return;
    if (!this.editor.currentCategory && !this.guesses) return this.editor.emit("classneeded");
    this.start = pointer;
    this.box = null;
  }

  /** @param {Pointer} pointer @param {boolean} pressed */
  pointerMove(pointer, pressed) {
    if (this.start && pressed) {
      const { width, height } = this.editor.image ?? { width: 0, height: 0 };
      const xs = [this.start.x, pointer.x].map((x) => rounded(clamp(x, 0, width))).sort((a, b) => a - b);
      const ys = [this.start.y, pointer.y].map((y) => rounded(clamp(y, 0, height))).sort((a, b) => a - b);
      this.box = [xs[0], ys[0], xs[1], ys[1]];
    }
    this.view.redrawOverlay();
  }

  pointerUp() {
    const { start, box } = this;
    this.start = this.box = null;
    this.view.redrawOverlay();
    const slip = this.view.reach(SMALLEST_SIDE);
    if (start && (!box || (box[2] - box[0] < slip && box[3] - box[1] < slip))) return this.click(start);
    if (box) this.finish(box);
  }

  /** Make an object of a box, or of what the model finds in it; one without an inside is a slip. @param {Box} box */
  finish(box) {
    const slip = this.view.reach(SMALLEST_SIDE);
    if (box[2] - box[0] < slip || box[3] - box[1] < slip) return;
    const { image, currentCategory: category } = this.editor;
    if (!this.plain) void this.findMask(box);
    else if (image && category) this.create(image.image_id, { category_id: category.id, bbox: sized(box) });
  }

  /** Mend the selected mask, or select what lies here. @private @param {Pointer} pointer */
  click(pointer) {
    const { editor, view } = this;
    if (this.plain || this.waiting.size) return; // of what comes next nobody has seen the mask
    if (editor.selected) void this.clicks.add([pointer.x, pointer.y, !pointer.shift]);
    else editor.select(view.instancesAt(pointer.x, pointer.y)[0]?.id ?? null);
  }

  undo() {
    this.clicks.takeBack();
    return false;
  }

  /** @private @param {Box} box */
  async findMask(box) {
    const { editor } = this;
    const image = editor.image?.image_id;
    const current = editor.currentCategory?.id ?? null;
    if (image === undefined || (current === null && !this.guessClass)) return;
    const request = { image, box };
    this.waiting.add(request);
    this.animate();
    try {
      const answer = await api.masksFromBoxes(image, [box], this.guessClass ? undefined : (current ?? undefined));
      const [found] = answer.instances;
      if (!editor.category(found.category_id)) await editor.readCategories(); // the model named a class that was not here
      this.keep(request, found, current);
    } catch (error) {
      const actions = [
        { label: texts.box.keepTheBox, run: () => this.create(image, { category_id: current ?? 0, bbox: sized(box) }) },
      ];
      editor.emit("notice", {
        text: texts.box.noMaskForThisBox(lineOf(error)),
        kind: "error",
        actions: current === null ? [] : actions,
      });
    } finally {
      this.waiting.delete(request);
      this.view.redrawOverlay();
    }
  }

  /** @private @param {{image: number, box: Box}} request @param {import("../model/document.js").Instance} found @param {number | null} current */
  keep({ image, box }, found, current) {
    const { editor } = this;
    const guess = found.category_id;
    const score = found.score ?? 0;
    const takesGuess = current === null || (this.guessClass && this.takesGuess(guess, score, current));
    const category_id = takesGuess ? guess : current;
    if (Array.isArray(found.segmentation) && !found.segmentation.length) {
      this.create(image, { category_id, bbox: sized(box) });
      this.isChosen = false;
      editor.emit("notice", { text: texts.box.theModelSeesNoMask });
      return;
    }
    const keypoints = category_id === guess && found.keypoints.length ? { keypoints: found.keypoints } : {};
    const id = this.create(image, { category_id, segmentation: found.segmentation, ...keypoints });
    this.clicks.boxes.set(id, box);
    this.guessed = this.guessClass && current !== null ? { id, guess, score, current } : null;
    this.isChosen = false;
  }

  /** @private @param {number} guess @param {number} score @param {number} current */
  takesGuess(guess, score, current) {
    const { guessed, editor } = this;
    const last = guessed && editor.document && findInstance(editor.document, guessed.id);
    if (guessed && last) this.choice.learn(guessed.guess, guessed.score, guessed.current, last.category_id);
    this.guessed = null; // an object teaches once
    return !this.isChosen && this.choice.choose(guess, score, current) === guess;
  }

  /** @private @param {number} image @param {import("../model/document.js").Fields & {category_id: number}} fields */
  create(image, fields) {
    const id = this.editor.create(fields, image);
    if (this.editor.image?.image_id === image) this.editor.select(id);
    return id;
  }

  /** Keep the spinner turning while a mask is awaited. @private */
  animate() {
    if (!this.waiting.size) return;
    this.view.redrawOverlay();
    requestAnimationFrame(() => this.animate());
  }

  cancel() {
    const drawing = this.start !== null;
    this.start = this.box = null;
    this.view.redrawOverlay();
    return drawing;
  }

  leave() {
    this.clicks.forget();
    this.cancel();
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    const pointer = this.view.pointer;
    inScreenPixels(context, surface);
    this.clicks.draw(context, surface);
    if (pointer && !this.start) crosshair(context, surface, pointer);
    if (this.box) {
      drawBox(context, surface, this.box, colorOf(this.editor.currentCategory));
      const [x, y] = surface.viewport.toScreen(this.box[0], this.box[1]);
      const size = `${Math.round(this.box[2] - this.box[0])} × ${Math.round(this.box[3] - this.box[1])}`;
      drawTag(context, surface, x, y - 3, size, colorOf(this.editor.currentCategory));
    }
  }

  /** Boxes that wait for their mask, whichever tool is in hand by now. @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  overlay(context, surface) {
    for (const { image, box } of this.waiting) {
      if (image !== this.editor.image?.image_id) continue;
      drawBox(context, surface, box, "#ffffff");
      const [x, y] = surface.viewport.toScreen((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
      const turn = performance.now() / 250;
      context.beginPath();
      context.arc(x, y, 11, turn, turn + 4.4);
      context.strokeStyle = "#ffffff";
      context.lineWidth = 3;
      context.stroke();
    }
  }
}

/** @param {Box} box @returns {Box} x, y, width, height */
const sized = ([x0, y0, x1, y1]) => [x0, y0, rounded(x1 - x0), rounded(y1 - y0)];

/** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface @param {Box} box @param {string} color */
function drawBox(context, surface, [x0, y0, x1, y1], color) {
  const [left, top] = surface.viewport.toScreen(x0, y0),
    [right, bottom] = surface.viewport.toScreen(x1, y1);
  inScreenPixels(context, surface);
  context.fillStyle = color;
  context.globalAlpha = 0.12;
  context.fillRect(left, top, right - left, bottom - top);
  context.globalAlpha = 1;
  for (const [rim, width] of /** @type {[string, number][]} */ ([
    ["rgba(10, 14, 20, 0.55)", 4],
    [color, 2],
  ])) {
    context.strokeStyle = rim;
    context.lineWidth = width;
    context.strokeRect(left, top, right - left, bottom - top);
  }
}

/** Full-width lines through the pointer: the sides of a box are found before it is begun. @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface @param {Pointer} pointer */
function crosshair(context, surface, { screenX, screenY }) {
  const x = Math.round(screenX) + 0.5,
    y = Math.round(screenY) + 0.5;
  for (const [color, offset] of /** @type {[string, number][]} */ ([
    ["rgba(255, 255, 255, 0.75)", 0],
    ["rgba(10, 14, 20, 0.75)", 4],
  ])) {
    context.setLineDash([4, 4]);
    context.lineDashOffset = offset;
    context.lineWidth = 1;
    context.strokeStyle = color;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(surface.viewport.width, y);
    context.moveTo(x, 0);
    context.lineTo(x, surface.viewport.height);
    context.stroke();
  }
  context.setLineDash([]);
  context.lineDashOffset = 0;
}
