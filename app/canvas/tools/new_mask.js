/** An object that is being clicked together from nothing: its clicks, what they give so far, and a preview of the next. */

import * as api from "../model/api.js";
import { lineOf } from "../model/editor.js";

/** @typedef {[number, number, boolean]} Click  x, y in image pixels; whether it belongs to the object */
/** @typedef {import("../model/document.js").Instance} Instance */

const REST = 40; // milliseconds that the pointer rests before a preview is asked for

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
    if (this.asking) return;
    this.dropPreview();
    await this.ask([...this.clicks, click]);
  }

  /** Take the last click back. */
  async takeBack() {
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
    const answer = await this.editor.ask("Looking at the clicks", () =>
      api.maskFromPoints(image, clicks, this.editor.currentCategory?.id, false),
    );
    this.asking = false;
    if (number === this.number) {
      if (answer) this.found = answer.instances[0] ?? null;
      else this.clicks = before;
      if (answer && this.found && !this.editor.category(this.found.category_id)) await this.editor.readCategories();
    }
    this.changed();
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

  /** Make an object of it. @returns {number | null} its id until the server numbers it */
  keep() {
    const { found, editor } = this;
    this.drop();
    if (!found) return null;
    const category_id = editor.currentCategory?.id ?? found.category_id;
    const keypoints = category_id === found.category_id && found.keypoints.length ? { keypoints: found.keypoints } : {};
    return editor.create({ category_id, segmentation: found.segmentation, ...keypoints });
  }

  /** Forget it. */
  drop() {
    this.number++;
    this.clicks = [];
    this.found = null;
    this.dropPreview();
    this.changed();
  }
}
