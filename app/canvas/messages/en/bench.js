/** English: the texts of the editor as a whole, and of its keys. */

/** What is printed on the keys. */
export const keyNames = {
  ctrl: "Ctrl",
  shift: "Shift",
  alt: "Alt",
  enter: "Enter",
  backspace: "Backspace",
  del: "Del",
  esc: "Esc",
  tab: "Tab",
  pageUp: "PgUp",
  pageDown: "PgDn",
};

export const keys = {
  groupTheSelectedObjects: "Group the selected objects: a click selects all of them, another one of them",
  ungroupTheSelectedObjects: "Take the selected objects out of their group",
  bringToTheFront: "Bring to the front of all others",
  sendToTheBack: "Send to the back of all others",
  images: "Images",
  previousImage: "Previous image",
  nextImage: "Next image",
  nextImageThatIsNot: "Next image that is not reviewed",
  markReviewedAndGoOn: "Mark reviewed and go on",
  notesAndTagsOfThis: "Notes and tags of this image; return it",
  allImagesFiltersCtrlClick: "All images, filters; Ctrl+click, Shift+click or X choose several",
  tools: "Tools",
  findObjectsOnThisImage: "Find objects on this image",
  proposeTheLastImagesObjects: "Propose the last image's objects here, where they are seen again",
  objects: "Objects",
  classOfTheSelectedAnd: "Class of the selected and of new objects",
  searchAClass: "Search a class",
  acceptTheProposalAndGo: "Accept the proposal and go to the next; close a polygon, keep a clicked object",
  acceptAllThatAreShown: "Accept all that are shown",
  clearAllProposalsThatAre: "Clear all proposals that are shown",
  showOrHideTheProposals: "Show or hide the proposals that score too low, as ghosts",
  makeTheGhostUnderThe: "Make the ghost under the pointer an object",
  deleteWhileDrawingTakeThe: "Delete; while drawing, take the last point back",
  hideOrShowTheObject: "Hide or show the object; all, if none is selected",
  lockOrUnlockTheObject: "Lock or unlock the object",
  selectTheNextThePrevious: "Select the next, the previous object",
  severalObjects: "Several objects",
  copyTheSelectedObjects: "Copy the selected objects",
  pasteOnAnotherImageAt: "Paste; on another image at the same place",
  duplicateTheSelectedObjects: "Duplicate the selected objects",
  mergeTheSelectedObjects: "Merge the selected objects",
  cutTheOthersOutOf: "Cut the others out of the object selected first",
  selectAllThatAreShown: "Select all that are shown",
  shiftClick: "Shift+click",
  addAnObjectToThe: "Add an object to the selection, or take it out",
  dragAnEmptyPlace: "Drag an empty place",
  selectAllThatTheFrame: "Select all that the frame touches; with Shift, add them",
  cancelThenDeselect: "Cancel, then deselect",
  undo: "Undo",
  redo: "Redo",
  points: "Points",
  clickAnEdge: "Click an edge",
  addAPoint: "Add a point",
  deleteAPoint: "Delete a point",
  altClick: "Alt+click",
  ctrlClick: "Ctrl+click",
  ctrlAltClick: "Ctrl+Alt+click",
  ctrlDrag: "Ctrl+drag",
  selectSeveralPoints: "Select several points of the object: one, all in a frame",
  arrows: "Arrows",
  moveTheSelectedPoints: "Move the selected points by one pixel",
  moveTheSelectedPointsFar: "Move the selected points by ten pixels",
  deleteThePartThatThe: "Delete the part that the point belongs to",
  rightClick: "Right-click",
  keypointVisibleHiddenNotLabelled: "Keypoint: visible → hidden → not labelled",
  click: "Click",
  firstPointOfAPolygon: "First point of a polygon: add it to the selected object, cut it out, draw that one anew",
  whileClickingAMaskInclude: "While clicking a mask: include, exclude",
  whileClickingAMaskNewEdge: "While clicking a mask: a new edge by hand, all of it anew",
  view: "View",
  wheel: "Wheel",
  zoomAtThePointer: "Zoom at the pointer",
  spaceDrag: "Space+drag",
  middleDrag: "Middle drag",
  pan: "Pan",
  fitTheImage: "Fit the image",
  zoomInOut: "Zoom in, out",
  outlinesOnlyOrColoursToo: "Outlines only, or colours too",
  viewOptionsBrightnessContrast: "View options: brightness, contrast",
  labelsOnOrOff: "Labels on or off",
  toTheNextThePrevious: "To the next, the previous control; arrows move inside a bar or list",
  thisHelp: "This help",
  fullScreen: "Full screen, and back",
  cutTheSelectedOutOf: "Cut the selected out of what lies beneath",
};

