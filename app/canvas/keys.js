/** Every shortcut, in one table: what it does, when, and what the help says about it. */

import { mergeSelected, subtractSelected } from "./model/several/arrange.js";
import { isTextField } from "./view/dom.js";

/** @typedef {import("./workbench.js").Workbench} Workbench */
/**
 * @typedef {object} Shortcut
 * @property {string} group
 * @property {string[]} keys  "Ctrl" is also the Mac's command key; letters stand for the key that types them
 * @property {string} label
 * @property {(bench: Workbench, key: string) => void} [run]  without it the line only explains the mouse
 * @property {boolean} [passes]  whether the browser does its part too
 */

/** @type {Shortcut[]} */
const SHORTCUTS = [
  { group: "Images", keys: ["A", "ArrowLeft"], label: "Previous image", run: (bench) => bench.step(-1) },
  { group: "Images", keys: ["D", "ArrowRight"], label: "Next image", run: (bench) => bench.step(1) },
  { group: "Images", keys: ["N"], label: "Next image that is not reviewed", run: (bench) => bench.nextUnreviewed() },
  {
    group: "Images",
    keys: ["Ctrl+Enter"],
    label: "Mark reviewed and go on",
    run: (bench) => void bench.toggleReviewed(),
  },
  {
    group: "Images",
    keys: ["W"],
    label: "Notes and tags of this image; return it",
    run: (bench) => bench.editor.emit("imagepanel"),
  },
  {
    group: "Images",
    keys: ["G"],
    label: "All images, filters; Ctrl+click, Shift+click or X choose several",
    run: (bench) => bench.showGallery(!bench.galleryShown),
  },

  { group: "Tools", keys: ["O"], label: "Find objects on this image", run: (bench) => bench.findObjects() },

  {
    group: "Tools",
    keys: ["Ctrl+B"],
    label: "Propose the last image's objects here, where they are seen again",
    run: (bench) => void bench.carryOver(),
  },

  {
    group: "Objects",
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    label: "Class of the selected and of new objects",
    run: (bench, key) => bench.chooseClassByKey(key),
  },
  { group: "Objects", keys: ["0"], label: "Search a class", run: (bench) => bench.editor.emit("searchclass") },
  {
    group: "Objects",
    keys: ["Enter"],
    label: "Accept the proposal and go to the next; close a polygon, keep a clicked object",
    run: (bench) => bench.accept(),
  },
  {
    group: "Objects",
    keys: ["Shift+Enter"],
    label: "Accept all that are shown",
    run: (bench) => void bench.acceptShown(),
  },
  {
    group: "Objects",
    keys: ["C"],
    label: "Clear all proposals that are shown",
    run: (bench) => bench.clearProposals(),
  },
  {
    group: "Objects",
    keys: ["Y"],
    label: "Show or hide the proposals that score too low, as ghosts",
    run: (bench) => bench.editor.showGhosts(!bench.editor.ghostsShown),
  },
  {
    group: "Objects",
    keys: ["Q"],
    label: "Make the ghost under the pointer an object",
    run: (bench) => bench.acceptGhost(),
  },
  {
    group: "Objects",
    keys: ["Delete", "Backspace"],
    label: "Delete; while drawing, take the last point back",
    run: (bench) => bench.erase(),
  },
  {
    group: "Objects",
    keys: ["H"],
    label: "Hide or show the object; all, if none is selected",
    run: (bench) => bench.toggleSelected("hidden"),
  },
  { group: "Objects", keys: ["L"], label: "Lock or unlock the object", run: (bench) => bench.toggleSelected("locked") },
  {
    group: "Objects",
    keys: ["ArrowDown", "ArrowUp"],
    label: "Select the next, the previous object",
    run: (bench, key) => bench.selectNext(key === "ArrowDown" ? 1 : -1),
  },
  {
    group: "Several objects",
    keys: ["Ctrl+C"],
    label: "Copy the selected objects",
    run: (bench) => bench.copy(),
    passes: true,
  },
  {
    group: "Several objects",
    keys: ["Ctrl+V"],
    label: "Paste; on another image at the same place",
    run: (bench) => bench.pasteSoon(),
    passes: true,
  },
  {
    group: "Several objects",
    keys: ["Ctrl+D"],
    label: "Duplicate the selected objects",
    run: (bench) => bench.duplicate(),
  },
  {
    group: "Several objects",
    keys: ["J"],
    label: "Merge the selected objects",
    run: (bench) => mergeSelected(bench.editor),
  },
  {
    group: "Several objects",
    keys: ["Shift+J"],
    label: "Cut the others out of the object selected first",
    run: (bench) => subtractSelected(bench.editor),
  },
  {
    group: "Several objects",
    keys: ["Ctrl+A"],
    label: "Select all that are shown",
    run: (bench) => bench.selectEverything(),
  },
  { group: "Several objects", keys: ["Shift+click"], label: "Add an object to the selection, or take it out" },
  {
    group: "Several objects",
    keys: ["Drag an empty place"],
    label: "Select all that the frame touches; with Shift, add them",
  },
  { group: "Objects", keys: ["Escape"], label: "Cancel, then deselect", run: (bench) => bench.cancel() },
  { group: "Objects", keys: ["Ctrl+Z"], label: "Undo", run: (bench) => bench.undo() },
  { group: "Objects", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], label: "Redo", run: (bench) => bench.redo() },

  { group: "Points", keys: ["Click an edge"], label: "Add a point" },
  { group: "Points", keys: ["Shift+click"], label: "Delete a point" },
  { group: "Points", keys: ["Alt+click"], label: "Delete the part that the point belongs to" },
  {
    group: "Points",
    keys: ["Right-click", "X"],
    label: "Keypoint: visible → hidden → not labelled",
    run: (bench, key) => key === "X" && bench.cycleKeypoint(),
  },
  { group: "Points", keys: ["Click", "Shift+click"], label: "While clicking a mask: include, exclude" },

  { group: "View", keys: ["Wheel"], label: "Zoom at the pointer" },
  { group: "View", keys: ["Space+drag", "Middle drag"], label: "Pan" },
  { group: "View", keys: ["F"], label: "Fit the image", run: (bench) => bench.view.fit() },
  {
    group: "View",
    keys: ["+", "-"],
    label: "Zoom in, out",
    run: (bench, key) => bench.view.zoom(key === "+" ? 1.25 : 0.8),
  },
  {
    group: "View",
    keys: ["U"],
    label: "Outlines only, or colours too",
    run: (bench) => bench.view.setOutlines(!bench.view.outlines),
  },
  {
    group: "View",
    keys: ["I"],
    label: "View options: brightness, contrast",
    run: (bench) => bench.editor.emit("viewoptions"),
  },
  { group: "View", keys: ["T"], label: "Labels on or off", run: (bench) => bench.view.setLabels(!bench.view.labels) },
  {
    group: "View",
    keys: ["Tab", "Shift+Tab"],
    label: "To the next, the previous control; arrows move inside a bar or list",
  },
  { group: "View", keys: ["?", "F1"], label: "This help", run: (bench) => bench.editor.emit("help") },
];

