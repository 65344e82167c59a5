/** Objects that are selected and moved together: those of one number in the attribute `group_id`. */

import { texts } from "../../messages/texts.js";

/** @typedef {import("../document.js").Instance} Instance */
/** @typedef {import("../document.js").Fields} Fields */

/** @param {{attributes?: {[name: string]: any}}} instance @returns {number | null} */
export function groupOf({ attributes }) {
  const group = attributes?.group_id;
  return typeof group === "number" ? group : null;
}

/** These objects and all that are shown of their groups; those that were asked for come last, as they were. @param {import("../editor.js").Editor} editor @param {number[]} ids */
export function withGroups(editor, ids) {
  const wanted = new Set(ids);
  const seen = editor.visibleInstances();
  const groups = new Set(seen.filter(({ id }) => wanted.has(id)).map(groupOf));
  groups.delete(null);
  const others = groups.size ? seen.filter((one) => !wanted.has(one.id) && groups.has(groupOf(one))) : [];
  return [...others.map(({ id }) => id), ...ids];
}

/** @param {readonly Instance[]} instances */
const freeNumber = (instances) => Math.max(0, ...instances.map((instance) => groupOf(instance) ?? 0)) + 1;

/** Make one group of the selected objects. @param {import("../editor.js").Editor} editor */
export function groupSelected(editor) {
  const chosen = editor.selectedInstances.filter(({ id }) => !editor.locked.has(id));
  if (chosen.length < 2) return editor.emit("notice", { text: texts.arrange.selectSeveralObjectsFirstShift });
  const group = freeNumber(editor.document?.instances ?? []);
  editor.changeMany({ update: chosen.map(({ id }) => ({ id, fields: { attributes: { group_id: group } } })) });
}

/** Take the selected objects out of their groups. @param {import("../editor.js").Editor} editor */
export function ungroupSelected(editor) {
  const chosen = editor.selectedInstances.filter((instance) => groupOf(instance) !== null);
  if (!chosen.length) return editor.emit("notice", { text: texts.arrange.selectAGroupFirst });
  editor.changeMany({ update: chosen.map(({ id }) => ({ id, fields: { attributes: { group_id: null } } })) });
}

/** Copies are groups of their own. @template {Fields} F @param {F[]} copies @param {readonly Instance[]} there @returns {F[]} */
export function inGroupsOfTheirOwn(copies, there) {
  const first = freeNumber(there);
  const groups = [...new Set(copies.map(groupOf))].filter((group) => group !== null);
  return copies.map((fields) => {
    const at = groups.indexOf(groupOf(fields) ?? NaN);
    return at < 0 ? fields : { ...fields, attributes: { ...fields.attributes, group_id: first + at } };
  });
}