export const main = {
  widthOfThePanels: "Width of the panels: drag, arrow keys; a double click puts it back",
  annotationEditor: "Annotation editor",
  imagesToAdd: "Images to add",
  classesAndObjects: "Classes and objects",
  /** @param {string} line */
  theWorkspaceCouldNotBe: (line) => `The workspace could not be read: ${line}`,
  tryAgain: "Try again",
  import: "Import",
  importCoco: "Import COCO",
  dropPhotographsHere: "Drop photographs here",
  theModelProposesMasksAnd: "The model proposes masks and keypoints, you correct them, and it learns from that.",
  addImages: "Add images",
  trySamples: "Try sample photographs",
  threePhotographsThatCome: "Three photographs that come with the program, to try it on",
  chooseImages: "Choose images",
  jpegPngWebpTiffAnd: "JPEG, PNG, WebP, TIFF and more; whole folders too. Everything stays on this machine.",
  /** @param {number} done @param {number} total */
  addingImagesOf: (done, total) => `Adding images: ${done} of ${total}`,
  dropImagesToAddThem: "Drop images to add them, or a COCO .json with its images to import it",
  /** @param {number} selection @param {string | undefined} fileName */
  objectsOf: (selection, fileName) => `${selection} objects of ${fileName}`,
  /** @param {string} name */
  loading: (name) => `Loading ${name}…`,
};

export const openImages = {
  /** @param {number} id @param {string} line */
  image: (id, line) => `Image ${id}: ${line}`,
  noOtherImageOfThe: "No other image of the filter is left to review.",
  everyImageIsReviewed: "Every image is reviewed.",
  /** @param {number} errors @param {number} files */
  ofNotAdded: (errors, files) => `${errors} of ${files} ${files > 1 ? "files" : "file"} not added:`,
  addedButNotAllOf: "Added, but not all of it:",
  thatImageIsAlreadyHere: "That image is already here.",
  /** @param {number} known */
  ofThemAreAlreadyHere: (known) => `${known} of them are already here.`,
  /** @param {string} name */
  lastClickWentTo: (name) => `Your last click went to ${name}, which was still shown.`,
};

export const review = {
  /** @param {string | null | undefined} person @param {import("../../model/api.js").ImageRow | null} next */
  reviewAccepted: (person, next) =>
    `Accepted what ${person ?? "somebody else"} had reviewed.${next ? "" : " No other review waits."}`,
};

export const workbench = {
  /** @param {number} count */
  copiedCtrlVPastesOn: (count) =>
    `${count > 1 ? `${count} objects` : "1 object"} copied: Ctrl+V pastes, on another image at the same place.`,
  nothingPastedWhatWasCopied: "Nothing pasted: what was copied lies outside this image.",
  thisObjectIsLockedL: "This object is locked: L unlocks it.",
  /** @param {number} ids */
  areLockedAndStayL: (ids) => `${ids} are locked and stay: L unlocks.`,
  pointAtAGhostFirst: "Point at a ghost first",
  yShowsTheProposalsThat: "Y shows the proposals that score too low",
  /** @param {string} how */
  qMakesTheOneUnder: (how) => `${how}: Q makes the one under the pointer an object.`,
  /** @param {number} shown */
  cleared: (shown) => `${shown === 1 ? "1 proposal" : `${shown} proposals`} cleared.`,
  undo: "Undo",
  accepting: "Accepting",
  savingTheStatus: "Saving the status",
  goBack: "Go back",
  /** @param {string} tally @param {import("../../model/api.js").ImageRow | null} next */
  reviewed: (tally, next) =>
    `Reviewed${tally}.${next ? "" : " That was the last one: export, or fine-tune on your corrections."}`,
  thereIsNoImageBefore: "There is no image before this one to take objects from.",
  /** @param {string} name */
  lookingForTheObjectsOf: (name) => `Looking for the objects of ${name}`,
  /** @param {number} before @param {number} after */
  pointsBecame: (before, after) => `${before} points became ${after}.`,
  noPointCanGoWithout: "No point can go without being missed at this zoom.",
  /** @param {string} name */
  nothingIsAcceptedOnYet: (name) => `Nothing is accepted on ${name} yet: there is nothing to take over.`,
  /** @param {number} lost */
  notSeenHere: (lost) => `${lost} not seen here`,
  /** @param {number} there */
  alreadyHere: (there) => `${there} already here`,
  /** @param {number} added @param {number} added2 @param {string} name @param {string} part */
  ofObjectsOfProposed: (added, added2, name, part) => `${added} of ${added2} objects of ${name} proposed${part}.`,
  /** @param {number} accepted */
  accepted: (accepted) => `${accepted} accepted`,
  /** @param {number} removed */
  belowTheThresholdRemoved: (removed) => `${removed} below the threshold removed`,
  /** @param {string} line */
  noFullScreen: (line) => `No full screen here: ${line}`,
};
