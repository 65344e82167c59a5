/** The editor as a whole: which image is open, which tool is in hand, and what the buttons and keys do. */

import { Clipboard, copiesOf } from "./model/several/clipboard.js";
import { inGroupsOfTheirOwn } from "./model/several/groups.js";
import { classKeys, ownCategories } from "./model/classes.js";
import { shapeKind, simplified } from "./model/document.js";
import { lineOf } from "./model/editor.js";
import { takePageName } from "./model/page_name.js";
import { browserSession } from "./model/preferences.js";
import { carryOver } from "./carry_over.js";
import { OpenImages } from "./open_images.js";
import { reviewStep, takeReviewStep } from "./review.js";
import { turnVisibility } from "./tools/keypoints/edits.js";
import { createTools } from "./tools/list.js";
import { Walk } from "./walk.js";
import { texts } from "./messages/texts.js";

/** @typedef {import("./tools/list.js").ToolName} ToolName */
/** @typedef {import("./view/tool.js").Tool} Tool */

const PASTE_PAUSE = 30; // milliseconds
const COPY_STEP = 12; // CSS pixels between an object and its copy
const SIMPLIFY_TOLERANCE = 1.5; // CSS pixels at the present zoom: what the eye would not miss

export class Workbench extends OpenImages {
  /** @param {HTMLElement} root the element that everything is in */
  constructor(root) {
    super();
    this.root = root;
    /** Ends with the editor: what listens outside its element listens until then. */
    this.leaving = new AbortController();
    this.tools = createTools(this.editor, this.view);
    /** @type {ToolName} */
    this.toolName = "select";
    this.galleryShown = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.pasting = undefined;
    this.clipboard = new Clipboard(browserSession());
    this.walk = new Walk(this.editor, this.view);
    this.view.setTool(this.tools.select);
    this.view.onOverlay = (context, surface) => this.toolList.forEach((tool) => tool.overlay?.(context, surface));
  }

  /** Read the workspace and open the image of the address, the last one, or the first. */
  async start() {
    await Promise.all([takePageName(), this.signedIn.ask()]);
    this.editor.emit("signedin");
    await this.editor.outbox.adopt();
    await this.images.read();
    void this.assistant.askModel();
    await this.openFirst();
  }

  /** Take the editor off the page; what is not saved yet stays in the browser's storage. */
  unmount() {
    this.leaving.abort();
    this.assistant.close();
    this.editor.outbox.close();
    this.view.imageLayer.close();
    this.view.tiles.close();
    this.root.remove();
  }

  // -- tools ----------------------------------------------------------------------------------

  /** @returns {Tool[]} */
  get toolList() {
    return Object.values(this.tools);
  }

  /** The one that has the pointer: that in hand, or what it lends it to. @returns {Tool} */
  get tool() {
    return this.view.tool ?? this.tools.select;
  }

  /** @param {ToolName} name */
  setTool(name) {
    if (name === this.toolName) return;
    this.toolName = name;
    this.view.setTool(this.tools[name]);
    this.editor.emit("tool");
  }

  /** @param {boolean} on */
  showGallery(on) {
    this.galleryShown = on && this.images.rows.length > 0;
    this.editor.emit("gallery");
  }

  /** What the tool is at comes to an end: kept where it can be, else dropped. */
  settleTool() {
    this.view.release();
    if (this.tool.settle) this.tool.settle();
    else this.tool.cancel?.();
  }

  /** The editor alone on the screen, or on the page again. */
  async toggleFullScreen() {
    try {
      // Some phones have no such function at all, others refuse.
      await (document.fullscreenElement ? document.exitFullscreen() : this.root.requestFullscreen());
    } catch (error) {
      this.editor.emit("notice", { text: texts.workbench.noFullScreen(lineOf(error)) });
    }
  }

  // -- what keys and buttons do ------------------------------------------------------------------

  undo() {
    if (this.galleryShown || this.tool.undo?.()) return;
    void this.editor.travel("undo");
  }

  redo() {
    if (!this.galleryShown) void this.editor.travel("redo");
  }

  /** Keep the selected objects for a paste. @returns {boolean} false where nothing is selected */
  copy() {
    const { selectedInstances, image } = this.editor;
    if (!selectedInstances.length || !image) return false;
    this.clipboard.copy(selectedInstances, image.image_id);
    const count = selectedInstances.length;
    this.editor.emit("notice", {
      text: texts.workbench.copiedCtrlVPastesOn(count),
    });
    return true;
  }

  /** Add what was copied to the open image, as one edit. */
  paste() {
    const { image } = this.editor;
    if (!image || this.galleryShown || !this.clipboard.instances.length) return;
    const copies = this.clipboard.pasted(image.image_id, image, this.view.reach(COPY_STEP));
    const known = copies.filter(({ category_id }) => this.editor.category(category_id));
    if (!known.length) this.editor.emit("notice", { text: texts.workbench.nothingPastedWhatWasCopied });
    this.add(known);
  }

