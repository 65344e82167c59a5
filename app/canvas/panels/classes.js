/** The class picker: choose, search, make and change classes. */

import * as api from "../model/api.js";
import { button, element } from "../view/dom.js";
import { openClassDialog } from "./class_dialog.js";

/** @typedef {import("../model/document.js").Category} Category */

/** @param {import("../workbench.js").Workbench} bench */
export function createClassPanel(bench) {
  const { editor } = bench;
  const search = element("input", {
    type: "search",
    placeholder: "Search or make a class",
    "aria-label": "Search or make a class",
    class: "ml-search",
    maxlength: "200",
    spellcheck: "false",
  });
  const list = element("ul", {
    class: "ml-classes",
    role: "listbox",
    "aria-label": "Class of new and selected objects",
  });
  const add = button("add", "New class", () => openClassDialog(bench, null, search.value.trim()), {
    class: "ml-quiet ml-small",
  });

  /** @returns {Category[]} */
  function matches() {
    const wanted = search.value.trim().toLowerCase();
    return (editor.document?.categories ?? []).filter((category) => category.name.toLowerCase().includes(wanted));
  }

  function update() {
    const all = editor.document?.categories ?? [];
    const wanted = search.value.trim();
    const chosen = editor.selected?.category_id ?? editor.currentCategory?.id ?? null;
    const counts = new Map();
    for (const { category_id } of editor.visibleInstances())
      counts.set(category_id, (counts.get(category_id) ?? 0) + 1);
    list.replaceChildren(
      ...matches().map((category) =>
        makeRow(category, all.indexOf(category), counts.get(category.id) ?? 0, category.id === chosen),
      ),
    );
    if (wanted && !all.some((category) => category.name === wanted)) {
      const make = button("add", `Make class ${wanted}`, () => void createClass(wanted), {
        class: "ml-make",
        text: `Make “${wanted}”`,
      });
      list.append(element("li", {}, make));
    }
    if (!all.length && !wanted && editor.document) {
      list.append(element("li", { class: "ml-empty" }, "No classes yet: type a name above and press Enter."));
    }
    list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Category} category @param {number} position @param {number} count @param {boolean} chosen */
  function makeRow(category, position, count, chosen) {
    const swatch = element("span", { class: "ml-swatch" });
    swatch.style.setProperty("--color", category.color);
    return element(
      "li",
      {
        class: "ml-class",
        role: "option",
        "aria-selected": chosen,
        "data-category": category.id,
        title: category.name,
        onclick: () => editor.chooseCategory(category.id),
      },
      swatch,
      element("span", { class: "ml-object-name" }, category.name),
      count ? element("span", { class: "ml-muted" }, String(count)) : null,
      button(
        "edit",
        `Change class ${category.name}`,
        (event) => {
          event.stopPropagation();
          openClassDialog(bench, category);
        },
        { class: "ml-quiet ml-small ml-onhover" },
      ),
      position < 9 ? element("kbd", { title: `Key ${position + 1}` }, String(position + 1)) : null,
    );
  }

  /** @param {string} name */
  async function createClass(name) {
    const made = await editor.ask("Making the class", () => api.createCategory({ name }));
    if (!made || !editor.document) return;
    editor.replace({ ...editor.document, categories: [...editor.document.categories, made] });
    editor.chooseCategory(made.id);
    search.value = "";
    update();
    bench.view.overlay.focus({ preventScroll: true });
  }

  search.addEventListener("input", update);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      const wanted = search.value.trim();
      const found = matches();
      const same = found.find((category) => category.name.toLowerCase() === wanted.toLowerCase()) ?? found[0];
      if (same) {
        editor.chooseCategory(same.id);
        search.value = "";
        update();
        bench.view.overlay.focus({ preventScroll: true });
      } else if (wanted) void createClass(wanted);
    } else if (event.key === "Escape") {
      search.value = "";
      update();
      bench.view.overlay.focus({ preventScroll: true });
    }
  });

  editor.on("document class selection filter", update);
  editor.on("classneeded", () => {
    editor.emit("notice", { text: "Make a class first: type its name and press Enter." });
    search.focus();
  });
  editor.on("searchclass", () => {
    search.focus();
    search.select();
  });
  update();
  return element(
    "section",
    { class: "ml-panel ml-panel-classes" },
    element("header", {}, element("h2", {}, "Classes"), element("span", { class: "ml-spacer" }), add),
    search,
    list,
  );
}
