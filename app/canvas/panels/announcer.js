/** What a screen reader is told: the selection, what was deleted, what an undo did. The canvas itself says nothing. */

import { seenInOrder } from "../model/several/list_order.js";
import { element } from "../view/dom.js";
import { provenance } from "./side/object_row.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../model/document.js").Instance} Instance */
/** @typedef {import("../model/editor.js").Editor} Editor */

/** @param {Editor} editor */
export function createAnnouncer(editor) {
  const root = element("div", { class: "ml-unseen", role: "status", "aria-live": "polite" });
  let said = "";
  let gone = 0;
  let first = ""; // what was done, before what is selected after it
  editor.on("madeway", (count) => (gone = count));
  editor.on("deleted", (objects) => {
    first = texts.announcer.deleted(named(editor, objects), (editor.document?.instances.length ?? 0) - objects.length);
  });
  editor.on("travelled", ({ direction, to }) => {
    const words = wayOf(editor, editor.document?.instances ?? [], to);
    first = direction === "undo" ? texts.announcer.undone(words) : texts.announcer.redone(words);
  });
  let due = false;
  const tell = () => {
    due = false;
    const words = wordsOf(editor);
    const after = gone ? `${words}, ${texts.announcer.madeWay(gone)}` : words;
    if (words !== said || gone || first) root.textContent = [first, after].filter(Boolean).join(". ");
    [said, gone, first] = [words, 0, ""];
  };
  // All that one key does is told at once: what was deleted, and what is selected in its place.
  editor.on(["selection", "document"], () => {
    if (!due) queueMicrotask(tell);
    due = true;
  });
  return root;
}

/** One by its class, several by their number. @param {Editor} editor @param {Instance[]} objects */
function named(editor, objects) {
  if (objects.length !== 1) return texts.announcer.objects(objects.length);
  return editor.category(objects[0].category_id)?.name ?? texts.announcer.object;
}

/** What is another on the way from some objects to others. @param {Editor} editor @param {Instance[]} from @param {Instance[]} to */
function wayOf(editor, from, to) {
  const before = new Map(from.map((one) => [one.id, one]));
  const after = new Set(to.map(({ id }) => id));
  const come = to.filter(({ id }) => !before.has(id));
  const left = from.filter(({ id }) => !after.has(id));
  const other = to.filter(({ id, revision }) => (before.get(id)?.revision ?? revision) !== revision);
  const parts = [
    come.length && texts.announcer.isBack(named(editor, come)),
    left.length && texts.announcer.isGone(named(editor, left)),
    other.length && texts.announcer.isOther(named(editor, other)),
  ].filter(Boolean);
  return parts.join(", ") || texts.announcer.objects(to.length);
}

/** @param {Editor} editor */
function wordsOf(editor) {
  const { selected, selection, document } = editor;
  if (!selected || !document) return document && !selection.size ? texts.announcer.nothingSelected : "";
  if (selection.size > 1) return texts.announcer.objectsSelected(selection.size);
  const visible = seenInOrder(editor);
  const place = visible.findIndex(({ id }) => id === selected.id) + 1;
  const score =
    selected.status === "proposed" && selected.score !== null ? `, ${Math.round(selected.score * 100)} %` : "";
  const flags = `${editor.locked.has(selected.id) ? texts.announcer.locked : ""}${editor.hidden.has(selected.id) ? texts.announcer.hidden : ""}`;
  const name = editor.category(selected.category_id)?.name ?? texts.announcer.object;
  return texts.announcer.described(name, provenance(selected), score, flags, place, visible.length);
}
