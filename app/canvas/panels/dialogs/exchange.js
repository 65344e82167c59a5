/** Export and import. */

import * as api from "../../model/api.js";
import { openDialog } from "./dialogs.js";
import { element } from "../../view/dom.js";
import { lineOf } from "../../model/editor.js";
import { freshName } from "../../model/page_name.js";
import { peopleOf } from "../../model/workspace/image_filter.js";
import { withProgress } from "./import_progress.js";

const OTHERS = "As a .zip; what the format cannot carry is listed in a text file in it.";

/** @type {{[format: string]: [string, string]}} what the route calls a format: its name, and a sentence */
const EXPORT_FORMATS = {
  coco: [
    "COCO JSON",
    "Polygons, RLE where there are holes, keypoints, your file names and class ids. It is read back with pycocotools and compared before you get it.",
  ],
  "coco-panoptic": ["COCO panoptic (JSON and PNG)", OTHERS],
  "yolo-seg": ["YOLO segmentation", OTHERS],
  "yolo-box": ["YOLO boxes", OTHERS],
  "yolo-pose": ["YOLO pose", OTHERS],
  labelme: ["labelme", OTHERS],
  cvat: ["CVAT for images 1.1", OTHERS],
  voc: ["Pascal VOC (XML and PNG)", OTHERS],
  via: ["VIA (JSON)", OTHERS],
  "label-studio": ["Label Studio (JSON)", OTHERS],
  masks: ["Mask PNGs", OTHERS],
  csv: ["Table of objects (CSV)", OTHERS],
};

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

