/** The shortcuts of several objects at once: copies, merging and cutting, groups, what lies on top. */

import { cutBeneath, mergeSelected, subtractSelected } from "./model/several/arrange.js";
import { groupSelected, ungroupSelected } from "./model/several/groups.js";
import { restack } from "./model/several/stacking.js";
import { texts } from "./messages/texts.js";

/** A part of the table of shortcuts.js. @type {import("./shortcuts.js").Shortcut[]} */
export const SEVERAL = [
  {
    group: texts.keys.severalObjects,
    keys: ["Ctrl+C"],
    label: texts.keys.copyTheSelectedObjects,
    run: (bench) => bench.copy(),
    passes: true,
  },
  {
    group: texts.keys.severalObjects,
    keys: ["Ctrl+V"],
    once: true,
    label: texts.keys.pasteOnAnotherImageAt,
    run: (bench) => bench.pasteSoon(),
    passes: true,
  },
  {
    group: texts.keys.severalObjects,
    keys: ["Ctrl+D"],
    once: true,
    label: texts.keys.duplicateTheSelectedObjects,
    run: (bench) => bench.duplicate(),
  },
  {
    group: texts.keys.severalObjects,
    keys: ["J"],
    label: texts.keys.mergeTheSelectedObjects,
    run: (bench) => mergeSelected(bench.editor),
  },
  {
    group: texts.keys.severalObjects,
    keys: ["Shift+J"],
    label: texts.keys.cutTheOthersOutOf,
    run: (bench) => subtractSelected(bench.editor),
  },
  {
    group: texts.keys.severalObjects,
    keys: ["Shift+S"],
    once: true,
    label: texts.keys.cutTheSelectedOutOf,
    run: (bench) => cutBeneath(bench.editor),
  },
  {
    group: texts.keys.severalObjects,
    keys: ["Ctrl+G"],
    label: texts.keys.groupTheSelectedObjects,
    run: (bench) => groupSelected(bench.editor),
  },
  {
    group: texts.keys.severalObjects,
    keys: ["Ctrl+Shift+G"],
    label: texts.keys.ungroupTheSelectedObjects,
    run: (bench) => ungroupSelected(bench.editor),
  },
  {
    group: texts.keys.severalObjects,
    keys: ["PageUp"],
    label: texts.keys.bringToTheFront,
    run: (bench) => restack(bench.editor, "front"),
  },
  {
    group: texts.keys.severalObjects,
    keys: ["PageDown"],
    label: texts.keys.sendToTheBack,
    run: (bench) => restack(bench.editor, "back"),
  },
  {
    group: texts.keys.severalObjects,
    keys: ["Ctrl+A"],
    label: texts.keys.selectAllThatAreShown,
    run: (bench) => bench.selectEverything(),
  },
  { group: texts.keys.severalObjects, keys: [texts.keys.shiftClick], label: texts.keys.addAnObjectToThe },
  {
    group: texts.keys.severalObjects,
    keys: [texts.keys.dragAnEmptyPlace],
    label: texts.keys.selectAllThatTheFrame,
  },
];
