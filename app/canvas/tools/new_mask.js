/**
 * An object that is being clicked together from nothing: its clicks, what they give so far, a preview of the next, and
 * the larger and smaller objects that the clicks may mean as well.
 */

import * as api from "../model/api.js";
import { lineOf } from "../model/editor.js";
import { texts } from "../messages/texts.js";

/** @typedef {[number, number, boolean]} Click  x, y in image pixels; whether it belongs to the object */
/** @typedef {import("../model/document.js").Instance} Instance */
/** What clicks gave: an object, or null for nothing. @typedef {Instance | null} Found */

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

/** So many steps larger, or smaller, as far as there are any. @param {Instance[]} meanings by size @param {Instance} from one of them @param {number} steps */
function stepped(meanings, from, steps) {
  const place = meanings.indexOf(from) + steps;
  return meanings[Math.max(0, Math.min(meanings.length - 1, place))];
}

export class NewMask {
  /** @param {import("../model/editor.js").Editor} editor @param {() => void} changed */
  constructor(editor, changed) {
    this.editor = editor;
    this.changed = changed;
    /** @type {Click[]} */
    this.clicks = [];
    /** What the first click gave, the first two, and so on. @type {Found[]} */
    this.answers = [];
    /** With how many clicks a person said which of their meanings it is, from which later ones go on; 0 for never. */
    this.chosenAt = 0;
    /** What the clicks may mean, by size. @type {Instance[] | null} */
    this.meanings = null;
    /** What they would give with a click at the pointer. @type {Found} */
    this.preview = null;
    this.asking = false;
    /** Clicks that were made while an answer was awaited. @type {Click[]} */
    this.waiting = [];
    this.steps = 0; // to larger objects, below 0 to smaller ones, that were asked for and not taken yet
    this.previewing = false;
    /** @type {{click: Click, timer: number} | null} */
    this.wanted = null;
    this.number = 0; // of what is asked for: answers to what was taken back, kept or dropped are too late
  }

  get isEmpty() {
    return !this.clicks.length;
  }

  /** What the clicks give. */
  get found() {
    return this.answers.at(-1) ?? null;
  }

  /** @param {Click} click */
  async add(click) {
    this.dropPreview();
    if (this.asking) this.waiting.push(click);
    else await this.ask(click);
  }

  /** Take the last click back: what the others gave is known. */
  takeBack() {
    if (this.waiting.pop()) return;
    this.forget(this.clicks.length - 1);
    if (this.isEmpty) this.drop();
    this.changed();
  }

  /** All but the first so many clicks. @private @param {number} left */
  forget(left) {
    this.number++;
    this.asking = false;
    this.steps = 0;
    this.meanings = null;
    this.clicks = this.clicks.slice(0, left);
    this.answers = this.answers.slice(0, left);
    if (this.chosenAt > left) this.chosenAt = 0;
  }

  /** @private @param {Click} click */
  async ask(click) {
    const image = this.editor.image?.image_id;
    if (image === undefined) return;
    const { from, clicks: before } = this;
    const clicks = (this.clicks = [...before, click]);
    this.meanings = null;
    this.asking = true;
    const number = ++this.number;
    this.changed();
    const answer = await this.editor.ask(texts.newMask.lookingAtTheClicks, () =>
      this.answerTo(image, clicks, from, this.editor.currentCategory?.id),
    );
    if (number !== this.number) return; // taken back, kept or dropped meanwhile
    this.asking = false;
    if (answer) this.answers = [...this.answers, answer.found];
    else this.clicks = before;
    await this.nameFound();
    this.changed();
    await this.goOn(number);
  }

  /** What came while an answer was awaited has its turn, unless that was taken back, kept or dropped. @private @param {number} number of what was asked for */
  async goOn(number) {
    if (number !== this.number) return;
    const next = this.steps ? null : this.waiting.shift();
    if (next) await this.ask(next);
    else if (this.steps) await this.step();
  }

  /** Where the next click goes on from: what a person chose, and what clicks made of it; null: clicks alone say. @private */
  get from() {
    return this.chosenAt ? this.found : null;
  }

  /**
   * What clicks give, the newest of them added to those that gave `from`. @private @param {number} image
   * @param {Click[]} clicks @param {Found} from @param {number | undefined} category @param {boolean} [preview]
   * @returns {Promise<{found: Found}>}
   */
  async answerTo(image, clicks, from, category, preview = false) {
    if (from) {
      const mask = await api.refine(image, { segmentation: from.segmentation }, clicks);
      const isEmpty = Array.isArray(mask.segmentation) && !mask.segmentation.length;
      return { found: isEmpty ? null : { ...from, ...mask, keypoints: [] } };
    }
    const { instances } = await api.maskFromPoints(image, clicks, category, preview);
    return { found: instances[0] ?? null };
  }

