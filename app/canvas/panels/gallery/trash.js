/** Removing images, and the trash that they wait in. */

import * as api from "../../model/api.js";
import { lineOf } from "../../model/editor.js";
import { button, element } from "../../view/dom.js";
import { openDialog } from "../dialogs/dialogs.js";

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
    bench.editor.emit("notice", { text: `Not removed: ${lineOf(error)}`, kind: "error" });
    return;
  }
  await bench.images.read();
  if (bench.editor.image?.image_id === image.image_id && neighbour) await bench.open(neighbour.image_id);
  bench.editor.emit("notice", {
    text: `${image.file_name} is in the trash.`,
    actions: [{ label: "Bring back", run: () => void bringBack(bench, image.image_id) }],
  });
}

/** @param {import("../../workbench.js").Workbench} bench @param {number} id */
async function bringBack(bench, id) {
  await api.restoreImage(id);
  await bench.images.read();
  await bench.open(id);
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
          `Bring back ${image.file_name}`,
          () => {
            row.remove();
            void bringBack(bench, image.image_id);
          },
          { text: "Bring back", class: "ml-small" },
        ),
      );
      return row;
    }),
  );
  const words = images.length
    ? "Deleting for good takes objects, history and files of these images, and their copies in past fine-tuning runs."
    : "The trash is empty.";
  openDialog(bench.root, {
    title: "Trash",
    content: [list, element("p", { class: "ml-muted" }, words)],
    ...(images.length && {
      confirm: `Delete ${images.length} for good`,
      onConfirm: async () => {
        const { purged } = await api.emptyTrash();
        bench.editor.emit("notice", { text: `${purged.length} deleted for good.` });
        return true;
      },
    }),
  });
}
