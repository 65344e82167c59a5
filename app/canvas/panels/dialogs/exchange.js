/** Export and import. */

import * as api from "../../model/api.js";
import { openDialog } from "./dialogs.js";
import { element } from "../../view/dom.js";
import { lineOf } from "../../model/editor.js";
import { ANNOTATION_KINDS, isAnnotation } from "../../model/files.js";
import { freshName } from "../../model/page_name.js";
import { peopleOf } from "../../model/workspace/image_filter.js";
import { withProgress } from "./import_progress.js";
import { texts } from "../../messages/texts.js";

const OTHERS = texts.exchange.asAZipWhatThe;

/** @type {{[format: string]: [string, string]}} what the route calls a format: its name, and a sentence */
const EXPORT_FORMATS = {
  coco: [texts.exchange.cocoJson, texts.exchange.polygonsRleWhereThereAre],
  "coco-panoptic": [texts.exchange.cocoPanopticJsonAndPng, OTHERS],
  "yolo-seg": [texts.exchange.yoloSegmentation, OTHERS],
  "yolo-box": [texts.exchange.yoloBoxes, OTHERS],
  "yolo-pose": [texts.exchange.yoloPose, OTHERS],
  labelme: ["labelme", OTHERS],
  cvat: [texts.exchange.cvatForImages11, OTHERS],
  voc: [texts.exchange.pascalVocXmlAndPng, OTHERS],
  via: [texts.exchange.viaJson, OTHERS],
  "label-studio": [texts.exchange.labelStudioJson, OTHERS],
  supervisely: [texts.exchange.superviselyProject, OTHERS],
  datumaro: [texts.exchange.datumaroJson, OTHERS],
  darwin: [texts.exchange.darwinJson, OTHERS],
  createml: [texts.exchange.createmlBoxes, OTHERS],
  masks: [texts.exchange.maskPngs, OTHERS],
  csv: [texts.exchange.tableOfObjectsCsv, OTHERS],
};

/** @param {string} name @param {string} value @param {string} words @param {boolean} checked */
function choice(name, value, words, checked) {
  return labelled(element("input", { type: "radio", name, value, checked }), words);
}

/** @param {string} name @param {string} words */
function tick(name, words) {
  return labelled(element("input", { type: "checkbox", name }), words);
}

/** @param {HTMLElement} input @param {string} words */
function labelled(input, words) {
  return element("label", { class: "ml-choice" }, input, element("span", {}, words));
}

