/** Edits of a keypoint that several tools and the panel make: where it is, and how it is seen: 2 visible, 1 hidden, 0 not labelled. */

import { completeKeypoints, withKeypoint } from "../../model/document.js";
import { clamp } from "../../model/shapes/geometry.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../view/tool.js").Pointer} Pointer */
/** @typedef {import("../../model/document.js").Instance} Instance */

export const VISIBILITY = [texts.keypoints.notLabelled, texts.keypoints.hidden, texts.keypoints.visible];
const NEXT_VISIBILITY = [2, 0, 1]; // visible → hidden → not labelled → visible

/**
 * The fields of an instance whose keypoint is dragged to the pointer; its visibility stays.
 * @param {import("../../model/editor.js").Editor} editor @param {Instance} instance @param {number} index @param {Pointer} pointer
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
 * @param {import("../../model/editor.js").Editor} editor @param {number} index @param {number} visibility 0, 1 or 2
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

/** Turn a keypoint's visibility: visible, hidden, not labelled, visible. @param {import("../../model/editor.js").Editor} editor @param {number} index */
export function turnVisibility(editor, index) {
  const instance = editor.selected;
  if (!instance) return;
  const keypoints = completeKeypoints(instance, editor.category(instance.category_id));
  setVisibility(editor, index, NEXT_VISIBILITY[keypoints[3 * index + 2] ?? 0]);
}
