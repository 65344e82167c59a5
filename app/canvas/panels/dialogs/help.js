/** The overlay with every shortcut, written from the table that the keys are read from. */

import { openDialog } from "./dialogs.js";
import { element } from "../../view/dom.js";
import { shortcutsOf } from "../../keys.js";
import { keyName } from "../../messages/key_names.js";
import { texts } from "../../messages/texts.js";

/** @type {{[key: string]: string}} */
const SHOWN = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  "-": "−",
};

/** @param {string[]} keys */
function keysOf(keys) {
  const cell = element("dt", {});
  const shown = keys.join() === "1,2,3,4,5,6,7,8,9" ? ["1 – 9"] : keys;
  shown.forEach((key, index) => {
    if (index) cell.append(" ");
    cell.append(element("kbd", {}, SHOWN[key] ?? keyName(key)));
  });
  return cell;
}

/** @param {import("../../workbench.js").Workbench} bench */
export function openHelp(bench) {
  const shortcuts = shortcutsOf(bench);
  const groups = [...new Set(shortcuts.map(({ group }) => group))];
  const columns = groups.map((group) => {
    const list = element("dl", {});
    for (const { keys, label } of shortcuts.filter((shortcut) => shortcut.group === group && shortcut.label)) {
      list.append(keysOf(keys), element("dd", {}, label));
    }
    return element("section", {}, element("h3", {}, group), list);
  });
  openDialog(bench.root, {
    title: texts.help.keysAndMouse,
    content: [element("div", { class: "ml-help" }, ...columns)],
    wide: true,
  });
}
