/** English: the texts of the tools. */

export const anyTool = {
  lockedLUnlocksIt: "Locked. L unlocks it.",
};

export const box = {
  boxMaskByTheModel: "Box → mask by the model, or a box alone",
  needsAClass: "Make a class first, in the panel on the right.",
  /** @param {string} name */
  itStaysABox: (name) => `Drag a box around an object (${name}): it stays a box.`,
  nextBoxOrClick:
    "Drag a box around the next object. Click adds to this mask, Shift+click takes away; Ctrl+click begins a new edge.",
  /** @param {string} name */
  theModelsGuess: (name) => `the model's guess${name ? ` or ${name}, whichever was right of late` : ""}`,
  /** @param {string} choice */
  theModelFindsItsMask: (choice) =>
    `Drag a box around an object, or over a proposal for a better mask (Alt: beside it). Class: ${choice}.`,
  /** @param {string} name of the proposal's class */
  takesThePlaceOf: (name) => `new mask for the proposed ${name}`,
  theModelGuessesTheClass: "The model guesses the class",
  boxesOnlyNoMasks: "Boxes only, no masks",
  keepTheBox: "Keep the box",
  /** @param {string} line */
  noMaskForThisBox: (line) => `No mask for this box: ${line}.`,
  theModelSeesNoMask: "The model sees no mask here: kept as a box.",
};

export const brush = {
  brush: "Brush",
  eraser: "Eraser",
  smallerLargerBrushSoDoes: "Smaller, larger brush; so does Shift+wheel",
  paintAwayWhatTheMask: "Paint away what the mask should not cover. [ and ] change the size.",
  clickTheObjectToErase: "Click the object to erase from.",
  makeAClassFirstIn: "Make a class first, in the panel on the right.",
  /** @param {string | undefined} name */
  paintOnTheMaskOf: (name) => `Paint on the mask of the selected ${name ?? "object"}; Esc, then paint a new one.`,
  /** @param {string} name */
  paintANew: (name) => `Paint a new ${name}.`,
  /** @param {string} what */
  altErasesAndOrShift: (what) => `${what} Alt erases; [ and ] or Shift+wheel change the size.`,
  brushSize: "Brush size",
  /** @param {number} radius */
  px: (radius) => `${radius} px`,
  andOrShiftWheel: "[ and ], or Shift+wheel",
  size: "Size",
  penPressureSetsTheSize: "Pen pressure sets the size",
  lightlyPressedIsThin: "A pen that is pressed lightly paints thinner; a mouse and a finger paint the full size",
};

export const keypoints = {
  notLabelled: "not labelled",
  hidden: "hidden",
  visible: "visible",
  thisKeypointHasNoPlace: "This keypoint has no place yet: click where it is.",
  keypoints: "Keypoints",
  clickTheObjectThatThe: "Click the object that the keypoints belong to.",
  /** @param {string} name */
  hasNoKeypointsNameThem: (name) => `“${name}” has no keypoints. Name them with the pencil beside the class.`,
  dragMovesAPointRight: "Drag moves a point; right-click or X: visible, hidden, not labelled.",
  /** @param {string} rest */
  allKeypointsArePlaced: (rest) => `All keypoints are placed. ${rest}`,
  /** @param {string} keypoint @param {string} rest */
  clickRightClickHidden: (keypoint, rest) => `Click: ${keypoint} (right-click: hidden). ${rest}`,
  swapLeftAndRight: "Change the left and right keypoints over",
  noLeftAndRight: "Select an object whose keypoints have a left and a right by their names.",
  keypointsOfAnObject: "Keypoints of an object, or a new object point after point",
  skipThisKeypoint: "Skip this keypoint",
  placeItMirrored: "Place it where its partner on the other side says",
  takeTheLastBack: "Take the last keypoint back",
  theObjectIsDone: "The object is done, with the keypoints that it has",
  shiftClickToo: "Keypoints are placed as hidden; so does Shift+click or a right click",
  skip: "Skip",
  mirrored: "Mirrored",
  back: "Back",
  done: "Done",
  /** @param {string} keypoint */
  clickTheNext: (keypoint) =>
    `Click: ${keypoint} (Shift or right-click: hidden). Full stop skips, Backspace goes back, Enter ends, Esc drops.`,
  /** @param {string} keypoint @param {string} name */
  clickTheFirst: (keypoint, name) =>
    `Click ${keypoint} of a new object (${name}), or an object whose keypoints are missing; Alt+click always begins a new one.`,
  nothingToMirror: "There is nothing to mirror: the next keypoint needs a partner on the other side and a middle.",
  thePointsThatYouBegan: "The keypoints that you began are kept: K goes on with them, then Esc drops them.",
};

