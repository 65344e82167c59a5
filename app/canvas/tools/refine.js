/**
 * Masks by clicks: a click adds what is there, Shift+click takes it away. On a selected object every click is one edit;
 * on an empty place clicks begin a new object, which Enter keeps and Esc drops. The next one begins beside it.
 */

import { colorOf, drawLabel, drawShape } from "../view/painter.js";
import { drawClicks } from "./mask_clicks.js";
import { NewMask } from "./new_mask.js";
import { button, element } from "../view/dom.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../view/tool.js").Pointer} Pointer */

const NOTCH = 60; // pixels of the wheel's travel that are a step, also where it has no notches

export class RefineTool {
  name = "refine";
  label = texts.refine.outlineOrMendByClicks;
  help = texts.refine.outlineAnObjectByClicks;
  key = "M";
  icon = /** @type {const} */ ("refine");
  shortcuts = [
    { keys: [">"], label: texts.refine.aLargerObject, run: () => this.resize(1) },
    { keys: ["<"], label: texts.refine.aSmallerObject, run: () => this.resize(-1) },
  ];

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
    this.meaning = newEdge.meaning;
    this.fresh = new NewMask(editor, () => {
      view.redrawOverlay();
      editor.emit("hint");
    });
    /** The object that Enter has just kept: it is selected, but done with. @type {number | null} */
    this.keptId = null;
    editor.on("selection", () => {
      if (editor.selectedId !== null) this.settle();
      if (editor.selectedId !== this.keptId) this.keptId = null;
    });
    editor.on("renumber", ({ from, to }) => {
      if (this.keptId === from) this.keptId = to;
    });
    editor.on("open", () => this.fresh.drop());
    this.travel = 0; // of the wheel since it last meant something
    this.showOptions = () => {};
    editor.on(["hint", "selection"], () => this.showOptions());
  }

  /** What a click does, and the end of a new object: what a finger has no keys for. */
  options() {
    const meaning = this.meaning.createOptions(this.newEdge, () => this.confirm() || this.editor.select(null));
    const sizes = element(
      "div",
      { class: "ml-in-a-line" },
      button(null, texts.refine.aSmallerObject, () => this.resize(-1), {
        class: "ml-small",
        text: texts.refine.smaller,
      }),
      button(null, texts.refine.aLargerObject, () => this.resize(1), { class: "ml-small", text: texts.refine.larger }),
    );
    this.showOptions = () => {
      meaning.show();
      meaning.element.hidden = this.fresh.isEmpty && !this.editor.selected;
      sizes.hidden = this.fresh.isEmpty;
      row.hidden = meaning.element.hidden || !this.meaning.isOffered;
    };
    const row = element("div", { class: "ml-in-a-line" }, sizes, meaning.element);
    this.showOptions();
    return row;
  }

  /** Another object that the clicks may mean. @param {1 | -1} way larger or smaller */
  resize(way) {
    if (this.view.tool === this && !this.fresh.isEmpty) void this.fresh.resize(way);
    else this.editor.emit("notice", { text: texts.refine.firstClickSomething });
  }

  /** Up is larger. @param {number} travel of the wheel with Shift */
  wheel(travel) {
    if (this.fresh.isEmpty) return false;
    this.travel = this.travel * travel < 0 ? travel : this.travel + travel;
    if (Math.abs(this.travel) >= NOTCH) {
      this.resize(this.travel < 0 ? 1 : -1);
      this.travel = 0;
    }
    return true;
  }

  /** The class of the object that is clicked together: the chosen one, or the model's guess where there is none. @private */
  get category() {
    const found = this.fresh.found ?? this.fresh.preview;
    return this.editor.currentCategory ?? (found && this.editor.category(found.category_id));
  }

  hint() {
    const selected = this.editor.selected;
    if (!this.fresh.isEmpty) return texts.refine.clickAddsShiftClickTakes(this.category?.name ?? "");
    if (!selected) return texts.refine.clickSomethingToOutlineIt(this.category?.name ?? "");
    if (this.editor.locked.has(selected.id)) return texts.anyTool.lockedLUnlocksIt;
    if (selected.id === this.keptId) return texts.refine.keptClickTheNext;
    return texts.refine.clickAddsToTheMask;
  }

  /** @param {Pointer} pointer */
  cursor(pointer) {
    if (this.clicks.asking || this.fresh.asking) return "progress";
    if (this.mended(pointer) || !this.under(pointer)) return pointer.shift ? "not-allowed" : "crosshair";
    return "pointer";
  }

  /** The object that a click would select. @private @param {Pointer} pointer */
  under(pointer) {
    return this.fresh.isEmpty ? (this.view.instancesAt(pointer.x, pointer.y)[0] ?? null) : null;
  }

  /** What a click mends: the selected object; one that was just kept only within its box. @private @param {Pointer} pointer */
  mended({ x, y }) {
    const { selected } = this.editor;
    if (!selected || selected.id !== this.keptId) return selected;
    const [left, top, width, height] = selected.bbox;
    return x >= left && y >= top && x <= left + width && y <= top + height ? selected : null;
  }

  /** @private @param {Pointer} pointer */
  isInside(pointer) {
    const image = this.editor.image;
    return image !== null && pointer.x >= 0 && pointer.y >= 0 && pointer.x < image.width && pointer.y < image.height;
  }

  /** @param {Pointer} pointer */
  pointerDown(pointer) {
    const { editor } = this;
    if (pointer.button !== 0 || this.newEdge.begins(pointer)) return;
    const mended = this.mended(pointer);
    const under = mended ? null : this.under(pointer);
    if (mended) void this.clicks.add([pointer.x, pointer.y, this.meaning.adds(pointer)]);
    else if (under) editor.select(under.id);
    else if (this.isInside(pointer) && (!this.fresh.isEmpty || !pointer.shift)) {
      editor.select(null); // what was kept before
      void this.fresh.add(this.freshClick(pointer));
    }
  }

  /** Of a new object: the first click is on it. @private @param {Pointer} pointer @returns {import("./new_mask.js").Click} */
  freshClick(pointer) {
    return [pointer.x, pointer.y, this.fresh.isEmpty || this.meaning.adds(pointer)];
  }

  /** @param {Pointer} pointer @param {boolean} [pressed] */
  pointerMove(pointer, pressed) {
    const mended = this.mended(pointer);
    const under = mended ? null : this.under(pointer);
    this.editor.hover(under?.id ?? null);
    const startsOrGoesOn = !mended && !under && this.isInside(pointer) && (!this.fresh.isEmpty || !pointer.shift);
    if (startsOrGoesOn && !pressed && !pointer.touch) this.fresh.look(this.freshClick(pointer));
    else this.fresh.dropPreview();
    this.view.redrawOverlay();
  }

  /** The edit itself is taken back by the server's history; a click on a new object here. */
  undo() {
    if (!this.fresh.isEmpty) return this.erase();
    return this.clicks.takeBack();
  }

  erase() {
    if (this.fresh.isEmpty) return false;
    void this.fresh.takeBack();
    return true;
  }

  /** Enter keeps the new object. */
  confirm() {
    if (this.fresh.isEmpty) return false;
    const id = this.fresh.keep();
    if (id === null) return true;
    this.editor.select(id);
    this.keptId = id;
    this.editor.emit("hint");
    return true;
  }

  cancel() {
    if (!this.fresh.isEmpty) this.fresh.drop();
    else if (!this.clicks.cancel()) this.editor.select(null);
    return true;
  }

  /** Something else is turned to: what was clicked together is kept, since undo can take it back. */
  settle() {
    if (!this.fresh.isEmpty) this.fresh.keep();
    this.fresh.dropPreview();
  }

  leave() {
    this.clicks.forget();
    this.settle();
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    const { fresh, editor } = this;
    const category = fresh.isEmpty && editor.selected ? editor.category(editor.selected.category_id) : this.category;
    if (fresh.preview && this.view.pointer)
      drawShape(context, { ...surface, opacity: surface.opacity * 0.6 }, fresh.preview, category, "plain");
    if (fresh.found) drawShape(context, surface, fresh.found, category, "selected");
    const becomes = fresh.found ?? (this.view.pointer && fresh.preview);
    if (becomes && category) drawLabel(context, surface, becomes, 7, category.name, colorOf(category));
    if (fresh.isEmpty) this.clicks.draw(context, surface);
    else drawClicks(context, surface, fresh.clicks, colorOf(category));
  }
}
