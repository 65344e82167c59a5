/** Merging the selected objects and cutting them out of each other: one edit each. The object that was selected first is the one that stays. */

import { merged, subtracted } from "./combine.js";
import { zOf } from "./stacking.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../editor.js").Editor} Editor */

/** The selected objects that may be changed, in the order in which they were selected. @param {Editor} editor @returns {import("../document.js").Instance[]} */
function chosen(editor) {
  const free = new Map(editor.selectedInstances.map((instance) => [instance.id, instance]));
  for (const id of editor.locked) free.delete(id);
  return [...editor.selection].flatMap((id) => free.get(id) ?? []);
}

/** Make one object of the selected ones. @param {Editor} editor */
export function mergeSelected(editor) {
  const [first, ...others] = chosen(editor);
  if (!editor.image) return;
  if (!first || !others.length) return editor.emit("notice", { text: texts.arrange.selectSeveralObjectsFirstShift });
  const segmentation = merged([first, ...others], editor.image);
  if (!segmentation) return;
  editor.changeMany({ update: [{ id: first.id, fields: { segmentation } }], delete: others.map(({ id }) => id) });
  editor.select(first.id);
}

/** Take what the others cover away from the object that was selected first. @param {Editor} editor */
export function subtractSelected(editor) {
  const [first, ...others] = chosen(editor);
  if (!editor.image) return;
  if (!first || !others.length) return editor.emit("notice", { text: texts.arrange.selectTheObjectToKeep });
  const segmentation = subtracted(first, others, editor.image);
  if (segmentation === undefined) return editor.emit("notice", { text: texts.arrange.theOthersCoverNothingOf });
  if (segmentation === null) editor.remove(first.id);
  else editor.change(first.id, { segmentation });
}

/** Take what the selected objects cover away from all others that are shown, so that none lies beneath them. @param {Editor} editor */
export function cutBeneath(editor) {
  const above = chosen(editor);
  const { image } = editor;
  if (!image) return;
  if (!above.length) return editor.emit("notice", { text: texts.arrange.selectTheObjectOnTop });
  const others = beneath(editor);
  /** @type {{update: {id: number, fields: import("../document.js").Fields}[], delete: number[]}} */
  const edits = { update: [], delete: [] };
  for (const other of others) {
    const near = above.filter((one) => liesOn(one, other));
    const segmentation = near.length ? subtracted(other, near, image) : undefined;
    if (segmentation === null) edits.delete.push(other.id);
    else if (segmentation !== undefined) edits.update.push({ id: other.id, fields: { segmentation } });
  }
  if (edits.update.length || edits.delete.length) editor.changeMany(edits);
  else editor.emit("notice", { text: texts.arrange.nothingLiesBeneath });
}

/** The objects that may lie beneath the selected ones: seen, free, not brought in front of them, and their boxes meet. @param {Editor} editor */
export function beneath(editor) {
  const above = chosen(editor);
  return editor
    .visibleInstances()
    .filter(
      (other) =>
        !editor.selection.has(other.id) && !editor.locked.has(other.id) && above.some((one) => liesOn(one, other)),
    );
}

/** @param {import("../document.js").Instance} one @param {import("../document.js").Instance} other */
const liesOn = (one, other) => zOf(other) <= zOf(one) && meet(one.bbox, other.bbox);

/** @typedef {import("../document.js").Instance["bbox"]} Box */
/** @param {Box} a @param {Box} b */
const meet = (a, b) => a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];
