/** An object that is being clicked together from nothing: its clicks, what they give so far, and a preview of the next. */

import * as api from "../model/api.js";
import { lineOf } from "../model/editor.js";
import { texts } from "../messages/texts.js";

/** @typedef {[number, number, boolean]} Click  x, y in image pixels; whether it belongs to the object */
/** @typedef {import("../model/document.js").Instance} Instance */

const REST = 40; // milliseconds that the pointer rests before a preview is asked for

const SURE = 0.5; // of a guess, from where on its keypoints are wanted too

/**
 * The keypoints that come along with a mask: those of its class where a person chose that, or the guess is more likely
 * right than wrong. A bag that was taken for a person has none.
 * @param {Instance} found @param {number} category  of the object @param {boolean} chosen by a person @returns {{keypoints?: number[]}}
 */
export function keypointsWith(found, category, chosen) {
  const wanted = category === found.category_id && (chosen || (found.score ?? 0) >= SURE);
  return wanted && found.keypoints.length ? { keypoints: found.keypoints } : {};
}

export class NewMask {
  /** @param {import("../model/editor.js").Editor} editor @param {() => void} changed */
  constructor(editor, changed) {
    this.editor = editor;
    this.changed = changed;
    /** @type {Click[]} */
    this.clicks = [];
    /** What the clicks give. @type {Instance | null} */
    this.found = null;
    /** What they would give with a click at the pointer. @type {Instance | null} */
    this.preview = null;
    this.asking = false;
    /** Clicks that were made while an answer was awaited. @type {Click[]} */
    this.waiting = [];
    this.previewing = false;
    /** @type {{click: Click, timer: number} | null} */
    this.wanted = null;
    this.number = 0; // of the object: answers to clicks of an earlier one are too late
  }

  get isEmpty() {
    return !this.clicks.length;
  }

  /** @param {Click} click */
  async add(click) {
    this.dropPreview();
    if (this.asking) this.waiting.push(click);
    else await this.ask([...this.clicks, click]);
  }

  /** Take the last click back. */
  async takeBack() {
    if (this.waiting.pop()) return;
    const clicks = this.clicks.slice(0, -1);
    if (clicks.length) await this.ask(clicks);
    else this.drop();
  }

  /** @private @param {Click[]} clicks */
  async ask(clicks) {
    const image = this.editor.image?.image_id;
    if (image === undefined) return;
    const number = this.number;
    const before = this.clicks;
    this.clicks = clicks;
    this.asking = true;
    this.changed();
    const answer = await this.editor.ask(texts.newMask.lookingAtTheClicks, () =>
      api.maskFromPoints(image, clicks, this.editor.currentCategory?.id, false),
    );
    if (number !== this.number) return; // kept or dropped meanwhile
    this.asking = false;
    if (answer) this.found = answer.instances[0] ?? null;
    else this.clicks = before;
    if (this.found && !this.editor.category(this.found.category_id)) await this.editor.readCategories();
    this.changed();
    const next = this.waiting.shift();
    if (next) await this.ask([...this.clicks, next]);
  }

  /** Show, once the pointer rests, what a click there would give. @param {Click} click */
  look(click) {
    if (this.wanted) clearTimeout(this.wanted.timer);
    this.wanted = { click, timer: window.setTimeout(() => void this.askPreview(), REST) };
  }

  /** One at a time: a slow answer is followed by one for where the pointer is by then. @private */
  async askPreview() {
    const image = this.editor.image?.image_id;
    if (this.previewing || this.asking || !this.wanted || image === undefined) return;
    const { click } = this.wanted;
    this.wanted = null;
    this.previewing = true;
    const number = this.number,
      clicks = this.clicks;
    try {
      const { instances } = await api.maskFromPoints(image, [...clicks, click], this.editor.currentCategory?.id, true);
      if (number === this.number && clicks === this.clicks && image === this.editor.image?.image_id)
        this.preview = instances[0] ?? null;
    } catch (error) {
      if (!(error instanceof api.NoAnswer)) console.debug(lineOf(error)); // the click itself will say what is wrong
    } finally {
      this.previewing = false;
      this.changed();
      if (this.wanted) void this.askPreview();
    }
  }

  dropPreview() {
    if (this.wanted) clearTimeout(this.wanted.timer);
    this.wanted = null;
    if (this.preview) {
      this.preview = null;
      this.changed();
    }
  }

  /** Make an object of it, if need be as soon as its mask is there. @returns {number | null} its id until the server numbers it */
  keep() {
    const { found, editor, asking } = this;
    const image = editor.image?.image_id;
    const clicks = [...this.clicks, ...this.waiting];
    this.drop();
    if (image === undefined) return null;
    if (asking) void this.finish(image, clicks, editor.currentCategory?.id);
    return found && !asking ? this.create(found, image, editor.currentCategory?.id) : null;
  }

  /** @private @param {number} image @param {Click[]} clicks @param {number | undefined} category */
  async finish(image, clicks, category) {
    const answer = await this.editor.ask(texts.newMask.lookingAtTheClicks, () =>
      api.maskFromPoints(image, clicks, category, false),
    );
    const found = answer?.instances[0];
    if (found) this.create(found, image, category);
  }

  /** @private @param {Instance} found @param {number} image @param {number | undefined} category */
  create(found, image, category) {
    const category_id = category ?? found.category_id;
    const keypoints = keypointsWith(found, category_id, category !== undefined);
    return this.editor.draw({ category_id, segmentation: found.segmentation, ...keypoints }, image);
  }

  /** Forget it. */
  drop() {
    this.number++;
    this.clicks = [];
    this.waiting = [];
    this.asking = false;
    this.found = null;
    this.dropPreview();
    this.changed();
  }
}