export const lasso = {
  magneticLasso: "Magnetic lasso: the line keeps to the edges",
  /** @param {string} name */
  clickOnTheOutline: (name) =>
    `Click on the outline of the object (${name}): the line follows the edges. Shift adds to the selected one, Ctrl cuts out of it.`,
  makeAClassFirstIn: "Make a class first, in the panel on the right.",
  clickTheNextAnchor:
    "Click where the line should hold; Alt+click draws it straight. Backspace takes the last click back.",
  clickTheFirstAnchor:
    "Click the first anchor, double-click or Enter to close. Alt+click draws straight, Backspace takes back, Esc drops.",
  theLineThatYouBegan: "The line that you began is kept: Shift+P goes on with it, then Esc drops it.",
};

export const maskClicks = {
  refiningTheMask: "Refining the mask",
  deleteTheObject: "Delete the object",
  thisClickWouldLeaveNothing: "This click would leave nothing of the mask.",
  /** @param {number} count */
  clicksWentWithTheirObject: (count) =>
    `${count === 1 ? "A click that waited for its answer is" : `${count} clicks that waited for their answers are`} dropped: the object was deleted or locked meanwhile.`,
};

export const newMask = {
  lookingAtTheClicks: "Looking at the clicks",
  lookingForOthers: "Looking for larger and smaller objects",
  nothingLarger: "The clicks mean nothing larger that the model sees: go on clicking, or draw a box (R).",
  nothingSmaller: "The clicks mean nothing smaller that the model sees: Shift+click takes away.",
};

export const polygon = {
  polygon: "Polygon",
  clickTheFirstPointDouble:
    "Click the first point, double-click or Enter to close. Backspace takes the last point back, Esc cancels.",
  clickTheNextPoint: {
    new: "This becomes a new object: click the next point, or hold the button and draw.",
    part: "This is added to the selected object: click the next point, or hold the button and draw.",
    cut: "This is cut out of the selected object: click the next point, or hold the button and draw.",
    anew: "The selected object anew: click the next point. Class, attributes and keypoints stay.",
  },
  whatItBecomes: {
    new: "A new object.",
    part: "Added to the selected object.",
    cut: "Cut out of the selected object.",
    anew: "The selected object anew.",
  },
  /** @param {string} name */
  clickAroundTheObjectHold: (name) => `Click around the object (${name}). Hold the button to draw freehand.`,
  /** @param {string} name */
  orOfTheSelectedOne: (name) =>
    `Click around an object (${name}). First point with Shift: added to the selected one; Ctrl: cut out of it; Alt: it anew.`,
  makeAClassFirstIn: "Make a class first, in the panel on the right.",
  aPolygonNeedsAtLeast: "A polygon needs at least three points around some area.",
  nothingWasCutOut: "Nothing was cut out: what you drew lies beside the object.",
  thePolygonThatYouBegan: "The polygon that you began is kept: P goes on with it, then Esc drops it.",
};

