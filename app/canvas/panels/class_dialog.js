/** Name, colour, keypoints and skeleton of a class. */

import * as api from "../model/api.js";
import { openDialog } from "./dialogs.js";
import { element } from "../view/dom.js";
import { lineOf } from "../model/editor.js";

/** @typedef {import("../model/document.js").Category} Category */

/** @param {import("../workbench.js").Workbench} bench @param {Category | null} category null makes one @param {string} [proposedName] */
export function openClassDialog(bench, category, proposedName = "") {
  const { editor } = bench;
  const name = element("input", {
    type: "text",
    value: category?.name ?? proposedName,
    required: true,
    maxlength: "200",
    autofocus: true,
    spellcheck: "false",
  });
  const color = element("input", { type: "color", value: category?.color ?? "#56b4e9", "aria-label": "Colour" });
  const ownColor = { chosen: category !== null };
  color.addEventListener("input", () => {
    ownColor.chosen = true;
  });
  const keypoints = element("textarea", { rows: "5", spellcheck: "false", placeholder: "nose\nleft eye\nright eye" });
  keypoints.value = (category?.keypoints ?? []).join("\n");
  const skeleton = element("input", {
    type: "text",
    spellcheck: "false",
    placeholder: "1-2, 1-3",
    value: (category?.skeleton ?? []).map((pair) => pair.join("-")).join(", "),
  });
  const error = element("p", { class: "ml-error", role: "alert" });

  async function save() {
    const names = keypoints.value
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    const pairs = [...skeleton.value.matchAll(/(\d+)\s*-\s*(\d+)/g)].map(
      ([, a, b]) => /** @type {[number, number]} */ ([Number(a), Number(b)]),
    );
    /** @type {Partial<Category>} */
    const fields = { name: name.value.trim(), keypoints: names, skeleton: pairs };
    if (ownColor.chosen) fields.color = color.value;
    try {
      const saved = category ? await api.updateCategory(category.id, fields) : await api.createCategory(fields);
      const document = editor.document;
      if (document) {
        const others = document.categories.filter((other) => other.id !== saved.id);
        editor.replace({ ...document, categories: [...others, saved].sort((a, b) => a.id - b.id) });
      }
      if (!category) editor.chooseCategory(saved.id);
      return true;
    } catch (problem) {
      error.textContent = lineOf(problem);
      return false;
    }
  }

  openDialog(bench.root, {
    title: category ? "Change class" : "New class",
    confirm: category ? "Save" : "Make class",
    onConfirm: save,
    content: [
      element(
        "div",
        { class: "ml-row" },
        element("label", { class: "ml-field ml-grow" }, element("span", {}, "Name"), name),
        element("label", { class: "ml-field" }, element("span", {}, "Colour"), color),
      ),
      element(
        "label",
        { class: "ml-field" },
        element("span", {}, "Keypoints, one name on a line (none for most classes)"),
        keypoints,
      ),
      element(
        "label",
        { class: "ml-field" },
        element("span", {}, "Skeleton: pairs of keypoint numbers that a line joins"),
        skeleton,
      ),
      error,
    ],
  });
}
