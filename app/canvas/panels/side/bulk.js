/** Several selected objects: what they are, and what can be done with all of them at once. */

import { mergeSelected, subtractSelected } from "../../model/several/arrange.js";
import { groupOf, groupSelected, ungroupSelected } from "../../model/several/groups.js";
import { restack } from "../../model/several/stacking.js";
import { button, element } from "../../view/dom.js";
import { texts } from "../../messages/texts.js";

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
    add("check", texts.bulk.acceptTheProposalsAmongThem, () => bench.accept(), {
      class: "ml-small ml-good",
      text: texts.bulk.accept(proposed),
      keys: "Enter",
      disabled: locked,
    });
  add(
    hidden ? "eye" : "hidden",
    hidden ? texts.bulk.showAll : texts.bulk.hideAll,
    () => bench.toggleSelected("hidden"),
    {
      class: "ml-small",
      text: hidden ? texts.bulk.show : texts.bulk.hide,
      keys: "H",
    },
  );
  add(
    locked ? "unlocked" : "locked",
    locked ? texts.bulk.unlockAll : texts.bulk.lockAll,
    () => bench.toggleSelected("locked"),
    {
      class: "ml-small",
      text: locked ? texts.bulk.unlock : texts.bulk.lock,
      keys: "L",
    },
  );
  add("merge", texts.bulk.oneObjectOfAll, () => mergeSelected(editor), {
    class: "ml-small",
    text: texts.bulk.merge,
    keys: "J",
  });
  add("subtract", texts.bulk.cutTheOthersOutOf, () => subtractSelected(editor), {
    class: "ml-small",
    text: texts.bulk.subtract,
    keys: "Shift+J",
  });
  const together = instances.every((one) => groupOf(one) !== null && groupOf(one) === groupOf(instances[0]));
  if (!together)
    add("group", texts.keys.groupTheSelectedObjects, () => groupSelected(editor), {
      class: "ml-small",
      text: texts.bulk.group,
      keys: "Ctrl+G",
      disabled: locked,
    });
  actions.append(...stackingButtons(editor, locked));
  add("copy", texts.bulk.duplicateAll, () => bench.duplicate(), {
    class: "ml-small",
    text: texts.bulk.duplicate,
    keys: "Ctrl+D",
  });
  add("trash", texts.bulk.deleteAll, () => bench.erase(), {
    class: "ml-small",
    text: texts.bulk.delete,
    keys: "Delete",
    disabled: locked,
  });
  return [
    element("header", {}, element("h2", {}, texts.bulk.objectsSelected(instances.length))),
    element("p", { class: "ml-facts" }, [...counts].map(([name, count]) => `${count} ${name}`).join(" · ")),
    element("p", { class: "ml-facts" }, texts.bulk.aClassChosenAboveOr),
    actions,
  ];
}

/** Out of the group, to the front and to the back: of one selected object as of several. @param {import("../../model/editor.js").Editor} editor @param {boolean} disabled @returns {HTMLElement[]} */
export function stackingButtons(editor, disabled) {
  const options = (/** @type {string} */ keys) => ({ class: "ml-small", keys, disabled });
  const grouped = editor.selectedInstances.some((one) => groupOf(one) !== null);
  return [
    ...(grouped
      ? [
          button(
            "ungroup",
            texts.keys.ungroupTheSelectedObjects,
            () => ungroupSelected(editor),
            options("Ctrl+Shift+G"),
          ),
        ]
      : []),
    button("front", texts.keys.bringToTheFront, () => restack(editor, "front"), options("PageUp")),
    button("back", texts.keys.sendToTheBack, () => restack(editor, "back"), options("PageDown")),
  ];
}
