/**
 * Draw a box; the model finds the mask in it, and says the class where it is sure. Over a proposal it gives that one its
 * mask. Clicks mend it then and there. Or the box is all that is wanted.
 */

import { clamp, rounded } from "../model/shapes/geometry.js";
import { element } from "../view/dom.js";
import { drawBox, drawCrosshair } from "../view/box_drawing.js";
import { colorOf, drawTag, inScreenPixels } from "../view/painter.js";
import { meantProposal } from "../model/several/meant_proposal.js";
import { remember, remembered } from "../model/preferences.js";
import { texts } from "../messages/texts.js";
import { BoxMasks, sized } from "./box_masks.js";

/** @typedef {import("../view/tool.js").Pointer} Pointer */
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
   * @param {import("./new_edge.js").NewEdge} newEdge  that a hand gives it
   */
  constructor(editor, view, clicks, newEdge) {
    this.editor = editor;
    this.view = view;
    this.clicks = clicks;
    this.newEdge = newEdge;
    /** @type {Pointer | null} */
    this.start = null;
    /** @type {Box | null} */
    this.box = null;
    /** The proposal that the box is drawn over. @type {import("../model/document.js").Instance | null} */
    this.over = null;
    this.beside = false; // Alt: an object of its own, whatever proposals say
    this.masks = new BoxMasks(editor, view, clicks);
    this.plain = remembered("plain-boxes", false);
    this.showOptions = () => {};
    editor.on(["hint", "selection"], () => this.showOptions());
  }

  /** Whether the model says the class. */
  get guesses() {
    return this.masks.guessClass && !this.plain;
  }

  hint() {
    const name = this.editor.currentCategory?.name;
    if (!name && !this.guesses) return texts.box.needsAClass;
    if (this.plain) return texts.box.itStaysABox(name);
    if (this.editor.selected) return texts.box.nextBoxOrClick;
    const choice = !this.masks.guessClass ? name : texts.box.theModelsGuess(name);
    return texts.box.theModelFindsItsMask(choice);
  }

  cursor() {
    return "crosshair";
  }

  options() {
    const guess = element("input", { type: "checkbox", checked: this.masks.guessClass, disabled: this.plain });
    guess.addEventListener("change", () => this.setGuessClass(guess.checked));
    const plain = element("input", { type: "checkbox", checked: this.plain });
    plain.addEventListener("change", () => {
      this.setPlain(plain.checked);
      guess.disabled = this.plain;
    });
    const meaning = this.newEdge.meaning.createOptions(this.newEdge, () => this.editor.select(null));
    this.showOptions = () => {
      meaning.show();
      const mends = this.editor.selected && !this.plain;
      meaning.element.hidden = !mends || !this.newEdge.meaning.isOffered;
    };
    this.showOptions();
    return element(
      "div",
      { class: "ml-choices-row" },
      element("label", { class: "ml-choice" }, guess, texts.box.theModelGuessesTheClass),
      element("label", { class: "ml-choice" }, plain, texts.box.boxesOnlyNoMasks),
      meaning.element,
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
    this.masks.guessClass = on;
    remember("guess-class", on);
    this.editor.emit("hint");
  }

  /** @param {Pointer} pointer */
  pointerDown(pointer) {
    if (pointer.button !== 0 || this.newEdge.begins(pointer)) return;
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
      this.beside = pointer.alt;
      this.over = this.beside ? null : this.proposalUnder(this.box);
      this.editor.hover(this.over?.id ?? null);
    }
    this.view.redrawOverlay();
  }

  pointerUp() {
    const { start, box, over, beside } = this;
    this.start = this.box = this.over = null;
    this.view.redrawOverlay();
    const slip = this.view.reach(SMALLEST_SIDE);
    if (start && (!box || (box[2] - box[0] < slip && box[3] - box[1] < slip))) return this.click(start);
    if (box) this.finish(box, over, beside);
  }

  /** The proposal that a box is meant for. @param {Box} box */
  proposalUnder(box) {
    const { editor } = this;
    return this.plain
      ? null
      : meantProposal(
          box,
          editor.visibleInstances().filter(({ id }) => !editor.locked.has(id)),
        );
  }

  /**
   * Make an object of a box, or of what the model finds in it; one without an inside is a slip.
   * @param {Box} box @param {import("../model/document.js").Instance | null} over the proposal whose place it takes
   * @param {boolean} [beside] it takes none's
   */
  finish(box, over = this.proposalUnder(box), beside = false) {
    const slip = this.view.reach(SMALLEST_SIDE);
    if (box[2] - box[0] < slip || box[3] - box[1] < slip) return;
    const { image, currentCategory: category } = this.editor;
    if (!this.plain) void this.masks.find(box, over, beside);
    else if (image && category) this.masks.create(image.image_id, { category_id: category.id, bbox: sized(box) });
  }

  /** Mend the selected mask, or select what lies here. @private @param {Pointer} pointer */
  click(pointer) {
    const { editor, view } = this;
    if (this.plain || this.masks.waiting.size) return; // of what comes next nobody has seen the mask
    if (editor.selected) void this.clicks.add([pointer.x, pointer.y, this.newEdge.meaning.adds(pointer)]);
    else editor.select(view.instancesAt(pointer.x, pointer.y)[0]?.id ?? null);
  }

  undo() {
    return this.clicks.takeBack();
  }

  cancel() {
    this.clicks.cancel();
    return this.settle();
  }

  /** No box is drawn any more. @returns {boolean} whether one was */
  settle() {
    const drawing = this.start !== null;
    this.start = this.box = this.over = null;
    this.view.redrawOverlay();
    return drawing;
  }

  leave() {
    this.clicks.forget();
    this.settle();
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    const pointer = this.view.pointer;
    inScreenPixels(context, surface);
    this.clicks.draw(context, surface);
    if (pointer && !this.start) drawCrosshair(context, surface, pointer);
    if (this.box) {
      drawBox(context, surface, this.box, colorOf(this.editor.currentCategory));
      const [x, y] = surface.viewport.toScreen(this.box[0], this.box[1]);
      const size = `${Math.round(this.box[2] - this.box[0])} × ${Math.round(this.box[3] - this.box[1])}`;
      const name = this.over && this.editor.category(this.over.category_id)?.name;
      const says = name ? `${size} · ${texts.box.takesThePlaceOf(name)}` : size;
      drawTag(context, surface, x, y - 3, says, colorOf(this.editor.currentCategory));
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  overlay(context, surface) {
    this.masks.draw(context, surface);
  }
}
