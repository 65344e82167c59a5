/** A row of the list of objects: a small picture of it, its class, number and size, and what can be done at once. */

import { button, element } from "../../view/dom.js";
import { drawShape } from "../../view/painter.js";
import { Viewport } from "../../view/viewport.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/document.js").Instance} Instance */
/** @typedef {import("../../workbench.js").Workbench} Workbench */

const SIDE = 34; // CSS pixels of the small picture
const ROOM = 0.15; // of the object's longer side, around it

/** Where an object comes from, in a word. @param {Instance} instance */
export function provenance(instance) {
  if (instance.source === "manual") return texts.provenance.drawn;
  if (instance.source === "edited") return texts.provenance.corrected;
  return instance.status === "proposed" ? texts.provenance.proposed : texts.provenance.accepted;
}

/** @param {Workbench} bench @param {Instance} instance @param {number} number @returns {HTMLElement} */
export function makeObjectRow(bench, instance, number) {
  const { editor } = bench;
  const category = editor.category(instance.category_id);
  const name = category?.name ?? "?";
  const proposed = instance.status === "proposed";
  const hidden = editor.hidden.has(instance.id),
    locked = editor.locked.has(instance.id);
  const score = instance.score === null || !proposed ? "" : `${Math.round(instance.score * 100)} %`;
  const swatch = element("span", { class: `ml-swatch ${proposed ? "ml-swatch-proposed" : ""}` });
  swatch.style.setProperty("--color", category?.color ?? "#9aa4b2");
  const [, , width, height] = instance.bbox.map(Math.round);
  const words = element(
    "span",
    { class: "ml-object-words" },
    element(
      "span",
      { class: "ml-object-title" },
      element("span", { class: "ml-object-name" }, name),
      score ? element("span", { class: "ml-score" }, score) : null,
    ),
    element("span", { class: "ml-object-facts" }, texts.objects.numberAndSize(number, width, height)),
  );
  const from = titleOf(instance);
  /** @param {"hidden" | "locked"} flag @param {boolean} on @param {import("../../view/dom.js").IconName} picture @param {string} label @param {string} style */
  const flagButton = (flag, on, picture, label, style) =>
    button(
      picture,
      label,
      (event) => {
        event.stopPropagation();
        editor.toggle(flag, instance.id);
      },
      { class: `ml-quiet ml-small ml-flag ${style}`, "aria-pressed": on, tabindex: "-1" },
    );
  const cell = element(
    "span",
    { role: "gridcell", class: "ml-cell" },
    smallPicture(bench, instance),
    swatch,
    words,
    element("span", { class: `ml-tag ml-tag-${instance.source}`, title: from }, provenance(instance)),
    proposed ? acceptButton(bench, instance, name) : null,
    flagButton(
      "hidden",
      hidden,
      hidden ? "hidden" : "eye",
      hidden ? texts.objects.show(name) : texts.objects.hide(name),
      "",
    ),
    flagButton(
      "locked",
      locked,
      locked ? "locked" : "unlocked",
      locked ? texts.objects.unlock(name) : texts.objects.lock(name),
      "ml-lock",
    ),
  );
  return element(
    "li",
    { class: "ml-object", role: "row", "data-instance": instance.id, title: `${name}, ${from}` },
    cell,
  );
}

/** @param {Workbench} bench @param {Instance} instance @param {string} name */
function acceptButton({ editor }, instance, name) {
  const accept = (/** @type {Event} */ event) => {
    event.stopPropagation();
    editor.accept(instance.id);
  };
  return button("check", texts.objects.accept(name), accept, { class: "ml-quiet ml-small ml-accept", tabindex: "-1" });
}

/** @param {Workbench} bench @param {Instance} instance */
function smallPicture(bench, instance) {
  const ratio = window.devicePixelRatio || 1;
  const pixels = Math.round(SIDE * ratio);
  const canvas = element("canvas", {
    class: "ml-object-picture",
    width: pixels,
    height: pixels,
    "aria-hidden": "true",
  });
  paintSmall(canvas, bench, instance);
  return canvas;
}

/** The object cut out of the image, with its outline; nothing while the image is decoded. @param {HTMLCanvasElement} canvas @param {Workbench} bench @param {Instance} instance */
export function paintSmall(canvas, { editor, view }, instance) {
  const context = canvas.getContext("2d");
  if (!context || !view.imageLayer.picture) return;
  const ratio = canvas.width / SIDE;
  const [x, y, width, height] = instance.bbox;
  const scale = SIDE / (Math.max(width, height, 1) * (1 + 2 * ROOM));
  const place = { x: SIDE / 2 - (x + width / 2) * scale, y: SIDE / 2 - (y + height / 2) * scale };
  const there = { scale, ...place, width: SIDE, height: SIDE, image: view.viewport.image };
  const viewport = Object.assign(new Viewport(), there);
  view.imageLayer.draw(context, viewport, ratio);
  drawShape(context, { ratio, viewport, opacity: 0.2 }, instance, editor.category(instance.category_id), "plain");
}

/** @param {Instance} instance */
function titleOf(instance) {
  const by = instance.model ? texts.objects.by(instance.model) : "";
  const score = instance.score === null ? "" : texts.objects.score(instance.score.toFixed(2));
  if (instance.source === "manual") return texts.objects.drawnByAPerson;
  if (instance.source === "edited") return texts.objects.foundCorrectedByAPerson(by, score);
  return texts.objects.found(by, score, instance.status);
}
