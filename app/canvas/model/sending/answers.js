/** What the server says to an edit, and what that means for the document on the screen. */

import { fieldsOf, findInstance, withInstance, withoutInstance } from "../document.js";
import { savedInstances } from "./edit.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../document.js").ImageDocument} ImageDocument */
/** @typedef {import("../document.js").Instance} Instance */
/** @typedef {import("../document.js").Fields} Fields */
/** @typedef {import("../editor.js").Editor} Editor */
/** @typedef {import("../editor.js").Notice} Notice */
/** @typedef {import("./edit.js").Edit} Edit */

/** An edit is on the server. @param {Editor} editor @param {Edit} edit @param {any} saved */
export function takeSaved(editor, edit, saved) {
  const document = editor.document;
  if (!document || document.image.image_id !== edit.image) return;
  const status = document.image.status === "todo" ? "in_progress" : document.image.status; // as the server does
  // Every edit adds one to the revision: a larger step means that somebody else is at this image too, whose work is not
  // here yet. Until it is, the document stays older than the server's, so that it is looked for.
  const othersToo = saved.revision > document.revision + 1;
  const changed = status === "reviewed" ? { changed: true } : {};
  /** @type {ImageDocument} */
  let next = {
    ...document,
    image: { ...document.image, status, ...changed },
    revision: (!othersToo && saved.revision) || document.revision,
    can_undo: true,
    can_redo: false,
  };
  for (const [from, written] of savedInstances(edit, saved)) {
    const { id, revision } = written;
    const local = findInstance(document, from);
    if (!local) continue;
    next = withInstance(next, from, editor.outbox.concerns(edit.image, id) ? { ...local, id, revision } : written);
    if (from !== id) editor.renumber(from, id);
  }
  editor.setDocument(next);
  if (othersToo && !editor.outbox.edits.length) void editor.reload().catch(() => {});
}

/** Somebody else was faster: theirs is shown, mine is offered. @param {Editor} editor @param {Edit} edit @param {Fields} mine @param {Instance | null} current */
export function takeConflict(editor, edit, mine, current) {
  const document = editor.document;
  if (!document || document.image.image_id !== edit.image) {
    editor.emit("notice", {
      text: texts.answers.anEditOnAnotherImage,
      kind: "error",
    });
    return;
  }
  const local = findInstance(document, edit.id);
  editor.setDraft(null);
  editor.replace(current ? withInstance(document, edit.id, current) : withoutInstance(document, edit.id));
  const name = editor.category(current?.category_id ?? local?.category_id ?? -1)?.name ?? texts.answers.object;
  /** @type {Notice} */
  const notice = {
    // What was only being made cannot be gone: its image is.
    text:
      edit.kind === "create"
        ? texts.answers.imageIsGone(name, document.image.file_name)
        : texts.answers.wasElsewhereYourEditOf(name, current),
    kind: "error",
  };
  if (current && edit.kind === "delete")
    notice.actions = [{ label: texts.answers.deleteIt, run: () => editor.remove(current.id) }];
  else if (current)
    notice.actions = [{ label: texts.answers.useMine, run: () => void editor.change(current.id, mine) }];
  else if (local)
    notice.actions = [
      { label: texts.answers.bringMineBack, run: () => void editor.create(fieldsOf(local), edit.image) },
    ];
  editor.emit("notice", notice);
  void editor.reload().catch(() => {});
}

/** The server will never take this edit. @param {Editor} editor @param {Edit} edit @param {string} line */
export function takeRefusal(editor, edit, line) {
  editor.emit("notice", { text: texts.answers.notSaved(line), kind: "error" });
  if (editor.image?.image_id === edit.image) void editor.reload().catch(() => {});
}
