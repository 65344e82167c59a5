/** Export and import. */

import * as api from "../model/api.js";
import { openDialog } from "./dialogs.js";
import { element } from "../view/dom.js";
import { lineOf } from "../model/editor.js";

/** @param {string} name @param {string} value @param {string} words @param {boolean} checked */
function choice(name, value, words, checked) {
  return element(
    "label",
    { class: "ml-choice" },
    element("input", { type: "radio", name, value, checked }),
    element("span", {}, words),
  );
}

/** @param {HTMLElement} root @param {string} name */
function chosen(root, name) {
  return /** @type {HTMLInputElement | null} */ (root.querySelector(`input[name="${name}"]:checked`))?.value ?? "";
}

/** @param {import("../workbench.js").Workbench} bench */
export function openExport(bench) {
  const { rows } = bench.images;
  const reviewed = rows.filter((row) => row.status === "reviewed").length;
  const body = element(
    "div",
    {},
    element(
      "fieldset",
      {},
      element("legend", {}, "Images"),
      choice("status", "", `All ${rows.length} images`, true),
      choice("status", "reviewed", `Only the ${reviewed} reviewed`, false),
    ),
    element(
      "fieldset",
      {},
      element("legend", {}, "Objects"),
      choice("include", "accepted", "What a person drew, corrected or accepted", true),
      choice("include", "all", "Also proposals that nobody has accepted, with their score", false),
    ),
    element(
      "label",
      { class: "ml-choice" },
      element("input", { type: "checkbox", name: "images" }),
      element("span", {}, "With the image files, as a .zip"),
    ),
    element(
      "p",
      { class: "ml-muted" },
      "COCO JSON: polygons, RLE where there are holes, keypoints, your file names and class ids. It is read back with pycocotools and compared before you get it.",
    ),
  );
  const error = element("p", { class: "ml-error", role: "alert" });
  openDialog(bench.root, {
    title: "Export",
    confirm: "Download",
    content: [body, error],
    onConfirm: async () => {
      error.textContent = "";
      /** @type {{[name: string]: string}} */
      const options = { include: chosen(body, "include") };
      if (chosen(body, "status")) options.status = chosen(body, "status");
      if (/** @type {HTMLInputElement} */ (body.querySelector('input[name="images"]')).checked) options.images = "true";
      try {
        await bench.editor.outbox.flush();
        const { name, blob } = await api.exportAnnotations(options);
        save(blob, name);
        return true;
      } catch (problem) {
        error.textContent = lineOf(problem);
        return false;
      }
    },
  });
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const url = URL.createObjectURL(blob);
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

/** @param {import("../workbench.js").Workbench} bench @param {File[]} [dropped] */
export function openImport(bench, dropped = []) {
  const input = element("input", {
    type: "file",
    multiple: true,
    accept: ".json,.zip,image/*,.tif,.tiff",
    "aria-label": "COCO JSON and its images",
  });
  const list = element("p", { class: "ml-muted" });
  const files = () => (input.files?.length ? [...input.files] : dropped);
  const describe = () => {
    const all = files();
    const annotations = all.filter((file) => /\.(json|zip)$/i.test(file.name));
    list.textContent = all.length
      ? `${annotations.map((file) => file.name).join(", ") || "No .json or .zip among them"}${all.length > annotations.length ? ` and ${all.length - annotations.length} images` : ""}`
      : "Images that are here already are found by their file names; the others can come along.";
  };
  input.addEventListener("change", describe);
  describe();
  const body = element(
    "div",
    {},
    element(
      "label",
      { class: "ml-field" },
      element("span", {}, "COCO JSON and, if they are not here yet, its images (or a .zip of both)"),
      input,
    ),
    list,
    element(
      "fieldset",
      {},
      element("legend", {}, "The images become"),
      choice("as", "reviewed", "Reviewed: the annotations are finished work", true),
      choice("as", "in_progress", "In progress: somebody should look at them again", false),
      choice("as", "keep", "What they were", false),
    ),
  );
  const error = element("p", { class: "ml-error", role: "alert" });
  openDialog(bench.root, {
    title: "Import COCO annotations",
    confirm: "Import",
    content: [body, error],
    onConfirm: async () => {
      if (!files().length) {
        error.textContent = "Choose a COCO .json first.";
        return false;
      }
      error.textContent = "";
      try {
        await bench.editor.outbox.flush();
        const report = await api.importAnnotations(files(), chosen(body, "as"));
        await imported(bench, report);
        return true;
      } catch (problem) {
        error.textContent = lineOf(problem);
        return false;
      }
    },
  });
}

/** @param {import("../workbench.js").Workbench} bench @param {api.Imported} report */
async function imported(bench, report) {
  await bench.images.read();
  const open = bench.editor.image?.image_id ?? bench.images.rows[0]?.image_id;
  if (open !== undefined) await bench.open(open);
  const again = report.already_there ? `, ${report.already_there} were here before` : "";
  bench.editor.emit("notice", {
    text: `${report.annotations} objects on ${report.images} images imported${again}.${report.errors.length ? ` ${report.errors.length} left out:` : ""}`,
    lines: report.errors.slice(0, 50).map((problem) => problem.error),
    kind: report.errors.length ? "error" : "success",
  });
}
