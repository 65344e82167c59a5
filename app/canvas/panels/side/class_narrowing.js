/** Where there are many classes, the list can be narrowed to those that have objects: on this image, or on any. */

import { element, offer } from "../../view/dom.js";
import { remember, remembered } from "../../model/preferences.js";
import { texts } from "../../messages/texts.js";

const WORTH_NARROWING = 15; // classes

/** @type {[string, string][]} */
const CHOICES = [
  ["", texts.classes.allOfThem],
  ["image", texts.classes.onThisImage],
  ["used", texts.classes.inUse],
];

/**
 * @typedef {import("../../model/document.js").Category} Category
 * @param {import("../../workbench.js").Workbench} bench @param {() => void} changed
 * @returns {{element: HTMLSelectElement, narrowed: (all: readonly Category[]) => readonly Category[]}}
 */
export function createClassNarrowing({ editor, images }, changed) {
  const choice = element("select", { class: "ml-narrow", "aria-label": texts.classes.whichAreListed });
  offer(choice, CHOICES);
  choice.value = remembered("classes-listed", "");
  choice.addEventListener("change", () => {
    remember("classes-listed", choice.value);
    changed();
  });
  images.on("list", () => choice.value === "used" && changed());

  /** @returns {Set<number>} */
  const used = () => {
    const instances = editor.document?.instances ?? []; // those too that are hidden: they are to be found again
    const here = instances.filter((one) => editor.thresholds.pass(one)).map(({ category_id }) => category_id);
    return new Set(choice.value === "image" ? here : [...here, ...images.rows.flatMap((row) => row.categories ?? [])]);
  };
  return {
    element: choice,
    narrowed(all) {
      choice.hidden = all.length < WORTH_NARROWING;
      if (choice.hidden || !choice.value) return all;
      const ids = used();
      return all.filter(({ id }) => ids.has(id));
    },
  };
}
