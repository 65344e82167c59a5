/** Several selected objects: what they are, and what can be done with all of them at once. */

import { mergeSelected, subtractSelected } from "../../model/several/arrange.js";
import { button, element } from "../../view/dom.js";

/** @param {import("../../workbench.js").Workbench} bench @returns {HTMLElement[]} */
export function createBulkParts(bench) {
  const { editor } = bench;
  const instances = editor.selectedInstances;
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { category_id } of instances) {
    const name = editor.category(category_id)?.name ?? "?";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const proposed = instances.filter(({ status }) => status === "proposed").length;
  const all = (/** @type {"hidden" | "locked"} */ flag) => instances.every(({ id }) => editor[flag].has(id));
  const hidden = all("hidden"),
    locked = all("locked");
  const actions = element("div", { class: "ml-actions" });
  const add = (/** @type {Parameters<typeof button>} */ ...options) => actions.append(button(...options));
  if (proposed)
    add("check", "Accept the proposals among them", () => bench.accept(), {
      class: "ml-small ml-good",
      text: `Accept ${proposed}`,
      keys: "Enter",
      disabled: locked,
    });
  add(hidden ? "eye" : "hidden", hidden ? "Show all" : "Hide all", () => bench.toggleSelected("hidden"), {
    class: "ml-small",
    text: hidden ? "Show" : "Hide",
    keys: "H",
  });
  add(locked ? "unlocked" : "locked", locked ? "Unlock all" : "Lock all", () => bench.toggleSelected("locked"), {
    class: "ml-small",
    text: locked ? "Unlock" : "Lock",
    keys: "L",
  });
  add("merge", "One object of all", () => mergeSelected(editor), { class: "ml-small", text: "Merge", keys: "J" });
  add("subtract", "Cut the others out of the object selected first", () => subtractSelected(editor), {
    class: "ml-small",
    text: "Subtract",
    keys: "Shift+J",
  });
  add("copy", "Duplicate all", () => bench.duplicate(), { class: "ml-small", text: "Duplicate", keys: "Ctrl+D" });
  add("trash", "Delete all", () => bench.erase(), { class: "ml-small", text: "Delete", keys: "Del", disabled: locked });
  return [
    element("header", {}, element("h2", {}, `${instances.length} objects selected`)),
    element("p", { class: "ml-facts" }, [...counts].map(([name, count]) => `${count} ${name}`).join(" · ")),
    element("p", { class: "ml-facts" }, "A class chosen above, or by 1 – 9, is given to all."),
    actions,
  ];
}
