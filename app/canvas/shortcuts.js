/** Every shortcut, in one table: what it does, when, and what the help says about it. */

import { texts } from "./messages/texts.js";
import { acceptGhost, acceptShown, clearProposals } from "./proposals.js";
import { SEVERAL } from "./shortcuts_several.js";

/** @typedef {import("./workbench.js").Workbench} Workbench */
/**
 * @typedef {object} Shortcut
 * @property {string} group
 * @property {string[]} keys  "Ctrl" is also the Mac's command key; letters stand for the key that types them
 * @property {string} label
 * @property {(bench: Workbench, key: string, held: boolean) => unknown} [run]  without it the line only explains the mouse; `held`: down since it acted before
 * @property {boolean} [once]  does nothing more while it is held down: each is a judgement
 * @property {boolean} [passes]  whether the browser does its part too
 */

/** Pixels of the image. @type {{[key: string]: [number, number]}} */
const FAR = {
  "Shift+ArrowLeft": [-10, 0],
  "Shift+ArrowRight": [10, 0],
  "Shift+ArrowUp": [0, -10],
  "Shift+ArrowDown": [0, 10],
};

/** @type {Shortcut[]} */
const SHORTCUTS = [
  {
    group: texts.keys.images,
    keys: ["A", "ArrowLeft"],
    label: texts.keys.previousImage,
    run: (bench, key) => (key === "A" || !bench.nudge(-1, 0)) && bench.step(-1),
  },
  {
    group: texts.keys.images,
    keys: ["D", "ArrowRight"],
    label: texts.keys.nextImage,
    run: (bench, key) => (key === "D" || !bench.nudge(1, 0)) && bench.step(1),
  },
  {
    group: texts.keys.images,
    keys: ["N"],
    label: texts.keys.nextImageThatIsNot,
    run: (bench) => bench.nextUnreviewed(),
  },
  {
    group: texts.keys.images,
    keys: ["Ctrl+Enter"],
    once: true,
    label: texts.keys.markReviewedAndGoOn,
    run: (bench) => void bench.toggleReviewed(),
  },
  {
    group: texts.keys.images,
    keys: ["W"],
    label: texts.keys.notesAndTagsOfThis,
    run: (bench) => bench.editor.emit("imagepanel"),
  },
  {
    group: texts.keys.images,
    keys: ["G"],
    label: texts.keys.allImagesFiltersCtrlClick,
    run: (bench) => bench.showGallery(!bench.galleryShown),
  },

  {
    group: texts.keys.tools,
    keys: ["O"],
    once: true,
    label: texts.keys.findObjectsOnThisImage,
    run: (bench) => bench.findObjects(),
  },

  {
    group: texts.keys.tools,
    keys: ["Ctrl+B"],
    once: true,
    label: texts.keys.proposeTheLastImagesObjects,
    run: (bench) => void bench.carryOver(),
  },

  {
    group: texts.keys.objects,
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    label: texts.keys.classOfTheSelectedAnd,
    run: (bench, key) => bench.chooseClassByKey(key),
  },
  {
    group: texts.keys.objects,
    keys: ["0"],
    label: texts.keys.searchAClass,
    run: (bench) => bench.editor.emit("searchclass"),
  },
  {
    group: texts.keys.objects,
    keys: ["Enter"],
    once: true,
    label: texts.keys.acceptTheProposalAndGo,
    run: (bench) => bench.accept(),
  },
  {
    group: texts.keys.objects,
    keys: ["Shift+Enter"],
    once: true,
    label: texts.keys.acceptAllThatAreShown,
    run: (bench) => void acceptShown(bench),
  },
  {
    group: texts.keys.objects,
    keys: ["C"],
    once: true,
    label: texts.keys.clearAllProposalsThatAre,
    run: (bench) => clearProposals(bench),
  },
  {
    group: texts.keys.objects,
    keys: ["Y"],
    label: texts.keys.showOrHideTheProposals,
    run: (bench) => bench.editor.showGhosts(!bench.editor.ghostsShown),
  },
  {
    group: texts.keys.objects,
    keys: ["Q"],
    once: true,
    label: texts.keys.makeTheGhostUnderThe,
    run: (bench) => acceptGhost(bench),
  },
  {
    group: texts.keys.objects,
    keys: ["Delete", "Backspace"],
    label: texts.keys.deleteWhileDrawingTakeThe,
    run: (bench, _, held) => bench.erase(held),
  },
  {
    group: texts.keys.objects,
    keys: ["H"],
    label: texts.keys.hideOrShowTheObject,
    run: (bench) => bench.toggleSelected("hidden"),
  },
  {
    group: texts.keys.objects,
    keys: ["L"],
    label: texts.keys.lockOrUnlockTheObject,
    run: (bench) => bench.toggleSelected("locked"),
  },
  {
    group: texts.keys.objects,
    keys: ["ArrowDown", "ArrowUp"],
    label: texts.keys.selectTheNextThePrevious,
    run: (bench, key) => {
      const step = key === "ArrowDown" ? 1 : -1;
      if (!bench.nudge(0, step)) bench.selectNext(step);
    },
  },
  ...SEVERAL,
  { group: texts.keys.objects, keys: ["Escape"], label: texts.keys.cancelThenDeselect, run: (bench) => bench.cancel() },
  { group: texts.keys.objects, keys: ["Ctrl+Z"], label: texts.keys.undo, run: (bench) => bench.undo() },
  { group: texts.keys.objects, keys: ["Ctrl+Shift+Z", "Ctrl+Y"], label: texts.keys.redo, run: (bench) => bench.redo() },

  { group: texts.keys.points, keys: [texts.keys.clickAnEdge], label: texts.keys.addAPoint },
  { group: texts.keys.points, keys: [texts.keys.shiftClick], label: texts.keys.deleteAPoint },
  {
    group: texts.keys.points,
    keys: [texts.keys.ctrlClick, texts.keys.ctrlDrag],
    label: texts.keys.selectSeveralPoints,
  },
  { group: texts.keys.points, keys: [texts.keys.arrows], label: texts.keys.moveTheSelectedPoints },
  {
    group: texts.keys.points,
    keys: ["Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowUp", "Shift+ArrowDown"],
    label: texts.keys.moveTheSelectedPointsFar,
    run: (bench, key) => bench.nudge(...(FAR[key] ?? [0, 0])),
  },
  { group: texts.keys.points, keys: [texts.keys.altClick], label: texts.keys.deleteThePartThatThe },
  {
    group: texts.keys.points,
    keys: [texts.keys.rightClick, "X"],
    label: texts.keys.keypointVisibleHiddenNotLabelled,
    run: (bench, key) => key === "X" && bench.cycleKeypoint(),
  },
  {
    group: texts.keys.points,
    keys: [texts.keys.shiftClick, texts.keys.ctrlClick, texts.keys.altClick],
    label: texts.keys.firstPointOfAPolygon,
  },
  {
    group: texts.keys.points,
    keys: [texts.keys.click, texts.keys.shiftClick],
    label: texts.keys.whileClickingAMaskInclude,
  },
  {
    group: texts.keys.points,
    keys: [texts.keys.ctrlClick, texts.keys.ctrlAltClick],
    label: texts.keys.whileClickingAMaskNewEdge,
  },

  { group: texts.keys.view, keys: [texts.keys.wheel], label: texts.keys.zoomAtThePointer },
  { group: texts.keys.view, keys: [texts.keys.spaceDrag, texts.keys.middleDrag], label: texts.keys.pan },
  { group: texts.keys.view, keys: ["F"], label: texts.keys.fitTheImage, run: (bench) => bench.view.fit() },
  {
    group: texts.keys.view,
    keys: ["+", "-"],
    label: texts.keys.zoomInOut,
    run: (bench, key) => bench.view.zoom(key === "+" ? 1.25 : 0.8),
  },
  {
    group: texts.keys.view,
    keys: ["Shift+F"],
    label: texts.keys.fullScreen,
    run: (bench) => void bench.toggleFullScreen(),
  },
  {
    group: texts.keys.view,
    keys: ["U"],
    label: texts.keys.outlinesOnlyOrColoursToo,
    run: (bench) => bench.view.setOutlines(!bench.view.outlines),
  },
  {
    group: texts.keys.view,
    keys: ["I"],
    label: texts.keys.viewOptionsBrightnessContrast,
    run: (bench) => bench.editor.emit("viewoptions"),
  },
  {
    group: texts.keys.view,
    keys: ["T"],
    label: texts.keys.labelsOnOrOff,
    run: (bench) => bench.view.setLabels(!bench.view.labels),
  },
  {
    group: texts.keys.view,
    keys: ["Tab", "Shift+Tab"],
    label: texts.keys.toTheNextThePrevious,
  },
  { group: texts.keys.view, keys: ["?", "F1"], label: texts.keys.thisHelp, run: (bench) => bench.editor.emit("help") },
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
  const first = SHORTCUTS.findIndex(({ group }) => group === texts.keys.tools);
  return [
    ...SHORTCUTS.slice(0, first),
    ...ofTools.map((shortcut) => ({ group: texts.keys.tools, ...shortcut })),
    ...SHORTCUTS.slice(first),
  ];
}
