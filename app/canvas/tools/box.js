/**
 * Draw a box; the model finds the mask in it, and says the class where it is sure. Over a proposal it gives that one its
 * mask. Clicks mend it then and there. Or the box is all that is wanted.
 */

import * as api from "../model/api.js";
import { lineOf } from "../model/editor.js";
import { clamp, rounded } from "../model/shapes/geometry.js";
import { element } from "../view/dom.js";
import { drawBox, drawCrosshair, drawSpinner } from "../view/box_drawing.js";
import { colorOf, drawTag, inScreenPixels } from "../view/painter.js";
import { findInstance } from "../model/document.js";
import { meantProposal } from "../model/several/meant_proposal.js";
import { remember, remembered } from "../model/preferences.js";
import { ClassChoice } from "../model/workspace/class_choice.js";
import { texts } from "../messages/texts.js";
import { keypointsWith } from "./new_mask.js";

/** @typedef {import("../view/view.js").Pointer} Pointer */
/** @typedef {import("./mask_clicks.js").Box} Box */
/** @typedef {import("../model/document.js").Instance} Found */
/** @typedef {{image: number, box: Box, over: number | null, beside: boolean}} Request  `over`: the proposal whose place it takes; `beside`: it takes none's */

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
    /** Boxes whose mask is being found. @type {Set<Request>} */
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
    this.showOptions = () => {};
    editor.on(["hint", "selection"], () => this.showOptions());
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
    const meaning = this.newEdge.meaning.createOptions();
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
    this.guessClass = on;
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
    if (!this.plain) void this.findMask(box, over, beside);
    else if (image && category) this.create(image.image_id, { category_id: category.id, bbox: sized(box) });
  }

  /** Mend the selected mask, or select what lies here. @private @param {Pointer} pointer */
  click(pointer) {
    const { editor, view } = this;
    if (this.plain || this.waiting.size) return; // of what comes next nobody has seen the mask
    if (editor.selected) void this.clicks.add([pointer.x, pointer.y, this.newEdge.meaning.adds(pointer)]);
    else editor.select(view.instancesAt(pointer.x, pointer.y)[0]?.id ?? null);
  }

  undo() {
    this.clicks.takeBack();
    return false;
  }

  /** @private @param {Box} box @param {import("../model/document.js").Instance | null} over @param {boolean} beside */
  async findMask(box, over, beside) {
    const { editor } = this;
    const image = editor.image?.image_id;
    const current = editor.currentCategory?.id ?? null;
    if (image === undefined || (current === null && !this.guessClass && !over)) return;
    const request = { image, box, over: over?.id ?? null, beside };
    this.waiting.add(request);
    this.animate();
    try {
      // A proposal has its class: none needs to be guessed.
      const category = over?.category_id ?? (this.guessClass ? undefined : (current ?? undefined));
      const answer = await api.masksFromBoxes(image, [box], category);
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

  /** @private @param {Request} request @param {import("../model/document.js").Instance} found @param {number | null} current */
  keep({ image, box, over, beside }, found, current) {
    const { editor } = this;
    if (over !== null && this.putMask(image, over, box, found, current)) return;
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
    const keypoints = keypointsWith(found, category_id, category_id === current);
    const id = this.create(image, { category_id, segmentation: found.segmentation, ...keypoints }, beside);
    this.clicks.boxes.set(id, box);
    this.guessed = this.guessClass && current !== null ? { id, guess, score, current } : null;
    this.isChosen = false;
  }

  /**
   * Give a proposal the mask that the box has; its class stays unless a person has just chosen one. False where it is no
   * longer there as a proposal, or the model saw no mask.
   * @private @param {number} image @param {number} id @param {Box} box @param {Found} found @param {number | null} current
   */
  putMask(image, id, box, found, current) {
    const { editor } = this;
    const isOpen = image === editor.image?.image_id;
    const proposal =
      isOpen && editor.document
        ? findInstance(editor.document, id)
        : editor.leftBehind.of(image).find((one) => one.id === id);
    if (proposal?.status !== "proposed" || (Array.isArray(found.segmentation) && !found.segmentation.length))
      return false;
    const chosen = this.isChosen && current !== null && current !== proposal.category_id;
    this.isChosen = false;
    const fields = { segmentation: found.segmentation, ...(chosen ? editor.withClass(proposal, current) : {}) };
    const drawn = { category_id: chosen ? current : proposal.category_id, segmentation: found.segmentation };
    const gone = editor.locked.has(id) ? 0 : editor.makeWay(drawn, image, id);
    if (!(isOpen ? editor.change(id, fields) : editor.changeLeft(image, proposal, fields))) return false;
    this.clicks.boxes.set(id, box);
    if (!isOpen) return true;
    editor.emit("madeway", gone);
    editor.select(id);
    return true;
  }

  /** @private @param {number} guess @param {number} score @param {number} current */
  takesGuess(guess, score, current) {
    const { guessed, editor } = this;
    const last = guessed && editor.document && findInstance(editor.document, guessed.id);
    if (guessed && last) this.choice.learn(guessed.guess, guessed.score, guessed.current, last.category_id);
    this.guessed = null; // an object teaches once
    return !this.isChosen && this.choice.choose(guess, score, current) === guess;
  }

  /** @private @param {number} image @param {import("../model/document.js").Fields & {category_id: number}} fields @param {boolean} [beside] */
  create(image, fields, beside = false) {
    const id = beside ? this.editor.create(fields, image) : this.editor.draw(fields, image);
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
    this.start = this.box = this.over = null;
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

  /** Boxes that wait for their mask, whichever tool is in hand by now. @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  overlay(context, surface) {
    for (const { image, box } of this.waiting) {
      if (image !== this.editor.image?.image_id) continue;
      drawBox(context, surface, box, "#ffffff");
      drawSpinner(context, surface, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
    }
  }
}

/** @param {Box} box @returns {Box} x, y, width, height */
const sized = ([x0, y0, x1, y1]) => [x0, y0, rounded(x1 - x0), rounded(y1 - y0)];
