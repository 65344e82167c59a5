/** The list of objects on the image, by class: one row each, the same selection as the canvas. */

import { byClass } from "../../model/several/list_order.js";
import { button, element, offer } from "../../view/dom.js";
import { makeObjectRow, paintSmall } from "./object_row.js";
import { createThresholdRows } from "./threshold_row.js";
import { WindowedList } from "./windowed_list.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/document.js").Instance} Instance */

/** What the list can be narrowed to. @type {[string, string][]} */
const NARROWED = [
  ["", texts.objects.all],
  ["proposed", texts.provenance.proposed],
  ["accepted", texts.provenance.accepted],
  ["manual", texts.provenance.drawn],
  ["edited", texts.provenance.corrected],
  ["hidden", texts.objects.hidden],
  ["locked", texts.objects.locked],
];

/** @param {string} what @param {Instance} instance @param {import("../../model/editor.js").Editor} editor */
function isOf(what, instance, editor) {
  if (what === "hidden" || what === "locked") return editor[what].has(instance.id);
  if (what === "proposed" || what === "accepted") return instance.status === what;
  return !what || instance.source === what;
}

const ROW_HEIGHT = matchMedia("(pointer: coarse)").matches ? 44 : 40; // CSS pixels, as the style sheets say
const PAINT_PAUSE = 50; // milliseconds
const WORTH_NARROWING = 8; // objects

/** @param {import("../../workbench.js").Workbench} bench */
export function createObjectList(bench) {
  const { editor, view } = bench;
  const count = element("span", { class: "ml-count" });
  const hideAll = button("eye", texts.objects.hideOrShowAll, () => editor.toggleAllHidden(), {
    class: "ml-quiet ml-small",
  });
  const narrow = element("select", { class: "ml-narrow", "aria-label": texts.objects.whichAreListed });
  offer(narrow, NARROWED);
  narrow.addEventListener("change", () => update());
  const list = element("ul", {
    class: "ml-objects",
    role: "treegrid", // a row may hold buttons, an option of a list may not
    "aria-label": texts.objects.objectsOnThisImage,
    "aria-multiselectable": true,
    tabindex: "0",
  });
  const windowed = new WindowedList(list, ROW_HEIGHT);
  const empty = element("p", { class: "ml-empty" });

  list.addEventListener("pointerleave", () => editor.hover(null));
  list.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === list) {
      event.preventDefault();
      return event.repeat ? undefined : bench.accept();
    }
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    bench.selectNext(step);
  });

  /** @param {Instance | undefined} instance */
  function choose(instance) {
    if (!instance) return;
    editor.select(instance.id);
    view.viewport.reveal(instance.bbox);
    view.redrawMoved();
  }

  /** @param {Instance} instance @param {number} number in the list @returns {HTMLElement} */
  function makeRow(instance, number) {
    const hidden = editor.hidden.has(instance.id);
    const row = makeObjectRow(bench, instance, number);
    row.setAttribute("aria-selected", String(editor.selection.has(instance.id)));
    row.classList.toggle("ml-object-hovered", instance.id === editor.hoveredId);
    row.classList.toggle("ml-object-hidden", hidden);
    row.addEventListener("click", (event) => {
      if (event.shiftKey || event.ctrlKey || event.metaKey) return editor.toggleSelected(instance.id);
      choose(editor.document?.instances.find((other) => other.id === instance.id));
    });
    row.addEventListener("pointerenter", () => editor.hover(instance.id));
    return row;
  }

  /** The name of a class above its objects; a click selects them. @param {import("../../model/document.js").Category | null} category @param {Instance[]} members */
  function makeHeading(category, members) {
    const name = category?.name ?? "?";
    const ids = new Set(members.map(({ id }) => id));
    const seen = () => editor.visibleInstances().filter(({ id }) => ids.has(id)); // as they are when it is clicked
    const all = button(null, texts.objects.selectAllOf(name), () => editor.selectAll(seen().map(({ id }) => id)), {
      text: name,
      class: "ml-quiet ml-small",
    });
    const cell = element(
      "span",
      { role: "gridcell", class: "ml-cell" },
      all,
      element("span", { class: "ml-count" }, String(members.length)),
    );
    return element("li", { class: "ml-objects-heading", role: "row" }, cell);
  }

  function update() {
    const { document } = editor;
    const all = document?.instances ?? [];
    const there = all.filter((instance) => editor.hidden.has(instance.id) || editor.isVisible(instance));
    const listed = there.filter((instance) => isOf(narrow.value, instance, editor));
    narrow.hidden = there.length < WORTH_NARROWING && !narrow.value;
    count.textContent = listed.length === there.length ? String(there.length) : `${listed.length} / ${there.length}`;
    empty.textContent = !document || listed.length ? "" : whyEmpty(all.length, there.length);
    empty.hidden = !empty.textContent;
    const groups = byClass(listed, document?.categories ?? []);
    /** @type {import("./windowed_list.js").Row[]} */
    const rows = [];
    let number = 0;
    for (const { category, members } of groups) {
      if (groups.length > 1) {
        const make = () => makeHeading(category, members);
        rows.push({ key: `class ${category?.id}`, shown: [category, members.map(({ id }) => id).join()], make });
      }
      for (const instance of members) {
        const place = ++number;
        const flags = [editor.hidden.has(instance.id), editor.locked.has(instance.id)];
        const shown = [instance, category, place, ...flags];
        rows.push({ key: instance.id, shown, make: () => makeRow(instance, place) });
      }
    }
    windowed.show(rows);
    markSelected();
  }

  function markSelected() {
    for (const [id, { node }] of windowed.nodes) {
      if (typeof id === "number") node.setAttribute("aria-selected", String(editor.selection.has(id)));
    }
    if (editor.selectedId !== revealed)
      windowed.reveal(windowed.rows.findIndex(({ key }) => key === editor.selectedId));
    revealed = editor.selectedId;
  }
  /** The list is not scrolled away from where the person has scrolled it. @type {number | null} */
  let revealed = null;

  /** The picture that the rows show. @type {import("../../view/image_layer.js").Picture | null} */
  let pictured = null;

  /** The image was decoded: after it is on the canvas, the rows have time. */
  function paintAll() {
    if (view.imageLayer.picture === pictured) return;
    pictured = view.imageLayer.picture;
    if (!pictured) return;
    setTimeout(() => {
      const instances = new Map(editor.document?.instances.map((instance) => [instance.id, instance]));
      for (const [id, { node }] of windowed.nodes) {
        const instance = typeof id === "number" && instances.get(id);
        const canvas = node.querySelector("canvas");
        if (instance && canvas) paintSmall(canvas, bench, instance);
      }
    }, PAINT_PAUSE);
  }

  function markHovered() {
    for (const [id, { node }] of windowed.nodes) node.classList.toggle("ml-object-hovered", id === editor.hoveredId);
  }

  editor.on(["document", "filter"], update);
  editor.on("view", paintAll);
  editor.on("selection", markSelected);
  editor.on("hover", markHovered);
  update();
  return element(
    "section",
    { class: "ml-panel ml-panel-objects" },
    element(
      "header",
      {},
      element("h2", {}, texts.objects.objects),
      count,
      element("span", { class: "ml-spacer" }),
      narrow,
      hideAll,
    ),
    ...createThresholdRows(bench),
    empty,
    list,
  );
}

/** @param {number} all @param {number} there above their thresholds */
function whyEmpty(all, there) {
  if (there) return texts.objects.noneOfThese;
  return all ? texts.objects.allProposalsScoreTooLow : texts.objects.noObjectsYetFindObjects;
}
