/** Place, drag and judge keypoints: 2 visible, 1 hidden, 0 not labelled. */

import { completeKeypoints, withKeypoint } from "../model/document.js";
import { withSidesSwapped } from "../model/shapes/keypoint_sides.js";
import { clamp } from "../model/shapes/geometry.js";
import { colorOf, drawPoint, drawTag, inScreenPixels } from "../view/painter.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../view/view.js").Pointer} Pointer */
/** @typedef {import("../model/document.js").Instance} Instance */

export const VISIBILITY = [texts.keypoints.notLabelled, texts.keypoints.hidden, texts.keypoints.visible];
const NEXT_VISIBILITY = [2, 0, 1]; // visible → hidden → not labelled → visible

/**
 * The fields of an instance whose keypoint is dragged to the pointer; its visibility stays.
 * @param {import("../model/editor.js").Editor} editor @param {Instance} instance @param {number} index @param {Pointer} pointer
 */
export function dragKeypoint(editor, instance, index, pointer) {
  const { width, height } = editor.image ?? { width: 0, height: 0 };
  const visibility = instance.keypoints[3 * index + 2] || 2;
  return {
    keypoints: withKeypoint(
      instance.keypoints,
      index,
      clamp(pointer.x, 0, width),
      clamp(pointer.y, 0, height),
      visibility,
    ),
  };
}

/**
 * Say how a keypoint is seen. One that is taken back leaves a ghost, so that the next turn brings it back to its place.
 * @param {import("../model/editor.js").Editor} editor @param {number} index @param {number} visibility 0, 1 or 2
 */
export function setVisibility(editor, index, visibility) {
  const instance = editor.selected;
  if (!instance) return;
  const keypoints = completeKeypoints(instance, editor.category(instance.category_id));
  const [x, y, before] = keypoints.slice(3 * index, 3 * index + 3);
  if (before === visibility) return;
  const place = before ? /** @type {[number, number]} */ ([x, y]) : editor.ghosts.get(index);
  if (!place) {
    editor.setActiveKeypoint(index);
    editor.emit("notice", { text: texts.keypoints.thisKeypointHasNoPlace });
    return;
  }
  if (!visibility) editor.leaveGhost(index, place);
  editor.change(instance.id, { keypoints: withKeypoint(keypoints, index, place[0], place[1], visibility) });
}

/** Turn a keypoint's visibility: visible, hidden, not labelled, visible. @param {import("../model/editor.js").Editor} editor @param {number} index */
export function turnVisibility(editor, index) {
  const instance = editor.selected;
  if (!instance) return;
  const keypoints = completeKeypoints(instance, editor.category(instance.category_id));
  setVisibility(editor, index, NEXT_VISIBILITY[keypoints[3 * index + 2] ?? 0]);
}

export class KeypointsTool {
  name = "keypoints";
  label = texts.keypoints.keypoints;
  key = "K";
  icon = /** @type {const} */ ("keypoints");
  shortcuts = [{ keys: ["Shift+K"], label: texts.keypoints.swapLeftAndRight, run: () => this.swapSides() }];

