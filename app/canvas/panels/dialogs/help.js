/** The overlay with every shortcut, written from the table that the keys are read from; a click on a key changes it. */

import { openDialog } from "./dialogs.js";
import { button, element } from "../../view/dom.js";
import { keyTable, nameOf, shortcutsOf } from "../../keys.js";
import { changeKey, forgetOwnKeys, hasOwnKeys, ownKey } from "../../model/own_keys.js";
import { keyName } from "../../messages/key_names.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../workbench.js").Workbench} Workbench */
/** @typedef {import("../../keys.js").Shortcut} Shortcut */

/** @type {{[key: string]: string}} */
const SHOWN = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  "-": "−",
};
const DIGITS = "1,2,3,4,5,6,7,8,9";
/** Whoever changes these finds no way back, or breaks what the browser does with them. */
const FIXED = new Set(["Escape", "Tab", "Shift+Tab", "?", "F1", "Ctrl+C", "Ctrl+V"]);
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph"]);

/** @param {string} key */
const shown = (key) => SHOWN[ownKey(key)] ?? keyName(key);

/** @param {Workbench} bench */
export function openHelp(bench) {
  const says = element("p", { class: "ml-muted", role: "status" }, texts.help.aClickChangesAKey);
  const back = button(null, texts.help.allKeysAsTheyWere, () => changed(forgetOwnKeys), {
    text: texts.help.allKeysAsTheyWere,
    class: "ml-small",
  });
  const columns = element("div", { class: "ml-help" });
  /** The key that the next one pressed takes the place of. @type {string | null} */
  let waiting = null;

  /** @param {() => void} change */
  function changed(change) {
    change();
    bench.editor.emit("keys");
    draw();
  }

  function draw() {
    const shortcuts = shortcutsOf(bench);
    const groups = [...new Set(shortcuts.map(({ group }) => group))];
    columns.replaceChildren(
      ...groups.map((group) => {
        const list = element("dl", {});
        for (const shortcut of shortcuts.filter((one) => one.group === group && one.label))
          list.append(keysOf(shortcut), element("dd", {}, shortcut.label));
        return element("section", {}, element("h3", {}, group), list);
      }),
    );
    back.hidden = !hasOwnKeys();
  }

  /** @param {Shortcut} shortcut */
  function keysOf(shortcut) {
    const { keys, run } = shortcut;
    const cell = element("dt", {});
    if (keys.join() === DIGITS) {
      cell.append(element("kbd", {}, "1 – 9"));
      return cell;
    }
    keys.forEach((key, index) => {
      if (index) cell.append(" ");
      if (!run || FIXED.has(key)) return cell.append(element("kbd", {}, shown(key)));
      const one = element(
        "button",
        {
          type: "button",
          class: `ml-key ${ownKey(key) === key ? "" : "ml-key-own"}`,
          "data-key": key,
          "aria-label": texts.help.changeTheKeyOf(shown(key), shortcut.label),
          title: texts.help.changeThisKey,
          onclick: () => ask(key, one),
        },
        element("kbd", {}, shown(key)),
      );
      cell.append(one);
    });
    return cell;
  }

  /** @param {string} key @param {HTMLElement} one its button */
  function ask(key, one) {
    waiting = key;
    one.firstElementChild?.replaceChildren("…");
    says.textContent = texts.help.pressTheNewKey(shown(key));
  }

  /** @param {KeyboardEvent} event */
  function take(event) {
    if (waiting === null || MODIFIERS.has(event.key)) return;
    event.preventDefault(); // Escape closes nothing now
    event.stopPropagation();
    const key = waiting;
    const pressed = nameOf(event);
    const taken = keyTable(bench).get(pressed);
    waiting = null;
    if (pressed === "Escape") says.textContent = texts.help.aClickChangesAKey;
    else if (taken && taken.key !== key) says.textContent = texts.help.keyIsTaken(pressed, taken.shortcut.label);
    else {
      changeKey(key, pressed);
      bench.editor.emit("keys");
      says.textContent = texts.help.keyIsChanged(shown(key));
    }
    draw();
    /** @type {HTMLElement | null} */ (columns.querySelector(`[data-key="${CSS.escape(key)}"]`))?.focus();
  }

  draw();
  const dialog = openDialog(bench.root, {
    title: texts.help.keysAndMouse,
    content: [element("div", { class: "ml-help-says" }, says, back), columns],
    wide: true,
  });
  dialog.addEventListener("keydown", take, true);
}
