/** Import: what becomes of the images and objects, said before it is done. */

import * as api from "../../model/api.js";
import { choice, chosen, isTicked, tick } from "./choices.js";
import { openDialog } from "./dialogs.js";
import { element } from "../../view/dom.js";
import { lineOf } from "../../model/editor.js";
import { ANNOTATION_KINDS, isAnnotation } from "../../model/files.js";
import { freshName } from "../../model/page_name.js";
import { withProgress } from "./import_progress.js";
import { texts } from "../../messages/texts.js";

const PREVIEW_BYTES = 50e6; // more is not sent twice
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