  /** @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    /** @type {{index: number, start: Pointer, moving: boolean} | null} */
    this.drag = null;
  }

  /** What was placed on the left is the right one, and the other way round. */
  swapSides() {
    const { subject, editor } = this;
    const keypoints = subject && withSidesSwapped(subject.keypoints, subject.names);
    if (!keypoints) editor.emit("notice", { text: texts.keypoints.noLeftAndRight });
    else if (editor.locked.has(subject.instance.id)) editor.emit("notice", { text: texts.keypoints.lockedLUnlocksIt });
    else editor.change(subject.instance.id, { keypoints });
  }

  /** @private @returns {{instance: Instance, names: string[], keypoints: number[]} | null} */
  get subject() {
    const instance = this.editor.selected;
    const category = instance && this.editor.category(instance.category_id);
    if (!instance || !category?.keypoints.length || !this.editor.isVisible(instance)) return null;
    return { instance, names: category.keypoints, keypoints: completeKeypoints(instance, category) };
  }

  /** The keypoint that the next click places: the one in hand, else the first without a place. @private */
  get next() {
    const subject = this.subject;
    if (!subject) return null;
    const free = (/** @type {number} */ index) => subject.keypoints[3 * index + 2] === 0;
    const active = this.editor.activeKeypoint;
    if (active !== null && free(active)) return active;
    const found = subject.names.findIndex((_, index) => free(index));
    return found < 0 ? null : found;
  }

  hint() {
    const { editor } = this;
    const selected = editor.selected;
    if (!selected) return texts.keypoints.clickTheObjectThatThe;
    if (editor.locked.has(selected.id)) return texts.keypoints.lockedLUnlocksIt;
    const category = editor.category(selected.category_id);
    if (!category?.keypoints.length) return texts.keypoints.hasNoKeypointsNameThem(category?.name ?? "?");
    const next = this.next;
    const rest = texts.keypoints.dragMovesAPointRight;
    return next === null
      ? texts.keypoints.allKeypointsArePlaced(rest)
      : texts.keypoints.clickRightClickHidden(category.keypoints[next], rest);
  }

  cursor() {
    if (this.drag?.moving) return "grabbing";
    return this.view.hoveredKeypoint !== null ? "grab" : this.next === null ? "default" : "crosshair";
  }

  /** A ghost of the selected instance under the pointer. @private @param {Pointer} pointer */
  ghostAt(pointer) {
    for (const [index, [x, y]] of this.editor.ghosts) {
      if (Math.hypot(x - pointer.x, y - pointer.y) <= this.view.reach(9) && !this.subject?.keypoints[3 * index + 2])
        return index;
    }
    return null;
  }

  /** @param {Pointer} pointer */
  pointerDown(pointer) {
    const { editor, view } = this;
    const found = view.keypointAt(pointer.x, pointer.y);
    if (found) {
      editor.select(found.instance.id);
      editor.setActiveKeypoint(found.index);
      if (editor.locked.has(found.instance.id)) return;
      if (pointer.button === 2) turnVisibility(editor, found.index);
      else this.drag = { index: found.index, start: pointer, moving: false };
      return;
    }
    const ghost = this.ghostAt(pointer);
    if (ghost !== null && pointer.button === 2) return turnVisibility(editor, ghost);
    if (!this.subject) {
      const under = view.instancesAt(pointer.x, pointer.y);
      const withPoints = under.find((instance) => editor.category(instance.category_id)?.keypoints.length);
      if (withPoints ?? under[0]) editor.select((withPoints ?? under[0]).id);
      return;
    }
    this.place(pointer);
  }

  /** @private @param {Pointer} pointer */
  place(pointer) {
    const { editor, subject, next } = this;
    if (!subject || next === null || editor.locked.has(subject.instance.id)) return;
    const { width, height } = editor.image ?? { width: 0, height: 0 };
    if (pointer.x < 0 || pointer.y < 0 || pointer.x > width || pointer.y > height) return;
    const keypoints = withKeypoint(subject.keypoints, next, pointer.x, pointer.y, pointer.button === 2 ? 1 : 2);
    editor.change(subject.instance.id, { keypoints });
    editor.setActiveKeypoint(next);
    editor.setActiveKeypoint(this.next);
  }

  /** @param {Pointer} pointer @param {boolean} pressed */
  pointerMove(pointer, pressed) {
    const { editor, view, drag, subject } = this;
    if (drag && pressed && subject) {
      drag.moving ||= Math.hypot(pointer.screenX - drag.start.screenX, pointer.screenY - drag.start.screenY) >= 3;
      if (drag.moving)
        editor.setDraft({
          id: subject.instance.id,
          fields: dragKeypoint(editor, subject.instance, drag.index, pointer),
        });
      return;
    }
    const found = view.keypointAt(pointer.x, pointer.y);
    view.hoveredKeypoint = found && found.instance.id === editor.selectedId ? found.index : null;
    editor.hover(subject ? null : (view.instancesAt(pointer.x, pointer.y)[0]?.id ?? null));
    view.redrawOverlay();
  }

  pointerUp() {
    const draft = this.editor.draft;
    const moving = this.drag?.moving;
    this.drag = null;
    if (moving && draft) this.editor.change(draft.id, draft.fields);
  }

  /** The keypoint in hand is taken back; without one, the whole object goes. */
  erase() {
    const active = this.editor.activeKeypoint;
    if (active === null || !this.subject?.keypoints[3 * active + 2]) return false;
    setVisibility(this.editor, active, 0);
    return true;
  }

  cancel() {
    const { editor } = this;
    if (this.drag) {
      this.drag = null;
      editor.setDraft(null);
    } else if (editor.activeKeypoint !== null) editor.setActiveKeypoint(null);
    else editor.select(null);
    return true;
  }

  leave() {
    this.drag = null;
    this.view.hoveredKeypoint = null;
    this.editor.setDraft(null);
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    const { editor, view, subject } = this;
    if (!subject) return;
    const color = colorOf(editor.category(subject.instance.category_id));
    const hovered = view.hoveredKeypoint;
    if (hovered !== null) {
      const shown = editor.shown(subject.instance);
      const [x, y] = surface.viewport.toScreen(shown.keypoints[3 * hovered], shown.keypoints[3 * hovered + 1]);
      drawTag(
        context,
        surface,
        x,
        y,
        `${subject.names[hovered]} · ${VISIBILITY[shown.keypoints[3 * hovered + 2]]}`,
        color,
        { beside: true },
      );
    } else if (view.pointer && this.next !== null && !this.drag && !editor.locked.has(subject.instance.id)) {
      inScreenPixels(context, surface);
      context.globalAlpha = 0.6;
      drawPoint(context, view.pointer.screenX, view.pointer.screenY, 4, color, 2);
      context.globalAlpha = 1;
      drawTag(context, surface, view.pointer.screenX, view.pointer.screenY, subject.names[this.next], color, {
        beside: true,
      });
    }
  }
}
