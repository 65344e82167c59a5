/** What becomes of an image that somebody is done with: reviewed, its review accepted by a second person, opened again. */

import * as api from "./model/api.js";
import { texts } from "./messages/texts.js";

/** @typedef {import("./workbench.js").Workbench} Workbench */
/** @typedef {"review" | "accept" | "open"} ReviewStep */

/** What comes next: another person's review is accepted by whoever may, one's own is opened again. @param {Workbench} bench @returns {ReviewStep} */
export function reviewStep({ editor, signedIn }) {
  const image = editor.image;
  if (image?.status !== "reviewed" || image.changed) return "review";
  const byAnother = image.reviewed_by && signedIn.person && image.reviewed_by !== signedIn.person;
  return byAnother && signedIn.may("return a reviewed image") ? "accept" : "open";
}

/** Take a step with the open image, and go on to the next that needs it. @param {Workbench} bench @param {ReviewStep} step */
export async function takeReviewStep(bench, step) {
  const { editor, images } = bench;
  const image = editor.image;
  if (!image || bench.galleryShown) return; // what cannot be seen is not judged
  if (bench.wanted !== image.image_id) return; // pressed once more while the next is coming: this one is judged
  bench.settleTool();
  const proposals = editor.document?.instances.filter((instance) => instance.status === "proposed") ?? [];
  const below = proposals.filter((instance) => !editor.thresholds.pass(instance)).length;
  const document = await editor.ask(texts.workbench.savingTheStatus, async () => {
    await editor.outbox.flush();
    if (step === "open") await api.setStatus(image.image_id, "in_progress");
    else await api.setStatus(image.image_id, "reviewed", editor.thresholds);
    return editor.load(image.image_id);
  });
  if (!document) return;
  images.note(document);
  editor.replace(document);
  if (step === "open" || editor.image?.image_id !== image.image_id) return;
  const next =
    step === "accept"
      ? images.nextReviewedByAnother(image.image_id, bench.signedIn.person)
      : images.nextUnreviewed(image.image_id);
  const words = tally(proposals.length - below, below);
  editor.emit("notice", {
    text:
      step === "accept" ? texts.review.reviewAccepted(image.reviewed_by, next) : texts.workbench.reviewed(words, next),
    kind: "success",
    topic: "review", // whoever reviews quickly sees the image, not a pile of these
    actions: next ? [{ label: texts.workbench.goBack, run: () => void bench.open(image.image_id) }] : [],
  });
  if (next) await bench.open(next.image_id);
}

/** What became of the proposals. @param {number} accepted @param {number} removed */
function tally(accepted, removed) {
  const parts = [
    accepted ? texts.workbench.accepted(accepted) : "",
    removed ? texts.workbench.belowTheThresholdRemoved(removed) : "",
  ].filter(Boolean);
  return parts.length ? `: ${parts.join(", ")}` : "";
}
