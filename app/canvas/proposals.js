/** What is done to the proposals of an image: those that are shown together, and the ghosts below their threshold. */

import * as api from "./model/api.js";
import { texts } from "./messages/texts.js";

/** @typedef {import("./workbench.js").Workbench} Workbench */

/** Make the ghost under the pointer, or else the selected one, an object. @param {Workbench} bench */
export function acceptGhost({ editor }) {
  const ghosts = editor.ghostInstances();
  const ghost = ghosts.find(({ id }) => id === editor.hoveredId) ?? ghosts.find(({ id }) => id === editor.selectedId);
  if (ghost) {
    editor.accept(ghost.id);
    editor.select(ghost.id);
  } else if (editor.countBelow) {
    const how = editor.ghostsShown ? texts.workbench.pointAtAGhostFirst : texts.workbench.yShowsTheProposalsThat;
    editor.emit("notice", { text: texts.workbench.qMakesTheOneUnder(how) });
  }
}

/** Take the proposals that are shown off the image, in one edit. @param {Workbench} bench */
export function clearProposals(bench) {
  const { editor } = bench;
  const shown = editor.visibleInstances().filter(({ status, id }) => status === "proposed" && !editor.locked.has(id));
  if (!shown.length || bench.galleryShown) return;
  editor.changeMany({ delete: shown.map(({ id }) => id) });
  editor.emit("notice", {
    text: texts.workbench.cleared(shown.length),
    actions: [{ label: texts.workbench.undo, run: () => bench.undo() }],
  });
}

/** Accept those that are shown, in one edit. @param {Workbench} bench */
export async function acceptShown({ editor }) {
  const image = editor.image?.image_id;
  const shown = editor.visibleInstances().filter((instance) => instance.status === "proposed" && instance.id > 0);
  if (image === undefined || !shown.length) return;
  const answer = await editor.ask(texts.workbench.accepting, async () => {
    await editor.outbox.flush();
    await api.acceptInstances(
      image,
      shown.map((instance) => instance.id),
    );
    return editor.load(image);
  });
  if (answer) editor.replace(answer);
}
