/** English: the texts of the panel at the side. */

export const attributes = {
  attributes: "Attributes",
  text: "text",
};

export const bulk = {
  group: "Group",
  acceptTheProposalsAmongThem: "Accept the proposals among them",
  /** @param {number} proposed */
  accept: (proposed) => `Accept ${proposed}`,
  showAll: "Show all",
  hideAll: "Hide all",
  show: "Show",
  hide: "Hide",
  unlockAll: "Unlock all",
  lockAll: "Lock all",
  unlock: "Unlock",
  lock: "Lock",
  oneObjectOfAll: "One object of all",
  merge: "Merge",
  cutTheOthersOutOf: "Cut the others out of the object selected first",
  subtract: "Subtract",
  duplicateAll: "Duplicate all",
  duplicate: "Duplicate",
  deleteAll: "Delete all",
  delete: "Delete",
  /** @param {number} instances */
  objectsSelected: (instances) => `${instances} objects selected`,
  aClassChosenAboveOr: "A class chosen above, or by 1 – 9, is given to all.",
};

export const classes = {
  whichAreListed: "Which classes are listed",
  allOfThem: "All",
  onThisImage: "On this image",
  inUse: "In use",
  searchOrMakeAClass: "Search or make a class",
  classOfNewAndSelected: "Class of new and selected objects",
  noClassesYetTypeA: "No classes yet: type a name above and press Enter.",
  newClass: "New class",
  changeTheChosenClass: "Change the chosen class",
  /** @param {string} name */
  makeClass: (name) => `Make class ${name}`,
  /** @param {string} name */
  make: (name) => `Make “${name}”`,
  /** @param {string} name */
  changeClass: (name) => `Change class ${name}`,
  /** @param {string} key */
  key: (key) => `Key ${key}`,
  makingTheClass: "Making the class",
  thereIsNoClassYet: "There is no class yet: a reviewer makes one.",
  makeAClassFirstType: "Make a class first: type its name and press Enter.",
  classes: "Classes",
};

export const inspector = {
  selectedObject: "Selected object",
  accept: "Accept",
  toPolygon: "To polygon",
  fewerPointsAsFarAs: "Fewer points, as far as the eye does not miss them at this zoom",
  simplify: "Simplify",
  duplicate: "Duplicate",
  show: "Show",
  hide: "Hide",
  unlock: "Unlock",
  lock: "Lock",
  delete: "Delete",
  keypoints: "Keypoints",
  /** @param {string} name */
  visibilityOf: (name) => `Visibility of ${name}`,
  /** @param {number} width @param {number} height */
  px: (width, height) => `${width} × ${height} px`,
  /** @param {number} points @param {number} parts */
  points: (points, parts) => `${points} points${parts > 1 ? ` in ${parts} parts` : ""}`,
  pixelMask: "pixel mask",
  boxOnly: "box only",
  /** @param {string} score */
  score: (score) => `score ${score}`,
  cutBeneath: "Cut it out of what lies beneath",
};

/** Where an object comes from, in a word. */
export const provenance = {
  drawn: "drawn",
  corrected: "corrected",
  proposed: "proposed",
  accepted: "accepted",
};

export const objects = {
  hideOrShowAll: "Hide or show all",
  objectsOnThisImage: "Objects on this image",
  /** @param {string} name */
  accept: (name) => `Accept ${name}`,
  /** @param {string} name */
  show: (name) => `Show ${name}`,
  /** @param {string} name */
  hide: (name) => `Hide ${name}`,
  /** @param {string} name */
  unlock: (name) => `Unlock ${name}`,
  /** @param {string} name */
  lock: (name) => `Lock ${name}`,
  allProposalsScoreTooLow: "All proposals score too low: Y shows them faintly.",
  noneOfThese: "None of these is here.",
  whichAreListed: "Which objects are listed",
  all: "all",
  hidden: "hidden",
  locked: "locked",
  /** @param {string} name */
  selectAllOf: (name) => `Select all of ${name}`,
  /** @param {number} number @param {number} width @param {number} height */
  numberAndSize: (number, width, height) => `${number} · ${width} × ${height}`,
  noObjectsYetFindObjects: "No objects yet. Find objects asks the model; R draws a box, P a polygon.",
  objects: "Objects",
  /** @param {string} model */
  by: (model) => ` by ${model}`,
  /** @param {string} score */
  score: (score) => `, score ${score}`,
  drawnByAPerson: "drawn by a person",
  /** @param {string} by @param {string} score */
  foundCorrectedByAPerson: (by, score) => `found${by}${score}, corrected by a person`,
  /** @param {string} by @param {string} score @param {string} status */
  found: (by, score, status) =>
    `found${by}${score}, ${status === "proposed" ? "not accepted yet" : "accepted by a person"}`,
};

export const simplify = {
  fewerPoints: "Fewer points",
  /** @param {number} pointsIn @param {number} total */
  countOfPoints: (pointsIn, total) => `${pointsIn} of ${total}`,
  points: "Points",
  smooth: "Smooth",
  smootherOutline: "Smoother outline",
  /** @param {number} count */
  howMany: (count) => (count === 1 ? "1 point" : `${count} points`),
};

export const thresholdRow = {
  whoseThresholdTheSliderMoves: "Whose threshold the slider moves",
  showProposalsFromThisScore: "Show proposals from this score on",
  backToWhatTheModel: "Back to what the model is calibrated to",
  proposalsThatScoreTooLow: "Proposals that score too low",
  below: "below",
  clearAllProposalsThatAre: "Clear all proposals that are shown",
  clear: "Clear",
  allClasses: "All classes",
  byClass: "by class",
  eachClassHasTheThreshold: "Each class has the threshold that its model is calibrated to",
  /** @param {number} count */
  countBelow: (count) => `${count} below`,
  /** @param {boolean} ghostsShown @param {number} count */
  theProposalsThatScoreToo: (ghostsShown, count) =>
    `${ghostsShown ? "Hide" : "Show faintly"} the ${count} proposals that score too low (Y); Q makes one an object`,
  proposalsFrom: "Proposals from",
};
