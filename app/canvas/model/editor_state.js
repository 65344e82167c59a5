/**
 * What is seen and selected: the open document, the selection, the filter. Changing an object is `editor.js`'s.
 */

import { ownCategories } from "./classes.js";
import { edited, findCategory, findInstance } from "./document.js";
import { Emitter } from "./emitter.js";
import { remember, remembered } from "./preferences.js";
import { Thresholds } from "./thresholds.js";

/** @typedef {import("./document.js").ImageDocument} ImageDocument */
/** @typedef {import("./document.js").Instance} Instance */
/** @typedef {import("./document.js").Fields} Fields */

/** The part of an `Editor` that asks no server. @extends {Emitter<import("./events.js").EditorEvents>} */
export class EditorState extends Emitter {
  constructor() {
    super();
    /** @type {ImageDocument | null} */
    this.document = null;
    /** The object in hand: of several that are selected, the one that was selected last. @type {number | null} */
    this.selectedId = null;
    /** All that are selected, `selectedId` among them. @type {Set<number>} */
    this.selection = new Set();
    /** @type {number | null} */
    this.hoveredId = null;
    /** Index of the keypoint in hand, in the selected instance. @type {number | null} */
    this.activeKeypoint = null;
    /** Where points of the selected instance were before they were taken back. @type {Map<number, [number, number]>} */
    this.ghosts = new Map();
    /** What a drag has made of an instance so far; not yet an edit. @type {{id: number, fields: Fields} | null} */
    this.draft = null;
    /** @type {number | null} */
    this.currentCategoryId = remembered("class", null);
    this.thresholds = new Thresholds();
    /** Whether proposals below their threshold show too, faintly. */
    this.ghostsShown = remembered("ghosts", false);
    /** @type {Set<number>} */
    this.hidden = new Set();
    /** @type {Set<number>} */
    this.locked = new Set();
  }

  get image() {
    return this.document?.image ?? null;
  }

  get selected() {
    return this.document ? findInstance(this.document, this.selectedId) : null;
  }

  /** @param {number} id */
  category(id) {
    return this.document ? findCategory(this.document, id) : null;
  }

  /** The class that new objects get; null only where there is no class at all. */
  get currentCategory() {
    const categories = ownCategories(this.document);
    return categories.find((category) => category.id === this.currentCategoryId) ?? categories[0] ?? null;
  }

  /** The instance with the drag in progress applied. @param {Instance} instance @returns {Instance} */
  shown(instance) {
    return this.draft?.id === instance.id ? edited(instance, this.draft.fields) : instance;
  }

  /** @param {Instance} instance */
  isVisible(instance) {
    return !this.hidden.has(instance.id) && this.thresholds.pass(instance);
  }

  /** A proposal below its threshold that shows faintly. @param {Instance} instance */
  isGhost(instance) {
    return this.ghostsShown && !this.hidden.has(instance.id) && !this.thresholds.pass(instance);
  }

  /** Whether it is on the canvas, faintly or not. @param {Instance} instance */
  isSeen(instance) {
    return this.isVisible(instance) || this.isGhost(instance);
  }

  /** @returns {Instance[]} */
  visibleInstances() {
    return this.document ? this.document.instances.filter((instance) => this.isVisible(instance)) : [];
  }

  /** @returns {Instance[]} */
  ghostInstances() {
    return this.document ? this.document.instances.filter((instance) => this.isGhost(instance)) : [];
  }

  /** How many proposals are below their threshold, shown or not. */
  get countBelow() {
    return this.document?.instances.filter((instance) => !this.thresholds.pass(instance)).length ?? 0;
  }

  // -- selection and filter -------------------------------------------------------------------

  /** @param {number | null} id */
  select(id) {
    if (id === this.selectedId && this.selection.size <= 1) return;
    this.selectAll(id === null ? [] : [id]);
  }

  /** Select several; the last of them is the one in hand. @param {number[]} ids */
  selectAll(ids) {
    const last = ids.length ? ids[ids.length - 1] : null;
    this.selection = new Set(ids);
    if (last !== this.selectedId) {
      this.selectedId = last;
      this.activeKeypoint = null;
      this.ghosts = new Map();
    }
    this.emit("selection");
  }

  /** Add an object to the selection, or take it out. @param {number} id */
  toggleSelected(id) {
    const others = [...this.selection].filter((other) => other !== id);
    this.selectAll(this.selection.has(id) ? others : [...others, id]);
  }

  /** The selected instances in the document's order. @returns {Instance[]} */
  get selectedInstances() {
    return this.document?.instances.filter((instance) => this.selection.has(instance.id)) ?? [];
  }

  /** Whether several are selected, and none of them has the handles. */
  get selectsSeveral() {
    return this.selection.size > 1;
  }

  /** @protected @param {(instance: Instance) => boolean} stays */
  keepSelected(stays) {
    const left = new Set(this.selectedInstances.filter(stays).map(({ id }) => id));
    if (left.size !== this.selection.size) this.selectAll([...this.selection].filter((id) => left.has(id)));
  }

  /** @param {number | null} id */
  hover(id) {
    if (id === this.hoveredId) return;
    this.hoveredId = id;
    this.emit("hover");
  }

  /** @param {number | null} index */
  setActiveKeypoint(index) {
    if (index === this.activeKeypoint) return;
    this.activeKeypoint = index;
    this.emit("selection");
  }

  /** Keep the place of a keypoint that is taken back. @param {number} index @param {[number, number]} place */
  leaveGhost(index, place) {
    this.ghosts.set(index, place);
  }

  /** @param {{id: number, fields: Fields} | null} draft */
  setDraft(draft) {
    this.draft = draft;
    this.emit("draft");
  }

  /** @param {number | null} score 0..1; null: as the models are calibrated @param {number | null} [category] of one class only */
  setThreshold(score, category = null) {
    this.thresholds.set(score, category);
    this.keepSelected((instance) => this.isSeen(instance));
    this.emit("filter");
  }

  /** Show the proposals below their threshold, or no longer. @param {boolean} on */
  showGhosts(on) {
    this.ghostsShown = on;
    remember("ghosts", on);
    this.keepSelected((instance) => this.isSeen(instance));
    this.emit("filter");
  }

  /** @param {"hidden" | "locked"} flag @param {number | number[]} ids @param {boolean} [on] of several: unless all are already */
  toggle(flag, ids, on = ![ids].flat().every((id) => this[flag].has(id))) {
    for (const id of [ids].flat()) {
      if (on) this[flag].add(id);
      else this[flag].delete(id);
    }
    this.keepFlag(flag);
    this.emit("filter");
  }

  /** Hide and lock survive a reload. @protected @param {"hidden" | "locked"} flag */
  keepFlag(flag) {
    if (this.image) remember(`${flag}.${this.image.image_id}`, [...this[flag]]);
  }

  /** Hide everything, or show everything where all is hidden. */
  toggleAllHidden() {
    const ids = this.document?.instances.map((instance) => instance.id) ?? [];
    this.hidden = new Set(ids.every((id) => this.hidden.has(id)) ? [] : ids);
    this.keepFlag("hidden");
    this.emit("filter");
  }
}
