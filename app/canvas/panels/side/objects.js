/** The list of objects on the image: one row each, the same selection as the canvas. */

import { findCategory } from "../../model/document.js";
import { button, element } from "../../view/dom.js";
import { createThresholdRows } from "./threshold_row.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/document.js").Instance} Instance */

/** Where an object comes from, in a word. @param {Instance} instance */
export function provenance(instance) {
  if (instance.source === "manual") return texts.provenance.drawn;
  if (instance.source === "edited") return texts.provenance.corrected;
  return instance.status === "proposed" ? texts.provenance.proposed : texts.provenance.accepted;
}

/** @param {import("../../workbench.js").Workbench} bench */
export function createObjectList(bench) {
  const { editor, view } = bench;
  const count = element("span", { class: "ml-count" });
  const hideAll = button("eye", texts.objects.hideOrShowAll, () => editor.toggleAllHidden(), {
    class: "ml-quiet ml-small",
  });
  const list = element("ul", {
    class: "ml-objects",
    role: "grid", // a row may hold buttons, an option of a list may not
    "aria-label": texts.objects.objectsOnThisImage,
    "aria-multiselectable": true,
    tabindex: "0",
  });
  const empty = element("p", { class: "ml-empty" });
  /** @type {Map<number, {row: HTMLElement, shown: unknown[]}>} */
  const rows = new Map();

  list.addEventListener("pointerleave", () => editor.hover(null));
  list.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === list) {
      event.preventDefault();
      return bench.accept();
    }
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const instances = editor.visibleInstances();
    const at = instances.findIndex((instance) => instance.id === editor.selectedId);
    choose(instances[at < 0 ? 0 : (at + step + instances.length) % instances.length]);
  });

  /** @param {Instance | undefined} instance */
  function choose(instance) {
    if (!instance) return;
    editor.select(instance.id);
    view.viewport.reveal(instance.bbox);
    view.redraw();
  }

  /** @param {Instance} instance @returns {HTMLElement} */
  function makeRow(instance) {
    const category = editor.category(instance.category_id);
    const name = category?.name ?? "?";
    const proposed = instance.status === "proposed";
    const hidden = editor.hidden.has(instance.id),
      locked = editor.locked.has(instance.id);
    const score = instance.score === null || !proposed ? "" : `${Math.round(instance.score * 100)} %`;
    const swatch = element("span", { class: `ml-swatch ${proposed ? "ml-swatch-proposed" : ""}` });
    swatch.style.setProperty("--color", category?.color ?? "#9aa4b2");
    const from = element(
      "span",
      { class: `ml-tag ml-tag-${instance.source}`, title: titleOf(instance) },
      provenance(instance),
    );
    const row = element(
      "li",
      {
        class: `ml-object ${hidden ? "ml-object-hidden" : ""}`,
        role: "row",
        "data-instance": instance.id,
        title: `${name}, ${titleOf(instance)}`,
      },
      element(
        "span",
        { role: "gridcell", class: "ml-cell" },
        swatch,
        element("span", { class: "ml-object-name" }, name),
        score ? element("span", { class: "ml-score" }, score) : null,
        from,
        proposed
          ? button(
              "check",
              texts.objects.accept(name),
              (event) => {
                event.stopPropagation();
                editor.accept(instance.id);
              },
              { class: "ml-quiet ml-small ml-accept", tabindex: "-1" },
            )
          : null,
        button(
          hidden ? "hidden" : "eye",
          hidden ? texts.objects.show(name) : texts.objects.hide(name),
          (event) => {
            event.stopPropagation();
            editor.toggle("hidden", instance.id);
          },
          { class: "ml-quiet ml-small ml-flag", "aria-pressed": hidden, tabindex: "-1" },
        ),
        button(
          locked ? "locked" : "unlocked",
          locked ? texts.objects.unlock(name) : texts.objects.lock(name),
          (event) => {
            event.stopPropagation();
            editor.toggle("locked", instance.id);
          },
          { class: "ml-quiet ml-small ml-flag ml-lock", "aria-pressed": locked, tabindex: "-1" },
        ),
      ),
    );
    row.addEventListener("click", (event) => {
      if (event.shiftKey || event.ctrlKey || event.metaKey) return editor.toggleSelected(instance.id);
      choose(editor.document?.instances.find((other) => other.id === instance.id));
    });
    row.addEventListener("pointerenter", () => editor.hover(instance.id));
    return row;
  }

  function update() {
    const { document } = editor;
    const all = document?.instances ?? [];
    const listed = all.filter((instance) => editor.hidden.has(instance.id) || editor.isVisible(instance));
    count.textContent = String(listed.length);
    const less = all.length - listed.length;
    empty.textContent = !document
      ? ""
      : listed.length
        ? ""
        : less
          ? texts.objects.allProposalsScoreTooLow
          : texts.objects.noObjectsYetFindObjects;
    empty.hidden = !empty.textContent;
    const wanted = new Set(listed.map((instance) => instance.id));
    for (const [id, { row }] of rows) {
      if (wanted.has(id)) continue;
      row.remove();
      rows.delete(id);
    }
    let before = list.firstElementChild;
    for (const instance of listed) {
      const category = document && findCategory(document, instance.category_id);
      const shown = [instance, category, editor.hidden.has(instance.id), editor.locked.has(instance.id)];
      const known = rows.get(instance.id);
      if (known && known.shown.every((value, index) => value === shown[index])) {
        if (known.row !== before) list.insertBefore(known.row, before);
        else before = before.nextElementSibling;
        continue;
      }
      const row = makeRow(instance);
      if (known) {
        if (known.row === before) before = before.nextElementSibling;
        known.row.remove();
      }
      list.insertBefore(row, before);
      rows.set(instance.id, { row, shown });
    }
    markSelected();
  }

  function markSelected() {
    for (const [id, { row }] of rows) {
      const selected = editor.selection.has(id);
      if ((row.getAttribute("aria-selected") === "true") === selected) continue;
      row.setAttribute("aria-selected", String(selected));
      if (id === editor.selectedId) row.scrollIntoView({ block: "nearest" });
    }
  }

  function markHovered() {
    for (const [id, { row }] of rows) row.classList.toggle("ml-object-hovered", id === editor.hoveredId);
  }

  editor.on(["document", "filter"], update);
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
      hideAll,
    ),
    ...createThresholdRows(bench),
    empty,
    list,
  );
}

/** @param {Instance} instance */
function titleOf(instance) {
  const by = instance.model ? texts.objects.by(instance.model) : "";
  const score = instance.score === null ? "" : texts.objects.score(instance.score.toFixed(2));
  if (instance.source === "manual") return texts.objects.drawnByAPerson;
  if (instance.source === "edited") return texts.objects.foundCorrectedByAPerson(by, score);
  return texts.objects.found(by, score, instance.status);
}
