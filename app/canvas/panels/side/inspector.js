/** The selected object: its facts, what can be done with it, and its keypoints. */

import { beneath, cutBeneath } from "../../model/several/arrange.js";
import { completeKeypoints, shapeKind } from "../../model/document.js";
import { button, element } from "../../view/dom.js";
import { createAttributes, isBeingTyped } from "./attributes.js";
import { provenance } from "./object_row.js";
import { createBulkParts, stackingButtons } from "./bulk.js";
import { createSimplifier } from "./simplify.js";
import { setVisibility, VISIBILITY } from "../../tools/keypoints/edits.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/document.js").Instance} Instance */
/** @typedef {import("../../model/document.js").Category} Category */

const MARKS = ["–", "◐", "●"]; // not labelled, hidden, visible

/** @param {import("../../workbench.js").Workbench} bench */
export function createInspector(bench) {
  const { editor } = bench;
  const body = element("div", { class: "ml-inspector" });
  const simplifier = createSimplifier(bench);
  const root = element(
    "section",
    { class: "ml-panel ml-panel-selected", "aria-label": texts.inspector.selectedObject },
    body,
  );

  /** The object that is shown. @type {number | null} */
  let shownId = null;
  let late = false; // a redraw waits until what is being typed has become an edit
  editor.on("renumber", ({ from, to }) => {
    if (shownId === from) shownId = to;
  });
  body.addEventListener("focusout", () => late && queueMicrotask(update));

  function update() {
    const instance = editor.selected;
    late = instance?.id === shownId && body.contains(document.activeElement) && isBeingTyped(document.activeElement);
    if (late) return;
    shownId = instance?.id ?? null;
    root.hidden = !instance;
    if (!instance) return body.replaceChildren();
    if (editor.selectsSeveral) return body.replaceChildren(...createBulkParts(bench));
    const category = editor.category(instance.category_id);
    const scrolled = body.querySelector(".ml-keypoints")?.scrollTop ?? 0;
    const asked = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.attribute;
    const moved = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.slider;
    body.replaceChildren(...parts(instance, category));
    const focused = asked ? `[data-attribute="${CSS.escape(asked)}"]` : moved && `[data-slider="${moved}"]`;
    if (focused) /** @type {HTMLElement | null} */ (body.querySelector(focused))?.focus();
    const list = body.querySelector(".ml-keypoints");
    if (list) list.scrollTop = scrolled;
    list?.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Instance} instance @param {Category | null} category */
  function parts(instance, category) {
    const kind = shapeKind(instance);
    const locked = editor.locked.has(instance.id);
    const swatch = element("span", { class: "ml-swatch" });
    swatch.style.setProperty("--color", category?.color ?? "#9aa4b2");
    const actions = element("div", { class: "ml-actions" });
    if (instance.status === "proposed")
      actions.append(
        button("check", texts.inspector.accept, () => bench.accept(), {
          class: "ml-small ml-good",
          text: texts.inspector.accept,
          keys: "Enter",
          disabled: locked,
        }),
      );
    if (kind === "bitmap")
      actions.append(
        button("polygon", texts.inspector.toPolygon, () => bench.convertToPolygon(), {
          class: "ml-small",
          text: texts.inspector.toPolygon,
          disabled: locked,
        }),
      );
    if (kind === "polygon")
      actions.append(
        button("polygon", texts.inspector.fewerPointsAsFarAs, () => bench.simplify(), {
          class: "ml-small",
          text: texts.inspector.simplify,
          disabled: locked,
        }),
      );
    const hidden = editor.hidden.has(instance.id);
    if (beneath(editor).length)
      actions.append(
        button("subtract", texts.inspector.cutBeneath, () => cutBeneath(editor), {
          class: "ml-small",
          keys: "Shift+S",
        }),
      );
    actions.append(
      ...stackingButtons(editor, locked),
      button("copy", texts.inspector.duplicate, () => bench.duplicate(), { class: "ml-small", keys: "Ctrl+D" }),
      button(
        hidden ? "eye" : "hidden",
        hidden ? texts.inspector.show : texts.inspector.hide,
        () => bench.toggleSelected("hidden"),
        {
          class: "ml-small",
          keys: "H",
        },
      ),
      button(
        locked ? "unlocked" : "locked",
        locked ? texts.inspector.unlock : texts.inspector.lock,
        () => bench.toggleSelected("locked"),
        {
          class: "ml-small",
          keys: "L",
        },
      ),
      button("trash", texts.inspector.delete, () => bench.erase(), {
        class: "ml-small",
        text: texts.inspector.delete,
        keys: "Delete",
        disabled: locked,
      }),
    );
    return [
      element(
        "header",
        {},
        swatch,
        element("h2", {}, category?.name ?? "?"),
        element("span", { class: `ml-tag ml-tag-${instance.source}` }, provenance(instance)),
      ),
      element("p", { class: "ml-facts" }, factsOf(instance, kind)),
      actions,
      simplifier(instance, locked),
      createAttributes(editor, instance, category, locked),
      category?.keypoints.length ? keypointList(instance, category, locked) : null,
    ].filter((node) => node !== null);
  }

  /** @param {Instance} instance @param {Category} category @param {boolean} locked */
  function keypointList(instance, category, locked) {
    const keypoints = completeKeypoints(instance, category);
    const list = element("ol", { class: "ml-keypoints", "aria-label": texts.inspector.keypoints });
    category.keypoints.forEach((name, index) => {
      const visibility = keypoints[3 * index + 2];
      const choices = element("span", {
        class: "ml-choices",
        role: "radiogroup",
        "aria-label": texts.inspector.visibilityOf(name),
      });
      MARKS.forEach((mark, value) => {
        choices.append(
          element(
            "button",
            {
              type: "button",
              role: "radio",
              "aria-checked": visibility === value,
              title: `${value}: ${VISIBILITY[value]}`,
              "aria-label": VISIBILITY[value],
              disabled: locked,
              onclick: (/** @type {MouseEvent} */ event) => {
                event.stopPropagation();
                setVisibility(editor, index, value);
              },
            },
            mark,
          ),
        );
      });
      const row = element(
        "li",
        {
          "data-keypoint": index,
          "aria-current": editor.activeKeypoint === index,
          class: visibility ? "" : "ml-unlabelled",
        },
        element("span", { class: "ml-muted ml-number" }, String(index + 1)),
        element("span", { class: "ml-object-name", title: name }, name),
        choices,
      );
      row.addEventListener("click", () => {
        bench.setTool("keypoints");
        editor.setActiveKeypoint(index);
      });
      list.append(row);
    });
    return list;
  }

  editor.on(["document", "selection", "filter"], update);
  update();
  return root;
}

/** @param {Instance} instance @param {"polygon" | "bitmap" | "box"} kind */
function factsOf(instance, kind) {
  const [, , width, height] = instance.bbox;
  const facts = [texts.inspector.px(Math.round(width), Math.round(height))];
  if (kind === "polygon" && Array.isArray(instance.segmentation)) {
    const points = instance.segmentation.reduce((sum, ring) => sum + ring.length / 2, 0);
    const parts = instance.segmentation.length;
    facts.push(texts.inspector.points(points, parts));
  } else facts.push(kind === "bitmap" ? texts.inspector.pixelMask : texts.inspector.boxOnly);
  if (instance.iscrowd) facts.push("crowd");
  if (instance.score !== null) facts.push(texts.inspector.score(instance.score.toFixed(2)));
  return facts.join(" · ");
}
