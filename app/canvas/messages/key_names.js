/** Keys as they are printed on the keyboards of the page's language. */

import { ownKey } from "../model/own_keys.js";
import { texts } from "./texts.js";

/** @type {{[key: string]: string}} */
const SHOWN = {
  Ctrl: texts.keyNames.ctrl,
  Shift: texts.keyNames.shift,
  Alt: texts.keyNames.alt,
  Enter: texts.keyNames.enter,
  Backspace: texts.keyNames.backspace,
  Delete: texts.keyNames.del,
  Escape: texts.keyNames.esc,
  Tab: texts.keyNames.tab,
  PageUp: texts.keyNames.pageUp,
  PageDown: texts.keyNames.pageDown,
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  "-": "−",
};

/** Keys that are pressed, as they are printed. @param {string} pressed as the table of keys writes them: "Ctrl+Shift+Z" */
export const printed = (pressed) => pressed.replace(/[A-Z][A-Za-z]+|-/g, (key) => SHOWN[key] ?? key);

/** What is pressed for a key of the table, where somebody has changed it too. @param {string} keys */
export const keyName = (keys) => printed(ownKey(keys));
