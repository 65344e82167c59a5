/** Export: what is written, and in which format. */

import * as api from "../../model/api.js";
import { choice, chosen, isTicked, tick } from "./choices.js";
import { openDialog } from "./dialogs.js";
import { element } from "../../view/dom.js";
import { lineOf } from "../../model/editor.js";
import { peopleOf } from "../../model/workspace/image_filter.js";
import { texts } from "../../messages/texts.js";

const COUNTED_BYTES = 50e6; // what is in a larger file is not counted
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
  if (!name.endsWith(".json") || blob.size > COUNTED_BYTES) return texts.exchange.isWritten(name);
  const { annotations, images } = JSON.parse(await blob.text());
  const counted = [texts.exchange.countImages(images.length), texts.exchange.countObjects(annotations.length)];
  return texts.exchange.isWrittenAndCompared(name, counted.join(", "));
}
