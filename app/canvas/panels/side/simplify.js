/** A polygon with fewer points: a slider that shows the count and the outline while it moves. */

import { simplified } from "../../model/document.js";
import { element } from "../../view/dom.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/document.js").Instance} Instance */
/** @typedef {import("../../model/shapes/geometry.js").Ring} Ring */

const FEW = 8; // points that are moved one by one sooner than thinned out
const COARSEST = 12; // CSS pixels that a point may be off, at the right end

/** @param {Ring[]} rings */
const pointsIn = (rings) => rings.reduce((sum, ring) => sum + ring.length / 2, 0);

/** @param {import("../../workbench.js").Workbench} bench @returns {(instance: Instance, disabled: boolean) => HTMLElement | null} makes the slider of an object; what it began with is kept, so that it goes back too */
export function createSimplifier(bench) {
  const { editor } = bench;
  /** @type {{id: number, base: Ring[], result: string, value: number} | null} */
  let last = null;
  editor.on("renumber", ({ from, to }) => {
    if (last && last.id === from) last.id = to;
  });

  return (instance, disabled) => {
    if (!Array.isArray(instance.segmentation) || !instance.segmentation.length) return null;
    if (last?.id !== instance.id || last.result !== JSON.stringify(instance.segmentation)) last = null;
    const start = last ?? { id: instance.id, base: instance.segmentation, result: "", value: 0 };
    const total = pointsIn(start.base);
    if (total <= FEW) return null;
    const slider = element("input", {
      type: "range",
      min: "0",
      max: "100",
      value: String(start.value),
      "aria-label": texts.simplify.fewerPoints,
      disabled,
    });
    const count = element(
      "output",
      { class: "ml-slider-value" },
      texts.simplify.countOfPoints(pointsIn(instance.segmentation), total),
    );
    const made = () => {
      const tolerance = COARSEST * (Number(slider.value) / 100) ** 2;
      return simplified(start.base, bench.view.reach(tolerance));
    };
    slider.addEventListener("input", () => {
      const segmentation = made();
      count.textContent = texts.simplify.countOfPoints(pointsIn(segmentation), total);
      editor.setDraft({ id: start.id, fields: { segmentation } });
    });
    slider.addEventListener("change", () => {
      const segmentation = made();
      last = { ...start, result: JSON.stringify(segmentation), value: Number(slider.value) };
      if (pointsIn(segmentation) === pointsIn(/** @type {Ring[]} */ (instance.segmentation))) editor.setDraft(null);
      else editor.change(start.id, { segmentation });
    });
    return element(
      "label",
      { class: "ml-slider ml-simplify" },
      element("span", {}, texts.simplify.points),
      slider,
      count,
    );
  };
}