/** Every shortcut in the help's order: the tools say theirs themselves. @param {Workbench} bench @returns {Shortcut[]} */
export function shortcutsOf(bench) {
  const ofTools = bench.toolList.flatMap(({ name, label, help, key, shortcuts = [] }) => [
    {
      keys: [key],
      label: help ?? label,
      run: () => bench.setTool(/** @type {import("./tools/list.js").ToolName} */ (name)),
    },
    ...shortcuts.map(({ keys, label, run }) => ({
      keys,
      label,
      run: (/** @type {Workbench} */ _, /** @type {string} */ pressed) => run(pressed),
    })),
  ]);
  const first = SHORTCUTS.findIndex(({ group }) => group === "Tools");
  return [
    ...SHORTCUTS.slice(0, first),
    ...ofTools.map((shortcut) => ({ group: "Tools", ...shortcut })),
    ...SHORTCUTS.slice(first),
  ];
}

const OVER_GALLERY = new Set(["G", "Escape", "?", "F1", "A", "D", "N", "ArrowLeft", "ArrowRight"]);

/** @type {{[code: string]: string}} */
const BRACKETS = { BracketLeft: "[", BracketRight: "]" };

/** A letter of a layout without Latin ones, or an input method at work: the place of the key counts. @param {string} key */
function isForeign(key) {
  return key === "Process" || (/^\p{Letter}$/u.test(key) && !/^\p{Script=Latin}$/u.test(key));
}

/** @param {KeyboardEvent} event the name of what was pressed, as the table writes it */
function nameOf(event) {
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

/** Listen for the whole page while the editor is on show and no text field has the focus. @param {Workbench} bench */
export function attachKeys(bench) {
  const { signal } = bench.leaving;
  const table = new Map(
    shortcutsOf(bench).flatMap((shortcut) => (shortcut.run ? shortcut.keys.map((key) => [key, shortcut]) : [])),
  );
  const onShow = () => bench.root.offsetParent !== null || bench.root.getClientRects().length > 0;

  window.addEventListener(
    "keydown",
    (event) => {
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
      const shortcut = /** @type {Shortcut | undefined} */ (table.get(name));
      if (!shortcut?.run) return;
      const pressesSomething = name === "Enter" || name.startsWith("Arrow");
      if (pressesSomething && event.target !== document.body && event.target !== bench.view.overlay) return; // a button or list has the focus
      if (bench.galleryShown && !OVER_GALLERY.has(name)) return; // what cannot be seen is not changed
      if (shortcut.passes && !getSelection()?.isCollapsed) return; // words on the page are copied
      if (!shortcut.passes) event.preventDefault();
      shortcut.run(bench, name);
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
