/** Undo and redo on the server's history, and what is said where there is nothing to take back. */

import * as api from "./api.js";
import { failure, lineOf } from "./editor.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("./editor.js").Editor} Editor */

/** @param {Editor} editor @param {number} image @param {"undo" | "redo"} direction @param {boolean} anyones also where the last edit is somebody else's @param {() => Promise<void>} ready when the server has the edits before it */
export async function travel(editor, image, direction, anyones, ready) {
  try {
    await ready();
    const known = editor.image?.image_id === image && !anyones ? editor.document : null;
    if (known && !known[direction === "undo" ? "can_undo" : "can_redo"]) return; // a refusal would be an error
    const document = await api[direction](image, anyones);
    if (document.image.image_id === editor.image?.image_id)
      editor.emit("travelled", { direction, to: document.instances });
    editor.outbox.rebase(document); // of what was done since the key was pressed
    editor.replace(editor.withUnsent(document));
  } catch (error) {
    if (error instanceof api.NoAnswer)
      editor.emit("notice", failure(texts.editor.cannotNow(direction, error.message), error));
    else sayWhyNot(editor, direction, error);
  }
}

/** @param {Editor} editor @param {"undo" | "redo"} direction @param {unknown} error */
function sayWhyNot(editor, direction, error) {
  const answer = error instanceof api.ApiError && error.status === 409 ? error.body : null;
  const possible = direction === "undo" ? editor.document?.can_undo : editor.document?.can_redo;
  if (!answer) return editor.emit("notice", { text: lineOf(error), kind: "error" });
  void editor.reload().catch(() => {}); // somebody else is here: see what they did
  if (answer.others) {
    const action = { label: texts.editor.takeTheirsBack, run: () => void editor.travel(direction, true) };
    editor.emit("notice", {
      text: texts.editor.nothingOfYoursIsLeft(direction),
      actions: direction === "undo" ? [action] : [],
    });
  } else if (possible && !/^nothing_to_/.test(answer.code ?? "")) {
    editor.emit("notice", {
      text: texts.editor.nothingWas(direction, answer.error.replace(/^cannot \w+: /, "")),
      kind: "error",
    });
  }
}
