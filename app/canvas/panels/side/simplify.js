/** A polygon with fewer points, or a smoother one: sliders that show the count and the outline while they move. */

import { simplified } from "../../model/document.js";
import { smoothRing } from "../../model/shapes/smooth.js";
import { element } from "../../view/dom.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/document.js").Instance} Instance */
/** @typedef {import("../../model/shapes/geometry.js").Ring} Ring */
/** @typedef {{fewer: number, smoother: number}} Values  of the sliders, 0..100 */

const FEW = 8; // points that are moved one by one sooner than thinned out
const COARSEST = 12; // CSS pixels that a point may be off, at the right end
const SMOOTHEST = 30; // CSS pixels, at the right end: see smoothRing

/** @param {Ring[]} rings */
const pointsIn = (rings) => rings.reduce((sum, ring) => sum + ring.length / 2, 0);

/** @param {import("../../workbench.js").Workbench} bench @returns {(instance: Instance, disabled: boolean) => HTMLElement | null} makes the sliders of an object; what it began with is kept, so that they go back too */
export function createSimplifier(bench) {
  const { editor } = bench;
  /** @type {{id: number, base: Ring[], result: string, values: Values} | null} */
  let last = null;
  editor.on("renumber", ({ from, to }) => {
    if (last && last.id === from) last.id = to;
  });

  /** @param {Ring[]} base @param {Values} values */
  function made(base, { fewer, smoother }) {
    const image = editor.image ?? { width: 0, height: 0 };
    const width = bench.view.reach(SMOOTHEST * (smoother / 100) ** 2);
    const smoothed = base.map((ring) => smoothRing(ring, width, image));
    return simplified(smoothed, bench.view.reach(COARSEST * (fewer / 100) ** 2));
  }

  return (instance, disabled) => {
    if (!Array.isArray(instance.segmentation) || !instance.segmentation.length) return null;
    if (last?.id !== instance.id || last.result !== JSON.stringify(instance.segmentation)) last = null;
    const start = last ?? { id: instance.id, base: instance.segmentation, values: { fewer: 0, smoother: 0 } };
    const values = { ...start.values };
    const total = pointsIn(start.base);
    const counts = { fewer: element("output", {}), smoother: element("output", {}) };
    for (const count of Object.values(counts)) count.className = "ml-slider-value";
    function show(/** @type {Ring[]} */ rings) {
      counts.fewer.textContent = texts.simplify.countOfPoints(pointsIn(rings), total);
      counts.smoother.textContent = texts.simplify.howMany(pointsIn(rings)); // round corners take more than there were
    }

    /** @param {keyof Values} name @param {string} words @param {string} label */
    function row(name, words, label) {
      const slider = element("input", {
        type: "range",
        min: "0",
        max: "100",
        value: String(values[name]),
        "aria-label": label,
        "data-slider": name,
        disabled,
      });
      slider.addEventListener("input", () => {
        values[name] = Number(slider.value);
        const segmentation = made(start.base, values);
        show(segmentation);
        editor.setDraft({ id: start.id, fields: { segmentation } });
      });
      slider.addEventListener("change", () => {
        const segmentation = made(start.base, values);
        last = { id: start.id, base: start.base, result: JSON.stringify(segmentation), values };
        if (last.result === JSON.stringify(instance.segmentation)) editor.setDraft(null);
        else editor.change(start.id, { segmentation });
      });
      const style = `ml-slider ml-simplify ml-simplify-${name}`;
      return element("label", { class: style }, element("span", {}, words), slider, counts[name]);
    }

    const rows = element(
      "div",
      {},
      total > FEW && row("fewer", texts.simplify.points, texts.simplify.fewerPoints),
      row("smoother", texts.simplify.smooth, texts.simplify.smootherOutline),
    );
    show(instance.segmentation);
    return rows;
  };
}
