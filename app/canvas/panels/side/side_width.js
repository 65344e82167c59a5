/** The left edge of the panels: dragged, it makes room for long names, and this browser remembers how much. */

import { element } from "../../view/dom.js";
import { remember, remembered } from "../../model/preferences.js";
import { clamp } from "../../model/shapes/geometry.js";
import { texts } from "../../messages/texts.js";

const USUAL = 284; // CSS pixels, as the style sheet says
const LEAST = 220;
const MOST = 640;
const STEP = 20; // of an arrow key

/** @param {HTMLElement} side the panels @returns {HTMLElement} their edge */
export function createSideEdge(side) {
  const edge = element("div", {
    class: "ml-side-edge",
    role: "separator",
    tabindex: "0",
    "aria-orientation": "vertical",
    "aria-label": texts.main.widthOfThePanels,
    title: texts.main.widthOfThePanels,
    "aria-valuemin": LEAST,
    "aria-valuemax": MOST,
  });
  /** @param {number | null} wanted  null: as the style sheet says */
  const set = (wanted) => {
    const width = wanted === null ? null : clamp(Math.round(wanted), LEAST, MOST);
    if (width === null) side.style.removeProperty("--side-width");
    else side.style.setProperty("--side-width", `${width}px`);
    edge.setAttribute("aria-valuenow", String(width ?? USUAL));
  };
  const keep = () => remember("side-width", side.style.getPropertyValue("--side-width") ? side.offsetWidth : null);
  /** Where the drag began, and how wide it was there. @type {{x: number, width: number} | null} */
  let drag = null;
  edge.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    edge.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, width: side.offsetWidth };
  });
  edge.addEventListener("pointermove", ({ clientX }) => drag && set(drag.width + drag.x - clientX));
  const end = () => {
    if (drag) keep();
    drag = null;
  };
  edge.addEventListener("pointerup", end);
  edge.addEventListener("pointercancel", end);
  edge.addEventListener("dblclick", () => (set(null), keep()));
  edge.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    set(side.offsetWidth + step);
    keep();
  });
  const before = remembered("side-width", null);
  set(typeof before === "number" ? before : null);
  return edge;
}
