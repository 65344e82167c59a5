/**
 * Place, drag and judge keypoints: 2 visible, 1 hidden, 0 not labelled. Clicks go to the selected object while it has
 * points without a place; else they make a new object, point after point.
 */

import { countLabelled, shapeKind } from "../model/document.js";
import { withSidesSwapped } from "../model/shapes/keypoint_sides.js";
import { colorOf } from "../view/painter.js";
import { drawName, drawNext, drawProposed, shownBy } from "./keypoints/drawing.js";
import { dragKeypoint, setVisibility, turnVisibility } from "./keypoints/edits.js";
import { hintOf } from "./keypoints/hint.js";
import { createOptions } from "./keypoints/options.js";
import { Placing } from "./keypoints/placing.js";
import { NewSkeleton } from "./keypoints/skeleton.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../view/tool.js").Pointer} Pointer */
/** @typedef {import("../model/document.js").Instance} Instance */

const ON_IT = 4; // CSS pixels from a point, up to which a press means it where the next is to be placed

export class KeypointsTool {
  name = "keypoints";
  label = texts.keypoints.keypoints;
  help = texts.keypoints.keypointsOfAnObject;
  key = "K";
  icon = /** @type {const} */ ("keypoints");
  shortcuts = [
    { keys: ["."], label: texts.keypoints.skipThisKeypoint, run: () => this.skip() },
    { keys: [","], label: texts.keypoints.placeItMirrored, run: () => this.placeMirrored() },
    { keys: ["Shift+K"], label: texts.keypoints.swapLeftAndRight, run: () => this.swapSides() },
  ];

