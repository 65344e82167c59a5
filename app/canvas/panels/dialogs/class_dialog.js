/** Name, colour, keypoints, skeleton and attributes of a class, and where it stands in the list. */

import * as api from "../../model/api.js";
import { openDialog } from "./dialogs.js";
import { createSkeletonPicture, namesIn, pairsIn, written as writtenPairs } from "./skeleton_picture.js";
import { element } from "../../view/dom.js";
import { ownCategories } from "../../model/classes.js";
import { readAttributes, writtenAttributes } from "../side/attributes.js";
import { lineOf } from "../../model/editor.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/document.js").Category} Category */

/** @param {import("../../workbench.js").Workbench} bench @param {Category | null} category null makes one @param {string} [proposedName] */
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
  const color = element("input", {
    type: "color",
    value: category?.color ?? "#56b4e9",
    "aria-label": texts.classDialog.colour,
  });
  const ownColor = { chosen: category !== null };
  color.addEventListener("input", () => {
    ownColor.chosen = true;
  });
  const keypoints = element("textarea", {
    rows: "5",
    spellcheck: "false",
    placeholder: texts.classDialog.noseLeftEyeRightEye,
  });
  keypoints.value = (category?.keypoints ?? []).join("\n");
  const skeleton = element("input", {
    type: "text",
    spellcheck: "false",
    placeholder: "1-2, 1-3",
    value: writtenPairs(category?.skeleton ?? []),
  });
  const objects = editor.document?.instances.filter(({ category_id }) => category_id === category?.id) ?? [];
  const example = objects.find(({ num_keypoints }) => num_keypoints === category?.keypoints.length)?.keypoints ?? null;
  const picture = createSkeletonPicture(keypoints, skeleton, example);
  const attributes = element("textarea", {
    rows: "3",
    spellcheck: "false",
    placeholder: texts.classDialog.occludedFlagRipenessGreenHalf,
  });
  const written = writtenAttributes(category?.attributes ?? []);
  attributes.value = written;
  const own = ownCategories(editor.document);
  const at = own.findIndex(({ id }) => id === category?.id) + 1;
  const place = element("input", {
    type: "number",
    min: "1",
    max: String(Math.max(1, own.length)),
    value: at ? String(at) : "", // a class that only a model has named has none
  });
  const key = element(
    "select",
    {},
    element("option", { value: "" }, texts.classDialog.byPlace),
    ...[..."123456789"].map((digit) => element("option", { value: digit }, digit)),
  );
  key.value = category?.key ?? "";
  const hidden = element("input", { type: "checkbox", checked: category?.hidden ?? false });
  const error = element("p", { class: "ml-error", role: "alert" });

  async function save() {
    /** @type {Partial<Category>} */
    const fields = { name: name.value.trim(), keypoints: namesIn(keypoints.value), skeleton: pairsIn(skeleton.value) };
    // As text they lose what a file or a script may have put into a name, such as a colon: untouched, they stay.
    if (attributes.value !== written) fields.attributes = readAttributes(attributes.value);
    if (category) {
      fields.key = key.value || null;
      fields.hidden = hidden.checked;
      if (Number(place.value) !== at && place.value) fields.position = Number(place.value);
    }
    if (ownColor.chosen) fields.color = color.value;
    try {
      const saved = category ? await api.updateCategory(category.id, fields) : await api.createCategory(fields);
      const document = editor.document;
      if (document && category)
        await editor.readCategories(); // a place or key that it took was another's
      else if (document) {
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
    title: category ? texts.classDialog.changeClass : texts.classDialog.newClass,
    confirm: category ? texts.classDialog.save : texts.classDialog.makeClass,
    onConfirm: save,
    content: [
      element(
        "div",
        { class: "ml-row" },
        element("label", { class: "ml-field ml-grow" }, element("span", {}, texts.classDialog.name), name),
        element("label", { class: "ml-field" }, element("span", {}, texts.classDialog.colour), color),
      ),
      element("label", { class: "ml-field" }, element("span", {}, texts.classDialog.keypointsOneNameOnA), keypoints),
      element(
        "label",
        { class: "ml-field" },
        element("span", {}, texts.classDialog.skeletonPairsOfKeypointNumbers),
        skeleton,
      ),
      picture,
      element("label", { class: "ml-field" }, element("span", {}, texts.classDialog.attributesOneOnALine), attributes),
      ...(category
        ? [
            element(
              "div",
              { class: "ml-row" },
              element("label", { class: "ml-field" }, element("span", {}, texts.classDialog.placeInTheList), place),
              element("label", { class: "ml-field" }, element("span", {}, texts.classDialog.key), key),
              element("label", { class: "ml-choice" }, hidden, texts.classDialog.leaveOutOfTheList),
            ),
          ]
        : []),
      error,
    ],
  });
}
