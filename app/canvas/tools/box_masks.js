/** What becomes of boxes: the mask that the model finds in each, whose place it takes, and the class that it gets. */

import * as api from "../model/api.js";
import { findInstance } from "../model/document.js";
import { lineOf } from "../model/editor.js";
import { remembered } from "../model/preferences.js";
import { rounded } from "../model/shapes/geometry.js";
import { ClassChoice } from "../model/workspace/class_choice.js";
import { drawBox, drawSpinner } from "../view/box_drawing.js";
import { texts } from "../messages/texts.js";
import { keypointsWith } from "./new_mask.js";

/** @typedef {import("./mask_clicks.js").Box} Box */
/** @typedef {import("../model/document.js").Instance} Instance */
/** @typedef {{image: number, box: Box, over: number | null, beside: boolean}} Request  `over`: the proposal whose place it takes; `beside`: it takes none's */

export class BoxMasks {
  /**
   * @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view
   * @param {import("./mask_clicks.js").MaskClicks} clicks  that mend a mask: they are looked at within its box
   */
  constructor(editor, view, clicks) {
    this.editor = editor;
    this.view = view;
    this.clicks = clicks;
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
  }

  /** Make an object of what the model finds in a box, or of a proposal. @param {Box} box @param {Instance | null} over the proposal @param {boolean} beside it takes none's place */
  async find(box, over, beside) {
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

  /** @private @param {Request} request @param {Instance} found @param {number | null} current */
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
   * @private @param {number} image @param {number} id @param {Box} box @param {Instance} found @param {number | null} current
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

  /** @param {number} image @param {import("../model/document.js").Fields & {category_id: number}} fields @param {boolean} [beside] */
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

  /** Boxes that wait for their mask, whichever tool is in hand by now. @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    for (const { image, box } of this.waiting) {
      if (image !== this.editor.image?.image_id) continue;
      drawBox(context, surface, box, "#ffffff");
      drawSpinner(context, surface, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
    }
  }
}

/** @param {Box} box @returns {Box} x, y, width, height */
export const sized = ([x0, y0, x1, y1]) => [x0, y0, rounded(x1 - x0), rounded(y1 - y0)];