  /** A guess may have brought a class in. @private */
  async nameFound() {
    if (this.found && !this.editor.category(this.found.category_id)) await this.editor.readCategories();
  }

  /** Take the next larger (1) or smaller (-1) object that the clicks may mean. @param {1 | -1} way */
  async resize(way) {
    if (this.isEmpty) return;
    this.steps += way;
    if (!this.asking) await this.step();
  }

  /** Take the object that is so many steps larger or smaller. @private */
  async step() {
    const { editor, found } = this;
    const image = editor.image?.image_id;
    const number = ++this.number;
    if (!found || image === undefined) {
      this.steps = 0;
      await this.goOn(number);
      return;
    }
    this.dropPreview();
    if (!this.meanings) {
      this.asking = true;
      this.changed();
      const meanings = await this.meaningsBeside(found, image, this.clicks, editor.currentCategory?.id);
      if (number !== this.number) return; // taken back, kept or dropped meanwhile
      this.asking = false;
      this.meanings = meanings;
    }
    const { steps } = this;
    this.steps = 0;
    const next = this.meanings && stepped(this.meanings, found, steps);
    if (next === found)
      editor.emit("notice", {
        text: steps > 0 ? texts.newMask.nothingLarger : texts.newMask.nothingSmaller,
        topic: "size", // whoever turns the wheel further sees it once
      });
    else if (next) {
      this.answers = [...this.answers.slice(0, -1), next];
      this.chosenAt ||= this.clicks.length;
      await this.nameFound();
    }
    this.changed();
    await this.goOn(number);
  }

  /**
   * What was found, and what else the clicks may mean, by size; null where the server does not say.
   * @private @param {Instance} found @param {number} image @param {Click[]} clicks @param {number | undefined} category
   * @returns {Promise<Instance[] | null>}
   */
  async meaningsBeside(found, image, clicks, category) {
    const ask = () => api.meaningsOfPoints(image, clicks, category);
    const answer = await this.editor.ask(texts.newMask.lookingForOthers, ask);
    const shape = JSON.stringify(found.segmentation);
    const others = answer?.instances.filter(({ segmentation }) => JSON.stringify(segmentation) !== shape);
    return others ? [found, ...others].sort((one, other) => (one.area ?? 0) - (other.area ?? 0)) : null;
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
    const { number, found, from } = this;
    try {
      const clicks = [...this.clicks, click];
      const answer = await this.answerTo(image, clicks, from, this.editor.currentCategory?.id, true);
      if (number === this.number && found === this.found && image === this.editor.image?.image_id)
        this.preview = answer.found;
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
    const category = editor.currentCategory?.id;
    const rest = asking && image !== undefined ? this.finished(image, category) : null;
    this.drop();
    if (image === undefined) return null;
    if (rest) void rest.then((whole) => whole && this.create(whole, image, category));
    return found && !asking ? this.create(found, image, category) : null;
  }

  /** What comes of it when all that waits has had its turn. @private @param {number} image @param {number | undefined} category @returns {Promise<Found>} */
  async finished(image, category) {
    let { clicks, found, from } = this;
    const { steps, waiting } = this;
    const isAnswered = this.answers.length === clicks.length;
    return await this.editor.ask(texts.newMask.lookingAtTheClicks, async () => {
      if (!isAnswered && (from || steps || !waiting.length))
        found = (await this.answerTo(image, clicks, from, category)).found;
      if (found && steps) {
        const meanings = await this.meaningsBeside(found, image, clicks, category);
        if (meanings) from = found = stepped(meanings, found, steps);
      } else if (from) from = found;
      // Clicks that nobody has chosen a meaning of are asked about together.
      const turns = from ? waiting.map((click) => [click]) : waiting.length ? [waiting] : [];
      for (const turn of turns) {
        clicks = [...clicks, ...turn];
        found = (await this.answerTo(image, clicks, from, category)).found;
        if (from) from = found;
      }
      return found;
    });
  }

  /** @private @param {Instance} found @param {number} image @param {number | undefined} category */
  create(found, image, category) {
    const category_id = category ?? found.category_id;
    const keypoints = keypointsWith(found, category_id, category !== undefined);
    return this.editor.draw({ category_id, segmentation: found.segmentation, ...keypoints }, image);
  }

  /** Forget it. */
  drop() {
    this.forget(0);
    this.waiting = [];
    this.dropPreview();
    this.changed();
  }
}