/** @param {HTMLElement} root @param {string} name */
function isTicked(root, name) {
  return /** @type {HTMLInputElement} */ (root.querySelector(`input[name="${name}"]`)).checked;
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
      element("option", { value: "" }, texts.exchange.everybody),
      ...people.map((name) => element("option", { value: name }, name)),
    )
  );
  const workedOn = element("label", { class: "ml-field" }, element("span", {}, texts.exchange.workedOnBy), person);
  const body = element(
    "div",
    {},
    element(
      "fieldset",
      {},
      element("legend", {}, texts.exchange.images),
      choice("status", "", texts.exchange.allImages(rows.length), true),
      choice("status", "reviewed", texts.exchange.onlyTheReviewed(reviewed), false),
      people.length > 1 ? workedOn : null,
    ),
    element(
      "fieldset",
      {},
      element("legend", {}, texts.exchange.objects),
      choice("include", "accepted", texts.exchange.whatAPersonDrewCorrected, true),
      choice("include", "all", texts.exchange.alsoProposalsThatNobodyHas, false),
    ),
    tick("only_used", texts.exchange.onlyUsedClasses),
    tick("images", texts.exchange.withTheImageFilesAs),
    element("label", { class: "ml-field" }, element("span", {}, texts.exchange.format), format),
    words,
  );
  const error = element("p", { class: "ml-error", role: "alert" });
  openDialog(bench.root, {
    title: texts.exchange.export,
    confirm: texts.exchange.download,
    content: [body, error],
    onConfirm: async () => {
      error.textContent = "";
      /** @type {{[name: string]: string}} */
      const options = { include: chosen(body, "include"), format: format.value };
      if (chosen(body, "status")) options.status = chosen(body, "status");
      if (person.value) options.person = person.value;
      if (isTicked(body, "only_used")) options.unused_classes = "false";
      if (isTicked(body, "images")) options.images = "true";
      try {
        await bench.editor.outbox.flush();
        const { name, blob } = await api.exportAnnotations(options);
        save(blob, name);
        bench.editor.emit("notice", { text: await exported(name, blob), kind: "success" });
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

/** What is in a file; of an archive only that it is here. @param {string} name @param {Blob} blob */
async function exported(name, blob) {
  if (!name.endsWith(".json") || blob.size > PREVIEW_BYTES) return texts.exchange.isWritten(name);
  const { annotations, images } = JSON.parse(await blob.text());
  const counted = [texts.exchange.countImages(images.length), texts.exchange.countObjects(annotations.length)];
  return texts.exchange.isWrittenAndCompared(name, counted.join(", "));
}

const PREVIEW_BYTES = 50e6; // more is not sent twice, and not counted
const MOST_LINES = 10; // who reads more of them opens the file

/** @param {import("../../workbench.js").Workbench} bench @param {File[]} [dropped] */
export function openImport(bench, dropped = []) {
  const input = element("input", {
    type: "file",
    multiple: true,
    accept: `${ANNOTATION_KINDS},image/*,.tif,.tiff,.heic,.heif`,
    "aria-label": texts.exchange.cocoJsonOrOtherAnnotation,
  });
  const list = element("p", { class: "ml-muted" });
  const plan = element("p", { class: "ml-import-plan", "aria-live": "polite" });
  const files = () => (input.files?.length ? [...input.files] : dropped);
  const body = element(
    "div",
    {},
    element("label", { class: "ml-field" }, element("span", {}, texts.exchange.cocoJsonOrAnotherTools), input),
    list,
    element(
      "fieldset",
      {},
      element("legend", {}, texts.exchange.theImagesBecome),
      choice("as", "reviewed", texts.exchange.reviewedWhereAllTheirObjects, true),
      choice("as", "in_progress", texts.exchange.inProgressSomebodyShouldLook, false),
      choice("as", "keep", texts.exchange.whatTheyWere, false),
    ),
    element(
      "fieldset",
      {},
      element("legend", {}, texts.exchange.withObjectsThatAreHere),
      choice("mode", "merge", texts.exchange.mergeWhatTheSameFile, true),
      choice("mode", "add", texts.exchange.addNothingThatIsHere, false),
      choice("mode", "replace", texts.exchange.replaceOfTheImagesIn, false),
    ),
    tick("crowds_as_objects", texts.exchange.crowdsAreSingleObjects),
    plan,
  );
  const options = () => ({
    status: chosen(body, "as"),
    mode: chosen(body, "mode"),
    crowds_as_objects: String(isTicked(body, "crowds_as_objects")),
  });
  const describe = () => {
    describeFiles(list, files());
    void preview(bench, plan, files(), options());
  };
  body.addEventListener("change", describe);
  describe();
  const error = element("p", { class: "ml-error", role: "alert" });
  openDialog(bench.root, {
    title: texts.exchange.importAnnotations,
    confirm: texts.exchange.import,
    content: [body, error],
    onConfirm: async () => {
      if (!files().length) {
        error.textContent = texts.exchange.chooseAnAnnotationFileFirst;
        return false;
      }
      error.textContent = "";
      try {
        await bench.editor.outbox.flush();
        const progress = freshName();
        const { mode, ...others } = options();
        const answer = api.importAnnotations(files(), { mode, ...others, progress });
        const report = await withProgress(plan, progress, answer);
        await imported(bench, report, mode);
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
  const annotations = all.filter(isAnnotation);
  const named = annotations.slice(0, 4).map((file) => file.name);
  if (annotations.length > 4) named.push(texts.exchange.more(annotations.length - 4));
  line.textContent = all.length
    ? `${named.join(", ") || texts.exchange.noAnnotationFileAmongThem}${all.length > annotations.length ? texts.exchange.andImages(all.length - annotations.length) : ""}`
    : texts.exchange.imagesThatAreHereAlready;
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
    if (line.dataset.asked === asked) line.textContent = texts.exchange.willStore(summary(report, options));
  } catch (problem) {
    if (line.dataset.asked === asked) line.textContent = lineOf(problem);
  }
}

/** Whether what an import removes is proposals that nobody has accepted: `replace` takes a person's objects too. @param {string} mode */
const removesProposals = (mode) => mode !== "replace";

/** @param {api.Imported} report @param {{[name: string]: string}} options */
function summary(report, { mode }) {
  const parts = [
    texts.exchange.countOn(texts.exchange.countObjects(report.annotations), texts.exchange.countImages(report.images)),
  ];
  if (report.updated) parts.push(texts.exchange.update(report.updated));
  if (report.removed)
    parts.push(
      removesProposals(mode) ? texts.exchange.removeProposals(report.removed) : texts.exchange.remove(report.removed),
    );
  if (report.already_there) parts.push(texts.exchange.findHereBefore(report.already_there));
  if (report.uploaded.length) parts.push(texts.exchange.takeIn(texts.exchange.countImages(report.uploaded.length)));
  if (report.errors.length)
    parts.push(texts.exchange.leaveOutOrChangeWhat(texts.exchange.countLines(report.errors.length)));
  return parts.join(", ");
}

/** @param {import("../../workbench.js").Workbench} bench @param {api.Imported} report @param {string} mode */
async function imported(bench, report, mode) {
  await bench.images.read();
  const open = bench.editor.image?.image_id ?? bench.images.rows[0]?.image_id;
  if (open !== undefined) await bench.open(open);
  const { errors, removed = 0 } = report;
  const instead = removed && removesProposals(mode) ? texts.exchange.inPlaceOfProposals(removed) : "";
  const again = report.already_there ? texts.exchange.wereHereBefore(report.already_there) : "";
  const changed = [
    report.updated && texts.exchange.updated(report.updated),
    removed && !instead && texts.exchange.removed(removed),
  ];
  const more = changed.filter(Boolean).map((part) => `, ${part}`);
  const notes = report.notes ?? [];
  bench.editor.emit("notice", {
    text: texts.exchange.objectsOnImagesImported(
      report.annotations,
      report.images,
      instead + again,
      more.join(""),
      errors.length,
    ),
    lines: [
      ...errors.slice(0, MOST_LINES).map(({ error }) => error),
      ...(errors.length > MOST_LINES ? [texts.exchange.andMore(errors.length - MOST_LINES)] : []),
      ...notes.slice(0, MOST_LINES),
    ],
    kind: errors.length ? "error" : "success",
  });
}
