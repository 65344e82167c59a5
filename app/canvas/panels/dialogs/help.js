/** The overlay with every shortcut, written from the table that the keys are read from; a click on a key changes it. */

import { openDialog } from "./dialogs.js";
import { button, element } from "../../view/dom.js";
import { nameOf } from "../../keys.js";
import { shortcutsOf } from "../../shortcuts.js";
import { changeKey, forgetOwnKeys, hasOwnKeys, ownKey } from "../../model/own_keys.js";
import { keyName, printed } from "../../messages/key_names.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../workbench.js").Workbench} Workbench */
/** @typedef {import("../../shortcuts.js").Shortcut} Shortcut */

const DIGITS = "1,2,3,4,5,6,7,8,9";
/** Whoever changes these finds no way back, or breaks what the browser does with them. */
const FIXED = new Set(["Escape", "Tab", "Shift+Tab", "?", "F1", "Ctrl+C", "Ctrl+V", texts.keys.rightClick]);
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph"]);

/** @param {Workbench} bench */
export function openHelp(bench) {
  const says = element("p", { class: "ml-muted", role: "status" });
  const back = button(null, texts.help.allKeysAsTheyWere, () => change(forgetOwnKeys), {
    text: texts.help.allKeysAsTheyWere,
    class: "ml-small",
  });
  const columns = element("div", { class: "ml-help" });
  /** The key that the next one pressed takes the place of. @type {string | null} */
  let waiting = null;

  /** @param {() => void} how @param {string} [words] what is said then */
  function change(how, words) {
    how();
    bench.editor.emit("keys");
    draw(words);
  }

  /** Every key as it is now; none waits for another. @param {string} [words] */
  function draw(words = texts.help.aClickChangesAKey) {
    waiting = null;
    says.textContent = words;
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
      if (!run || FIXED.has(key)) return cell.append(element("kbd", {}, keyName(key)));
      const one = element(
        "button",
        {
          type: "button",
          class: `ml-key ${ownKey(key) === key ? "" : "ml-key-own"}`,
          "data-key": key,
          "aria-label": texts.help.changeTheKeyOf(keyName(key), shortcut.label),
          title: texts.help.changeThisKey,
          onclick: () => ask(key),
        },
        element("kbd", {}, keyName(key)),
      );
      cell.append(one);
    });
    return cell;
  }

  /** @param {string} key @returns {HTMLElement | null} */
  const buttonOf = (key) => columns.querySelector(`[data-key="${CSS.escape(key)}"]`);

  /** @param {string} key */
  function ask(key) {
    draw(texts.help.pressTheNewKey(keyName(key)));
    waiting = key;
    const one = buttonOf(key);
    one?.firstElementChild?.replaceChildren("…");
    one?.focus();
  }

  /** @param {KeyboardEvent} event */
  function take(event) {
    if (waiting === null || MODIFIERS.has(event.key)) return;
    event.preventDefault(); // Escape closes nothing now
    event.stopPropagation();
    const key = waiting;
    // Space is held to pan, whatever else is pressed.
    const pressed = event.key === " " ? texts.keys.spaceDrag : nameOf(event);
    const taken = shortcutsOf(bench).find(({ keys }) => keys.some((one) => one !== key && ownKey(one) === pressed));
    if (pressed === "Escape") draw();
    else if (taken) draw(texts.help.keyIsTaken(printed(pressed), taken.label));
    else change(() => changeKey(key, pressed), texts.help.keyIsChanged(printed(pressed)));
    buttonOf(key)?.focus();
  }

  draw();
  const dialog = openDialog(bench.root, {
    title: texts.help.keysAndMouse,
    content: [element("div", { class: "ml-help-says" }, says, back), columns],
    wide: true,
  });
  dialog.addEventListener("keydown", take, true);
}