export const refine = {
  larger: "Larger",
  smaller: "Smaller",
  aLargerObject: "A larger object that the clicks may mean; Shift+wheel too",
  aSmallerObject: "A smaller object that the clicks may mean",
  firstClickSomething: "Click an object with M first: > and < then choose a larger or smaller one.",
  outlineOrMendByClicks: "Outline or mend by clicks",
  outlineAnObjectByClicks: "Outline an object by clicks, or mend the selected mask",
  /** @param {string} name of the class that it gets; "" where that is not known */
  clickAddsShiftClickTakes: (name) =>
    `${name ? `Becomes a new “${name}”; 1 – 9 or 0 change the class. ` : ""}Click adds, Shift+click takes away, Backspace takes a click back; > and < take a larger or smaller object. Enter keeps it, Esc drops it.`,
  /** @param {string} name of the class that it gets; "" where that is not known */
  clickSomethingToOutlineIt: (name) =>
    `Click something to outline it${name ? ` (${name}; 1 – 9 or 0 change the class)` : ""}, or an object to mend its mask.`,
  keptClickTheNext:
    "Kept. Click the next object to outline it; within this one, click and Shift+click mend it. Esc is done.",
  clickAddsToTheMask:
    "Click adds to the mask, Shift+click takes away; Ctrl+click begins a new edge. Ctrl+Z takes a click back, Esc is done.",
};

export const clickMeaning = {
  whatAClickDoes: "What a click does to the mask",
  add: "Add",
  takeAway: "Take away",
  newEdge: "New edge",
  clicksAdd: "Clicks add what lies there; with Shift they take away",
  clicksTakeAway: "Clicks take away, as with Shift; with Shift they add",
  clicksDrawTheEdge: "Clicks draw a piece of the edge anew, out of the mask and back, as with Ctrl",
  done: "Done",
  theObjectIsDone: "The object is done; the next click begins another",
};

export const newEdge = {
  added: "Click along the true edge and back into the mask: what lies between is added.",
  cutOff: "Click along the true edge and out of the mask again: what lies outside of it is cut off.",
  enclosesNothing: "Nothing was changed: between this line and the mask there is nothing.",
};

export const select = {
  selectMoveReshape: "Select, move, reshape",
  clickAnObjectToSelect: "Click an object to select it; drag a frame around several. Wheel zooms, Space+drag pans.",
  /** @param {number} selection */
  selected19ClassEnter: (selection) =>
    `${selection} selected: 1 – 9 class, Enter accept, Del delete, H hide, L lock. Drag moves all, Shift+click adds or takes out.`,
  dragMovesTheMaskIts:
    "Drag moves the mask, its frame stretches it. Double-click turns it into a polygon with points to drag.",
  dragACornerOrA: "Drag a corner or a side; R draws a box that becomes a mask.",
  dragPointsClickAnEdge:
    "Drag points, the inside, the frame. Click on an edge adds a point, Shift+click removes it, Ctrl+click selects several.",
  aPolygonKeepsAtLeast: "A polygon keeps at least three points. Del deletes the whole object.",
  /** @param {number} gone */
  partsWentAlong: (gone) =>
    `${gone === 1 ? "1 part" : `${gone} parts`} of the object had fewer than three points left and went along. Ctrl+Z brings it back.`,
  /** @param {number} count */
  pointsSelected: (count) =>
    `${count === 1 ? "1 point" : `${count} points`} selected: drag or arrows move, Del deletes, Ctrl+click adds or takes out, Esc lets go.`,
};

export const split = {
  splitAlongALine: "Split along a line",
  acrossTheSelected: "Draw a line right across the selected object: each side becomes an object of its own.",
  acrossAnyObject: "Draw a line right across an object: each side becomes an object of its own.",
  theSelectedObject: "the selected object",
  anObject: "an object",
  /** @param {string} what */
  nothingWasSplitTheLine: (what) => `Nothing was split: the line has to go right across ${what}.`,
};

export const extremePoints = {
  fourOutermostPoints: "Box by the four outermost points",
  /** @param {number} done @param {number} wanted */
  clickTheOutermost: (done, wanted) =>
    `Click the highest, lowest, leftmost and rightmost point of the object, in any order: ${done} of ${wanted}.`,
};
