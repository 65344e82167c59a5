/** The class picker: choose, search, make and change classes. */

import { classKeys, ownCategories } from "../../model/classes.js";
import * as api from "../../model/api.js";
import { button, element } from "../../view/dom.js";
import { createClassNarrowing } from "./class_narrowing.js";
import { openClassDialog } from "../dialogs/class_dialog.js";
import { WindowedList } from "./windowed_list.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/document.js").Category} Category */

const ROW_HEIGHT = matchMedia("(pointer: coarse)").matches ? 44 : 27; // CSS pixels, as the style sheets say

/** @param {import("../../workbench.js").Workbench} bench */
export function createClassPanel(bench) {
  const { editor } = bench;
  const listId = "ml-class-list";
  const search = element("input", {
    type: "search",
    role: "combobox",
    "aria-haspopup": "grid",
    "aria-controls": listId,
    "aria-expanded": "true",
    placeholder: texts.classes.searchOrMakeAClass,
    "aria-label": texts.classes.searchOrMakeAClass,
    class: "ml-search",
    maxlength: "200",
    spellcheck: "false",
  });
  const list = element("ul", {
    class: "ml-classes",
    id: listId,
    role: "treegrid", // a row may hold a button, an option of a list may not
    tabindex: "0",
    "aria-label": texts.classes.classOfNewAndSelected,
  });
  const empty = element("p", { class: "ml-empty" }, texts.classes.noClassesYetTypeA);
  const add = button("add", texts.classes.newClass, () => openClassDialog(bench, null, search.value.trim()), {
    class: "ml-quiet ml-small",
  });

  const change = button(
    "edit",
    texts.classes.changeTheChosenClass,
    () => openClassDialog(bench, editor.category(editor.selected?.category_id ?? editor.currentCategory?.id ?? -1)),
    { class: "ml-quiet ml-small" },
  );
  const narrowing = createClassNarrowing(bench, () => update());
  const windowed = new WindowedList(list, ROW_HEIGHT);
  /** The row that the arrow keys have got to in the search's results. @type {number | null} */
  let pointed = null;

  /** @returns {Category[]} */
  function matches() {
    const wanted = search.value.trim().toLowerCase();
    const all = ownCategories(editor.document);
    const chosen = editor.selected?.category_id ?? editor.currentCategory?.id;
    const listed = new Set(narrowing.narrowed(all));
    if (!wanted) return all.filter((one) => (!one.hidden && listed.has(one)) || one.id === chosen); // a search finds the others
    return all.filter((category) => category.name.toLowerCase().includes(wanted));
  }

  function update() {
    const all = ownCategories(editor.document);
    const wanted = search.value.trim();
    const mayMake = bench.signedIn.may("POST /api/categories");
    add.hidden = !mayMake;
    change.hidden = !bench.signedIn.may("PUT /api/categories/{category_id}");
    const chosen = editor.selected?.category_id ?? editor.currentCategory?.id ?? null;
    const counts = new Map();
    for (const { category_id } of editor.visibleInstances())
      counts.set(category_id, (counts.get(category_id) ?? 0) + 1);
    const found = matches();
    const keys = new Map([...classKeys(all)].map(([key, { id }]) => [id, key]));
    /** @type {import("./windowed_list.js").Row[]} */
    const rows = found.map((category, index) => {
      const key = keys.get(category.id) ?? "";
      const count = counts.get(category.id) ?? 0;
      const state = [category.id === chosen, index === pointed];
      return {
        key: category.id,
        shown: [category, key, count, ...state],
        make: () => makeRow(category, key, count, state[0], state[1]),
      };
    });
    if (wanted && mayMake && !all.some((category) => category.name === wanted)) {
      rows.push({ key: "make", shown: [wanted], make: () => makeOffer(wanted) });
    }
    list.classList.toggle("ml-listed", rows.length > 0);
    empty.hidden = all.length > 0 || wanted !== "" || !editor.document;
    windowed.show(rows);
    windowed.reveal(pointed ?? (wanted ? -1 : found.findIndex((category) => category.id === chosen)));
    for (const owner of [search, list]) {
      if (pointed !== null && found[pointed])
        owner.setAttribute("aria-activedescendant", `${listId}-${found[pointed].id}`);
      else owner.removeAttribute("aria-activedescendant");
    }
    change.disabled = !editor.category(chosen ?? -1);
  }

  /** @param {string} name */
  function makeOffer(name) {
    const make = button("add", texts.classes.makeClass(name), () => void createClass(name), {
      class: "ml-make",
      text: texts.classes.make(name),
    });
    return element("li", { role: "row" }, element("span", { role: "gridcell", class: "ml-cell" }, make));
  }

  /** @param {Category} category @param {string} key that chooses it, or "" @param {number} count @param {boolean} chosen @param {boolean} isPointed */
  function makeRow(category, key, count, chosen, isPointed) {
    const swatch = element("span", { class: "ml-swatch" });
    swatch.style.setProperty("--color", category.color);
    return element(
      "li",
      {
        class: `ml-class ${isPointed ? "ml-class-pointed" : ""}`,
        id: `${listId}-${category.id}`,
        role: "row",
        "aria-selected": chosen,
        "data-category": category.id,
        title: category.name,
        onclick: () => editor.chooseCategory(category.id),
      },
      element(
        "span",
        { role: "gridcell", class: "ml-cell" },
        swatch,
        element("span", { class: "ml-object-name" }, category.name),
        count ? element("span", { class: "ml-muted" }, String(count)) : null,
        change.hidden
          ? null
          : button(
              "edit",
              texts.classes.changeClass(category.name),
              (event) => {
                event.stopPropagation();
                openClassDialog(bench, category);
              },
              { class: "ml-quiet ml-small ml-onhover", tabindex: "-1" },
            ),
        key ? element("kbd", { title: texts.classes.key(key) }, key) : null,
      ),
    );
  }

  /** @param {string} name */
  async function createClass(name) {
    const made = await editor.ask(texts.classes.makingTheClass, () => makeOrFind(name));
    if (!made || !editor.document) return;
    const others = editor.document.categories.filter((category) => category.id !== made.id);
    editor.replace({ ...editor.document, categories: [...others, made].sort((a, b) => a.id - b.id) });
    choose(made);
  }

  /** Somebody else may have made the class since the list was read: then theirs is it. @param {string} name */
  async function makeOrFind(name) {
    try {
      return await api.createCategory({ name });
    } catch (error) {
      if (!(error instanceof api.ApiError && error.status === 409)) throw error;
      await editor.readCategories();
      const theirs = editor.document?.categories.find((category) => category.name === name);
      if (!theirs) throw error;
      return theirs;
    }
  }

  /** @param {Category} category */
  function choose(category) {
    editor.chooseCategory(category.id);
    endSearch();
  }

  function endSearch() {
    search.value = "";
    pointed = null;
    update();
    bench.view.overlay.focus({ preventScroll: true });
  }

  search.addEventListener("input", () => {
    pointed = null;
    update();
  });
  search.addEventListener("keydown", (event) => {
    const found = matches();
    if (event.key === "Enter") {
      event.preventDefault();
      const wanted = search.value.trim();
      const same = found.find((category) => category.name.toLowerCase() === wanted.toLowerCase());
      const category = (pointed !== null && found[pointed]) || same || found[0];
      if (category) choose(category);
      else if (wanted && !add.hidden) void createClass(wanted);
    } else if (event.key === "Escape") {
      endSearch();
    } else point(event, found);
  });
  list.addEventListener("keydown", (event) => {
    const found = matches();
    if (event.target !== list) return;
    if ((event.key === "Enter" || event.key === " ") && pointed !== null && found[pointed]) {
      event.preventDefault();
      event.stopPropagation();
      editor.chooseCategory(found[pointed].id);
    } else point(event, found);
  });

  /** @param {KeyboardEvent} event @param {Category[]} found */
  function point(event, found) {
    if ((event.key !== "ArrowDown" && event.key !== "ArrowUp") || !found.length) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.key === "ArrowDown" ? 1 : -1;
    pointed = pointed === null ? (step > 0 ? 0 : found.length - 1) : (pointed + step + found.length) % found.length;
    update();
  }

  editor.on(["document", "class", "selection", "filter", "signedin"], update);
  editor.on("classneeded", () => {
    const how = add.hidden ? texts.classes.thereIsNoClassYet : texts.classes.makeAClassFirstType;
    editor.emit("notice", { text: how });
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
    element(
      "header",
      {},
      element("h2", {}, texts.classes.classes),
      element("span", { class: "ml-spacer" }),
      narrowing.element,
      change,
      add,
    ),
    search,
    empty,
    list,
  );
}
