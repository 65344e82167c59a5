/** What a pressed key is called, and what it does: shortcuts.js lists them, some have another place by now. */

import { ownKey } from "./model/own_keys.js";
import { shortcutsOf } from "./shortcuts.js";
import { isTextField, renewTooltips } from "./view/dom.js";

/** @typedef {import("./workbench.js").Workbench} Workbench */
/** @typedef {import("./shortcuts.js").Shortcut} Shortcut */

const OVER_GALLERY = new Set(["G", "Escape", "?", "F1", "A", "D", "N", "ArrowLeft", "ArrowRight"]);

/** @type {{[code: string]: string}} */
const BRACKETS = { BracketLeft: "[", BracketRight: "]" };

/** A letter of a layout without Latin ones, or an input method at work: the place of the key counts. @param {string} key */
function isForeign(key) {
  return key === "Process" || (/^\p{Letter}$/u.test(key) && !/^\p{Script=Latin}$/u.test(key));
}

/** @param {KeyboardEvent} event the name of what was pressed, as the table writes it */
export function nameOf(event) {
  let key = event.key;
  if (isForeign(key)) key = /^Key([A-Z])$/.exec(event.code)?.[1] ?? BRACKETS[event.code] ?? key;
  if (/^Digit\d$/.test(event.code) && !event.shiftKey) key = event.code.slice(5); // layouts whose digits need Shift
  if (key === "=") key = "+";
  if (/^[a-z]$/i.test(key)) key = key.toUpperCase();
  const named = key.length > 1 || /^[A-Z]$/.test(key);
  return (
    (event.ctrlKey || event.metaKey ? "Ctrl+" : "") +
    (event.altKey ? "Alt+" : "") +
    (event.shiftKey && named ? "Shift+" : "") +
    key
  );
}

/** What each key that is pressed does, and the key of the table that it stands for. @param {Workbench} bench @returns {Map<string, {shortcut: Shortcut, key: string}>} */
export function keyTable(bench) {
  const rows = shortcutsOf(bench).flatMap((shortcut) =>
    shortcut.run ? shortcut.keys.map((key) => ({ shortcut, key })) : [],
  );
  return new Map(rows.map((row) => [ownKey(row.key), row]));
}

/** Listen for the whole page while the editor is on show and no text field has the focus. @param {Workbench} bench */
export function attachKeys(bench) {
  const { signal } = bench.leaving;
  let table = keyTable(bench);
  bench.editor.on("keys", () => {
    table = keyTable(bench);
    renewTooltips(bench.root);
  });
  const onShow = () => bench.root.offsetParent !== null || bench.root.getClientRects().length > 0;

  window.addEventListener(
    "keydown",
    (event) => {
      if (event.repeat && event.key === "Enter" && isButton(event.target, bench.root)) event.preventDefault(); // pressed once
      if (event.defaultPrevented || !onShow() || isTextField(event.target) || bench.root.querySelector("dialog[open]"))
        return;
      if (event.key === " ") {
        if (event.target instanceof HTMLElement && event.target.closest("button, a, input")) return; // Space presses those
        bench.view.spaceHeld = true;
        bench.view.updateCursor();
        event.preventDefault();
        return;
      }
      const name = nameOf(event);
      const { shortcut, key } = table.get(name) ?? {};
      if (!shortcut?.run || !key) return;
      const pressesSomething = name === "Enter" || /^(Arrow|Page)/.test(name);
      if (pressesSomething && event.target !== document.body && event.target !== bench.view.overlay) return; // a button or list has the focus
      if (bench.galleryShown && !OVER_GALLERY.has(key)) return; // what cannot be seen is not changed
      if (shortcut.passes && !getSelection()?.isCollapsed) return; // words on the page are copied
      if (!shortcut.passes) event.preventDefault();
      // A key that is held goes from image to image as they are seen, and judges none of them.
      if (event.repeat && (shortcut.once || bench.isTurning)) return;
      shortcut.run(bench, key, event.repeat);
    },
    { signal },
  );

  const releaseSpace = () => {
    bench.view.spaceHeld = false;
    bench.view.updateCursor();
  };
  window.addEventListener("keyup", (event) => event.key === " " && releaseSpace(), { signal });
  window.addEventListener("blur", releaseSpace, { signal });
}

/** @param {EventTarget | null} target @param {HTMLElement} root */
const isButton = (target, root) => target instanceof HTMLButtonElement && root.contains(target);
