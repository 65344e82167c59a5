/** Merging and subtracting the selected objects: one edit each. The object that was selected first is the one that stays. */

import { merged, subtracted } from "./combine.js";
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
