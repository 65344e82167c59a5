/** Removing images, and the trash that they wait in. */

import * as api from "../../model/api.js";
import { failure, lineOf } from "../../model/editor.js";
import { button, element } from "../../view/dom.js";
import { openDialog } from "../dialogs/dialogs.js";
import { texts } from "../../messages/texts.js";

/**
 * Put an image into the trash and go on to its neighbour.
 * @param {import("../../workbench.js").Workbench} bench @param {{image_id: number, file_name: string}} image
 */
export async function removeImage(bench, image) {
  const neighbour = bench.images.beside(image.image_id);
  try {
    await bench.editor.outbox.flush();
    await api.removeImage(image.image_id);
  } catch (error) {
    bench.editor.emit("notice", failure(texts.trash.notRemoved(lineOf(error)), error));
    return;
  }
  await bench.images.read();
  if (bench.editor.image?.image_id === image.image_id && neighbour) await bench.open(neighbour.image_id);
  bench.editor.emit("notice", {
    text: texts.trash.isInTheTrash(image.file_name),
    actions: [{ label: texts.trash.bringBack, run: () => void bringBack(bench, image.image_id) }],
  });
}

/**
 * Somebody else has put the open image into the trash: say so, and go on to its neighbour.
 * @param {import("../../workbench.js").Workbench} bench @param {{image_id: number, file_name: string}} image
 */
export async function leaveRemoved(bench, image) {
  const neighbour = bench.images.beside(image.image_id);
  await bench.images.read();
  if (bench.editor.image?.image_id !== image.image_id) return;
  if (neighbour) await bench.open(neighbour.image_id);
  const mayRestore = bench.signedIn.may("POST /api/trash/{image_id}/restore");
  bench.editor.emit("notice", {
    text: texts.trash.wasRemovedElsewhere(image.file_name),
    actions: mayRestore ? [{ label: texts.trash.bringBack, run: () => void bringBack(bench, image.image_id) }] : [],
  });
}

/** @param {import("../../workbench.js").Workbench} bench @param {number} id */
async function bringBack(bench, id) {
  const { editor } = bench;
  const isBack = await editor.ask(texts.trash.bringBack, () => api.restoreImage(id));
  await bench.images.read();
  if (isBack) await bench.open(id);
}

/** @param {import("../../workbench.js").Workbench} bench */
export async function openTrash(bench) {
  const { images } = await api.listTrash();
  const list = element(
    "ul",
    { class: "ml-trash" },
    ...images.map((image) => {
      const row = element("li", {}, element("span", { class: "ml-file-name" }, image.file_name));
      row.append(
        button(
          null,
          texts.trash.bringBackNamed(image.file_name),
          () => {
            row.remove();
            void bringBack(bench, image.image_id);
          },
          { text: texts.trash.bringBack, class: "ml-small" },
        ),
      );
      return row;
    }),
  );
  const words = images.length ? texts.trash.deletingForGoodTakesObjects : texts.trash.theTrashIsEmpty;
  openDialog(bench.root, {
    title: texts.trash.trash,
    content: [list, element("p", { class: "ml-muted" }, words)],
    ...(images.length && {
      confirm: texts.trash.deleteForGood(images.length),
      onConfirm: async () => {
        const { purged } = await api.emptyTrash();
        bench.editor.emit("notice", { text: texts.trash.deletedForGood(purged.length) });
        return true;
      },
    }),
  });
}