  /** @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    this.fresh = new NewSkeleton(editor, view);
    this.placing = new Placing(editor);
    /** What was pressed. Beside a point, a press that does not become a drag is the next point. @type {{index: number, start: Pointer, moving: boolean, fresh: boolean, beside: boolean} | null} */
    this.drag = null;
    this.placesHidden = false; // for a finger, which has no Shift
    this.showOptions = () => {};
    editor.on(["hint", "selection", "document", "class"], () => this.view.tool === this && this.showOptions());
  }

  options() {
    const { element, show } = createOptions(this);
    this.showOptions = show;
    return element;
  }

  /** What was placed on the left is the right one, and the other way round. */
  swapSides() {
    const { editor } = this;
    const { subject } = this.placing;
    const keypoints = subject && withSidesSwapped(subject.keypoints, subject.names);
    if (!keypoints) editor.emit("notice", { text: texts.keypoints.noLeftAndRight });
    else if (editor.locked.has(subject.instance.id)) editor.emit("notice", { text: texts.anyTool.lockedLUnlocksIt });
    else editor.change(subject.instance.id, { keypoints });
  }

  /** What the next click places: in the object that was begun, the selected one, or one that is begun by it. @returns {{name: string, color: string, index: number} | null} */
  get target() {
    const { editor, fresh } = this;
    const { subject, next } = this.placing;
    if (!fresh.begun && subject && next !== null) {
      if (editor.locked.has(subject.instance.id)) return null;
      return { name: subject.names[next], color: colorOf(editor.category(subject.instance.category_id)), index: next };
    }
    if (fresh.next === null) return null;
    return { name: fresh.names[fresh.next], color: fresh.color, index: fresh.next };
  }

  /** Where the next keypoint lies if both sides of the object are alike. */
  get proposed() {
    return this.fresh.begun ? this.fresh.proposed : this.placing.proposed;
  }

  /** Whether there is one that Backspace takes back. */
  get lastPlaced() {
    return this.placing.last !== null;
  }

  hint() {
    return hintOf(this);
  }

  /** @param {Pointer} pointer */
  cursor(pointer) {
    if (this.drag?.moving) return "grabbing";
    const over = this.fresh.begun ? this.fresh.at(pointer) : this.view.hoveredKeypoint;
    return over !== null ? "grab" : this.target ? "crosshair" : "default";
  }

  /** A ghost of the selected instance under the pointer. @private @param {Pointer} pointer */
  ghostAt(pointer) {
    for (const [index, [x, y]] of this.editor.ghosts) {
      if (
        Math.hypot(x - pointer.x, y - pointer.y) <= this.view.reach(9) &&
        !this.placing.subject?.keypoints[3 * index + 2]
      )
        return index;
    }
    return null;
  }

  /** @param {Pointer} pointer */
  pointerDown(pointer) {
    const { editor, view, fresh } = this;
    if (fresh.begun) return this.pressFresh(pointer);
    const found = view.keypointAt(pointer.x, pointer.y);
    if (found && !pointer.alt) {
      const isOwn = found.instance.id === editor.selectedId && this.placing.next !== null && pointer.button === 0;
      const beside = isOwn && this.isBeside(pointer, found.instance.keypoints, found.index);
      editor.select(found.instance.id);
      if (!beside) editor.setActiveKeypoint(found.index);
      if (editor.locked.has(found.instance.id)) return;
      if (pointer.button === 2) turnVisibility(editor, found.index);
      else this.drag = { index: found.index, start: pointer, moving: false, fresh: false, beside };
      return;
    }
    const ghost = this.ghostAt(pointer);
    if (ghost !== null && pointer.button === 2) return turnVisibility(editor, ghost);
    if (this.placing.next !== null && !pointer.alt) return this.place(pointer);
    const under = view.instancesAt(pointer.x, pointer.y).filter(({ id }) => id !== editor.selectedId);
    const other = pointer.alt ? undefined : under.find((instance) => this.takesPoints(instance));
    if (other) editor.select(other.id);
    else if (fresh.names.length) this.pressFresh(pointer);
    else if (under.length) editor.select(under[0].id);
  }

  /** Whether a click on an object means its keypoints, not those of a new one. @private @param {Instance} instance */
  takesPoints(instance) {
    const wanted = this.editor.category(instance.category_id)?.keypoints.length ?? 0;
    return wanted > 0 && (shapeKind(instance) !== "box" || countLabelled(instance.keypoints) < wanted);
  }

  /** A press while a new object is made, or the first. @private @param {Pointer} pointer */
  pressFresh(pointer) {
    const { editor, fresh } = this;
    const own = fresh.at(pointer);
    if (own !== null && pointer.button === 2) {
      const [x, y, visibility] = fresh.keypoints.slice(3 * own, 3 * own + 3);
      return fresh.change(own, x, y, 3 - visibility);
    }
    if (own !== null) {
      const beside = fresh.next !== null && this.isBeside(pointer, fresh.keypoints, own);
      this.drag = { index: own, start: pointer, moving: false, fresh: true, beside };
      return;
    }
    if (!this.onImage(pointer)) return;
    if (!fresh.begun) editor.select(null);
    fresh.add(pointer.x, pointer.y, this.visibilityOf(pointer));
  }

  /** Whether a press that reaches a point is not on it: eyes and nose of a small person lie that near. @private @param {Pointer} pointer @param {number[]} keypoints @param {number} index */
  isBeside({ x, y, touch }, keypoints, index) {
    return (
      Math.hypot(keypoints[3 * index] - x, keypoints[3 * index + 1] - y) > this.view.reach(touch ? 2 * ON_IT : ON_IT)
    );
  }

  /** @private @param {Pointer} pointer */
  onImage({ x, y }) {
    const { width, height } = this.editor.image ?? { width: 0, height: 0 };
    return x >= 0 && y >= 0 && x <= width && y <= height;
  }

  /** @private @param {Pointer} pointer */
  visibilityOf({ button, shift }) {
    return button === 2 || shift || this.placesHidden ? 1 : 2;
  }

  /** @private @param {Pointer} pointer */
  place(pointer) {
    if (this.onImage(pointer)) this.placing.place(pointer.x, pointer.y, this.visibilityOf(pointer));
  }

  /** The next keypoint stays without a place; the one after it is next. */
  skip() {
    const { fresh, placing } = this;
    if (this.view.tool !== this) return;
    if (!fresh.begun && placing.next !== null) placing.skip();
    else if (fresh.next !== null) fresh.add(0, 0, 0);
  }

  /** Place the next keypoint where its partner on the other side says. */
  placeMirrored() {
    const { fresh, proposed } = this;
    if (this.view.tool !== this) return;
    if (!proposed) this.editor.emit("notice", { text: texts.keypoints.nothingToMirror });
    else if (fresh.begun) fresh.add(...proposed);
    else this.placing.place(...proposed);
  }

  /** @param {Pointer} pointer @param {boolean} pressed */
  pointerMove(pointer, pressed) {
    const { editor, view, drag } = this;
    const { subject } = this.placing;
    if (drag && pressed) {
      drag.moving ||= Math.hypot(pointer.screenX - drag.start.screenX, pointer.screenY - drag.start.screenY) >= 3;
      if (!drag.moving) return;
      if (!drag.fresh) editor.setActiveKeypoint(drag.index);
      if (drag.fresh) this.fresh.change(drag.index, pointer.x, pointer.y, this.fresh.keypoints[3 * drag.index + 2]);
      else if (subject)
        editor.setDraft({
          id: subject.instance.id,
          fields: dragKeypoint(editor, subject.instance, drag.index, pointer),
        });
      return;
    }
    const found = view.keypointAt(pointer.x, pointer.y);
    view.hoveredKeypoint = found && found.instance.id === editor.selectedId ? found.index : null;
    editor.hover(subject || this.fresh.begun ? null : (view.instancesAt(pointer.x, pointer.y)[0]?.id ?? null));
    view.redrawOverlay();
  }

  pointerUp() {
    const { drag } = this;
    const { draft } = this.editor;
    this.drag = null;
    if (drag?.beside && !drag.moving && drag.fresh)
      this.fresh.add(drag.start.x, drag.start.y, this.visibilityOf(drag.start));
    else if (drag?.beside && !drag.moving) this.place(drag.start);
    else if (drag?.moving && !drag.fresh && draft) this.editor.change(draft.id, draft.fields);
  }

  /** The new object is done, with the keypoints that it has. */
  confirm() {
    if (!this.fresh.begun) return false;
    this.fresh.finish();
    this.editor.select(null); // the next click begins the next
    return true;
  }

  /** Take back the keypoint that was placed last. @returns {boolean} */
  back() {
    if (!this.fresh.begun) return this.placing.back();
    this.fresh.back();
    return true;
  }

  /** The keypoint in hand is taken back, or the last that was placed; without one, the whole object goes. */
  erase() {
    const active = this.editor.activeKeypoint;
    if (this.fresh.begun || active === null || !this.placing.subject?.keypoints[3 * active + 2]) return this.back();
    setVisibility(this.editor, active, 0);
    return true;
  }

  undo() {
    return this.fresh.begun && this.back();
  }

  cancel() {
    const { editor } = this;
    if (this.drag) {
      this.drag = null;
      editor.setDraft(null);
    } else if (this.fresh.begun) this.fresh.drop();
    else if (editor.activeKeypoint !== null) editor.setActiveKeypoint(null);
    else editor.select(null);
    return true;
  }

  /** Another image: what was begun waits on this one. */
  settle() {
    this.drag = null;
  }

  leave() {
    this.drag = null;
    this.view.hoveredKeypoint = null;
    this.editor.setDraft(null);
    if (this.fresh.begun) this.editor.emit("notice", { text: texts.keypoints.thePointsThatYouBegan });
  }

  /** What was begun is seen while another tool is in hand. @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  overlay(context, surface) {
    if (this.view.tool !== this && this.fresh.begun) this.fresh.drawWaiting(context, surface);
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    const { fresh, target, proposed } = this;
    const shown = shownBy(this);
    const pointer = this.view.pointer;
    const own = fresh.begun && pointer ? fresh.at(pointer) : null;
    if (fresh.begun) fresh.draw(context, surface, own);
    if (target && proposed && !this.drag) drawProposed(context, surface, target, proposed);
    const hovered = fresh.begun ? own : this.view.hoveredKeypoint;
    if (hovered !== null && shown) drawName(context, surface, shown, hovered);
    else if (pointer && target && !this.drag) drawNext(context, surface, target, pointer, this.placesHidden ? 1 : 2);
  }
}
