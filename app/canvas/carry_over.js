/** The accepted objects of the image that was open before, proposed on this one where they are seen again. */

import * as api from "./model/api.js";
import { texts } from "./messages/texts.js";

/** @typedef {import("./workbench.js").Workbench} Workbench */

/** Propose them, in one edit, and say what became of them. @param {Workbench} bench */
export async function carryOver({ editor, images, cameFrom, galleryShown }) {
  const image = editor.image?.image_id;
  if (image === undefined || galleryShown) return;
  const source = images.find(cameFrom ?? -1) ?? images.neighbour(image, -1);
  if (!source) return editor.emit("notice", { text: texts.workbench.thereIsNoImageBefore });
  const { image_id: from, file_name: name } = source;
  const told = await editor.ask(texts.workbench.lookingForTheObjectsOf(name), async () => {
    await editor.outbox.flush();
    return { ...(await api.propagate(image, from)), document: await editor.load(image) };
  });
  if (!told) return;
  images.note(told.document);
  editor.replace(told.document);
  editor.emit("notice", carried(told, name));
}

/** What became of another image's objects. @param {{added: number, there: number, lost: number}} told @param {string} name @returns {import("./model/editor.js").Notice} */
function carried({ added, there, lost }, name) {
  if (!added && !there && !lost) return { text: texts.workbench.nothingIsAcceptedOnYet(name) };
  const rest = [lost ? texts.workbench.notSeenHere(lost) : "", there ? texts.workbench.alreadyHere(there) : ""]
    .filter(Boolean)
    .join(", ");
  const words = texts.workbench.ofObjectsOfProposed(added, added + there + lost, name, rest ? `: ${rest}` : "");
  return { text: words, kind: added ? "success" : "info" };
}
