/**
 * What lies on what: the attribute `z_order`, as CVAT has it; without it 0. Of equals the smaller object is drawn on top.
 * It is an attribute like others, so that exports carry it and undo takes it back.
 */

import { texts } from "../../messages/texts.js";

/** @typedef {import("../document.js").Instance} Instance */

/** @param {Instance} instance @returns {number} */
export function zOf({ attributes }) {
  const z = attributes?.z_order;
  return typeof z === "number" && Number.isFinite(z) ? z : 0;
}

/** From what lies at the bottom to what lies on top. @param {Instance} a @param {Instance} b */
export const upwards = (a, b) => zOf(a) - zOf(b) || b.area - a.area;

/** Put the selected objects above all others, or below; among themselves they stay as they lie. @param {import("../editor.js").Editor} editor @param {"front" | "back"} where */
export function restack(editor, where) {
  const moving = editor.selectedInstances.filter(({ id }) => !editor.locked.has(id));
  if (!moving.length) return editor.emit("notice", { text: texts.arrange.selectWhatIsToLieElsewhere });
  const others = editor.document?.instances.filter(({ id }) => !moving.some((one) => one.id === id)) ?? [];
  const steps = [...new Set(moving.map(zOf))].sort((a, b) => a - b);
  const lowest =
    where === "front"
      ? Math.max(-1, ...others.map(zOf)) + 1 // 0 where all others are below it
      : Math.min(1, ...others.map(zOf)) - steps.length;
  const update = moving.flatMap((instance) => {
    const z = Math.floor(lowest) + steps.indexOf(zOf(instance));
    return z === zOf(instance) ? [] : [{ id: instance.id, fields: { attributes: { z_order: z || null } } }];
  });
  if (update.length) editor.changeMany({ update });
  else
    editor.emit("notice", {
      text: where === "front" ? texts.arrange.liesInFrontAlready : texts.arrange.liesAtTheBackAlready,
    });
}