/** @param {import("../../workbench.js").Workbench} bench */
export function openExport(bench) {
  const { rows } = bench.images;
  const reviewed = rows.filter((row) => row.status === "reviewed").length;
  const format = /** @type {HTMLSelectElement} */ (
    element(
      "select",
      { name: "format" },
      ...Object.entries(EXPORT_FORMATS).map(([value, [name]]) => element("option", { value }, name)),
    )
  );
  const words = element("p", { class: "ml-muted", "aria-live": "polite" });
  const describe = () => (words.textContent = EXPORT_FORMATS[format.value][1]);
  format.addEventListener("change", describe);
  describe();
  const people = peopleOf(rows);
  const person = /** @type {HTMLSelectElement} */ (
    element(
      "select",
      { name: "person" },
      element("option", { value: "" }, "Everybody"),
      ...people.map((name) => element("option", { value: name }, name)),
    )
  );
  const workedOn = element("label", { class: "ml-field" }, element("span", {}, "Worked on by"), person);
  const body = element(
    "div",
    {},
    element(
      "fieldset",
      {},
      element("legend", {}, "Images"),
      choice("status", "", `All ${rows.length} images`, true),
      choice("status", "reviewed", `Only the ${reviewed} reviewed`, false),
      people.length > 1 ? workedOn : null,
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
    element("label", { class: "ml-field" }, element("span", {}, "Format"), format),
    words,
  );
  const error = element("p", { class: "ml-error", role: "alert" });
  openDialog(bench.root, {
    title: "Export",
    confirm: "Download",
    content: [body, error],
    onConfirm: async () => {
      error.textContent = "";
      /** @type {{[name: string]: string}} */
      const options = { include: chosen(body, "include"), format: format.value };
      if (chosen(body, "status")) options.status = chosen(body, "status");
      if (person.value) options.person = person.value;
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

const PREVIEW_BYTES = 50e6; // more is not sent twice

/** @param {import("../../workbench.js").Workbench} bench @param {File[]} [dropped] */
export function openImport(bench, dropped = []) {
  const input = element("input", {
    type: "file",
    multiple: true,
    accept: ".json,.xml,.csv,.txt,.yaml,.zip,image/*,.tif,.tiff,.heic,.heif",
    "aria-label": "COCO JSON or other annotation files, and their images",
  });
  const list = element("p", { class: "ml-muted" });
  const plan = element("p", { class: "ml-import-plan", "aria-live": "polite" });
  const files = () => (input.files?.length ? [...input.files] : dropped);
  const body = element(
    "div",
    {},
    element(
      "label",
      { class: "ml-field" },
      element(
        "span",
        {},
        "COCO JSON or another tool's files and, if they are not here yet, their images (or a .zip of all)",
      ),
      input,
    ),
    list,
    element(
      "fieldset",
      {},
      element("legend", {}, "The images become"),
      choice("as", "reviewed", "Reviewed, where all their objects arrive: finished work", true),
      choice("as", "in_progress", "In progress: somebody should look at them again", false),
      choice("as", "keep", "What they were", false),
    ),
    element(
      "fieldset",
      {},
      element("legend", {}, "With objects that are here already"),
      choice("mode", "merge", "Merge: what the same file brought before is updated, a person's edits stay", true),
      choice("mode", "add", "Add: nothing that is here is changed", false),
      choice("mode", "replace", "Replace: of the images in the file only its objects stay", false),
    ),
    plan,
  );
  const options = () => ({ status: chosen(body, "as"), mode: chosen(body, "mode") });
  const describe = () => {
    describeFiles(list, files());
    void preview(bench, plan, files(), options());
  };
  body.addEventListener("change", describe);
  describe();
  const error = element("p", { class: "ml-error", role: "alert" });
  openDialog(bench.root, {
    title: "Import annotations",
    confirm: "Import",
    content: [body, error],
    onConfirm: async () => {
      if (!files().length) {
        error.textContent = "Choose an annotation file first.";
        return false;
      }
      error.textContent = "";
      try {
        await bench.editor.outbox.flush();
        const progress = freshName();
        const answer = api.importAnnotations(files(), { ...options(), progress });
        const report = await withProgress(plan, progress, answer);
        await imported(bench, report);
        return true;
      } catch (problem) {
        error.textContent = lineOf(problem);
        return false;
      }
    },
  });
}

/** @param {HTMLElement} line @param {File[]} all */
function describeFiles(line, all) {
  const annotations = all.filter((file) => /\.(json|xml|csv|txt|ya?ml|zip)$/i.test(file.name));
  const named = annotations.slice(0, 4).map((file) => file.name);
  if (annotations.length > 4) named.push(`${annotations.length - 4} more`);
  line.textContent = all.length
    ? `${named.join(", ") || "No annotation file among them"}${all.length > annotations.length ? ` and ${all.length - annotations.length} images` : ""}`
    : "Images that are here already are found by their file names; the others can come along.";
}

/**
 * Say what the import will do, before it does it.
 * @param {import("../../workbench.js").Workbench} bench @param {HTMLElement} line @param {File[]} files
 * @param {{[name: string]: string}} options
 */
async function preview(bench, line, files, options) {
  line.textContent = "";
  if (!files.length || files.reduce((sum, file) => sum + file.size, 0) > PREVIEW_BYTES) return;
  const asked = JSON.stringify(options) + files.map((file) => file.name + file.size).join();
  line.dataset.asked = asked;
  try {
    await bench.editor.outbox.flush();
    const report = await api.importAnnotations(files, { ...options, dry_run: "true" });
    if (line.dataset.asked === asked) line.textContent = `Will store ${summary(report)}.`;
  } catch (problem) {
    if (line.dataset.asked === asked) line.textContent = lineOf(problem);
  }
}

/** @param {api.Imported} report */
function summary(report) {
  const parts = [`${count(report.annotations, "object")} on ${count(report.images, "image")}`];
  if (report.updated) parts.push(`update ${report.updated}`);
  if (report.removed) parts.push(`remove ${report.removed}`);
  if (report.already_there) parts.push(`find ${report.already_there} here before`);
  if (report.uploaded.length) parts.push(`take in ${count(report.uploaded.length, "image")}`);
  if (report.errors.length) parts.push(`leave out or change what ${count(report.errors.length, "line")} will name`);
  return parts.join(", ");
}

/** @param {number} number @param {string} word */
const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

/** @param {import("../../workbench.js").Workbench} bench @param {api.Imported} report */
async function imported(bench, report) {
  await bench.images.read();
  const open = bench.editor.image?.image_id ?? bench.images.rows[0]?.image_id;
  if (open !== undefined) await bench.open(open);
  const again = report.already_there ? `, ${report.already_there} were here before` : "";
  const changed = [report.updated && `${report.updated} updated`, report.removed && `${report.removed} removed`];
  const more = changed.filter(Boolean).map((part) => `, ${part}`);
  const notes = report.notes ?? [];
  bench.editor.emit("notice", {
    text: `${report.annotations} objects on ${report.images} images imported${again}${more.join("")}.${report.errors.length ? ` ${report.errors.length} left out or changed:` : ""}`,
    lines: [...report.errors.slice(0, 50).map((problem) => problem.error), ...notes.slice(0, 10)],
    kind: report.errors.length ? "error" : "success",
  });
}
