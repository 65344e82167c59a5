/** What a screen reader is told of the selection: the canvas itself says nothing. */

import { seenInOrder } from "../model/several/list_order.js";
import { element } from "../view/dom.js";
import { provenance } from "./side/object_row.js";
import { texts } from "../messages/texts.js";

/** @param {import("../model/editor.js").Editor} editor */
export function createAnnouncer(editor) {
  const root = element("div", { class: "ml-unseen", role: "status", "aria-live": "polite" });
  let said = "";
  let gone = 0;
  editor.on("madeway", (count) => (gone = count));
  editor.on(["selection", "document"], () => {
    const words = wordsOf(editor);
    if (words !== said || gone) root.textContent = gone ? `${words}, ${texts.announcer.madeWay(gone)}` : words;
    [said, gone] = [words, 0];
  });
  return root;
}

/** @param {import("../model/editor.js").Editor} editor */
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