  /** After a moment in which the browser may say that it is pictures that are pasted. */
  pasteSoon() {
    clearTimeout(this.pasting);
    this.pasting = setTimeout(() => this.paste(), PASTE_PAUSE);
  }

  /** Add copies of the selected objects beside them, as one edit. */
  duplicate() {
    const { image, selectedInstances } = this.editor;
    if (image && !this.galleryShown) this.add(copiesOf(selectedInstances, this.view.reach(COPY_STEP), image));
  }

  /** @private @param {(import("./model/document.js").Fields & {category_id: number})[]} fields */
  add(fields) {
    if (!fields.length) return;
    const copies = inGroupsOfTheirOwn(fields, this.editor.document?.instances ?? []);
    const ids = this.editor.changeMany({ create: copies });
    if (this.toolName !== "select") this.setTool("select");
    this.editor.selectAll(ids);
  }

  /** Delete what the tool has in hand, else the selected objects. @param {boolean} [held] down: points go on going, one object is enough */
  erase(held = false) {
    if (this.tool.erase?.() || held) return;
    const { editor } = this;
    const chosen = editor.selectedInstances;
    const free = chosen.filter(({ id }) => !editor.locked.has(id));
    const left = chosen.length - free.length;
    if (left) {
      const text = chosen.length === 1 ? texts.workbench.thisObjectIsLockedL : texts.workbench.areLockedAndStayL(left);
      editor.emit("notice", { text });
    }
    if (!free.length) return;
    const next = chosen.length === 1 ? this.walk.afterDeleting(free[0]) : null;
    editor.emit("deleted", free);
    if (free.length > 1) editor.changeMany({ delete: free.map(({ id }) => id) });
    else editor.remove(free[0].id);
    if (next) this.walk.to(next);
  }

  /** Arrow keys move what the tool has taken hold of. @param {number} dx @param {number} dy pixels of the image @returns {boolean} */
  nudge(dx, dy) {
    return !this.galleryShown && (this.tool.nudge?.(dx, dy) ?? false);
  }

  /** Select everything that is shown. */
  selectEverything() {
    this.editor.selectAll(this.editor.visibleInstances().map(({ id }) => id));
  }

  /** Esc: the tool's own step first, then the gallery, then the selection. */
  cancel() {
    if (this.galleryShown) this.showGallery(false);
    else if (!this.tool.cancel?.()) this.editor.selectAll([]);
  }

  cycleKeypoint() {
    const index = this.editor.activeKeypoint ?? this.view.hoveredKeypoint;
    if (index !== null) turnVisibility(this.editor, index);
  }

  /** @param {1 | -1} direction */
  selectNext(direction) {
    this.walk.step(direction);
  }

  /** Accept the selected proposal and go on to the next one. */
  accept() {
    if (this.tool.confirm?.()) return;
    const { editor } = this;
    const selected = editor.selected;
    if (editor.selectsSeveral) {
      const proposed = editor.selectedInstances.filter(({ status }) => status === "proposed");
      return void editor.changeMany({ update: proposed.map(({ id }) => ({ id, fields: { status: "accepted" } })) });
    }
    if (selected) editor.accept(selected.id);
    this.walk.toProposal(selected?.id ?? null);
  }

  /** What the review button says: the image is done, the review is accepted, or it is opened for work again. */
  async toggleReviewed() {
    await takeReviewStep(this, reviewStep(this));
  }

  findObjects() {
    const image = this.editor.image?.image_id;
    if (image !== undefined && !this.galleryShown) void this.assistant.find(image);
  }

  /** Put the last image's accepted objects on this one, as proposals where they are seen again. */
  async carryOver() {
    await carryOver(this);
  }

  toggleSelected(/** @type {"hidden" | "locked"} */ flag) {
    if (this.editor.selection.size) this.editor.toggle(flag, [...this.editor.selection]);
    else if (flag === "hidden") this.editor.toggleAllHidden();
  }

  /** @param {string} key 1 to 9 */
  chooseClassByKey(key) {
    const category = classKeys(ownCategories(this.editor.document)).get(key);
    if (category) this.editor.chooseCategory(category.id);
  }

  convertToPolygon() {
    const selected = this.editor.selected;
    if (selected && shapeKind(selected) === "bitmap") this.tools.select.convert(selected);
  }

  simplify() {
    const selected = this.editor.selected;
    if (!selected || !Array.isArray(selected.segmentation)) return;
    const before = selected.segmentation.reduce((sum, ring) => sum + ring.length / 2, 0);
    const segmentation = simplified(selected.segmentation, this.view.reach(SIMPLIFY_TOLERANCE));
    const after = segmentation.reduce((sum, ring) => sum + ring.length / 2, 0);
    if (after < before) this.editor.change(selected.id, { segmentation });
    this.editor.emit("notice", {
      text: after < before ? texts.workbench.pointsBecame(before, after) : texts.workbench.noPointCanGoWithout,
    });
  }
}
