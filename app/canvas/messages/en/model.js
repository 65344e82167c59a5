/** English: the texts of what the editor does by itself. */

export const answers = {
  anEditOnAnotherImage: "An edit on another image met a newer change there and was not saved.",
  /** @param {string} name @param {import("../../model/document.js").Instance | null} current */
  wasElsewhereYourEditOf: (name, current) =>
    `“${name}” was ${current ? "changed" : "deleted"} elsewhere; your edit of it was not saved.`,
  /** @param {string} name @param {string} fileName */
  imageIsGone: (name, fileName) => `“${name}” was not saved: ${fileName} was removed elsewhere.`,
  object: "object",
  deleteIt: "Delete it",
  useMine: "Use mine",
  bringMineBack: "Bring mine back",
  /** @param {string} line */
  notSaved: (line) => `Not saved: ${line}`,
};

export const api = {
  /** @param {number} status */
  theServerAnswered: (status) => `the server answered ${status}`,
  theServerDoesNotAnswer: "the server does not answer",
  theAnswerWasCutOff: "the answer was cut off",
};

export const editor = {
  /** @param {string} direction @param {string} message */
  cannotNow: (direction, message) => `Cannot ${direction === "undo" ? "undo" : "redo"} now: ${message}.`,
  takeTheirsBack: "Take theirs back",
  /** @param {string} direction */
  nothingOfYoursIsLeft: (direction) =>
    `Nothing of yours is left to ${direction === "undo" ? "undo" : "redo"} here: the last edit is somebody else's.`,
  /** @param {string} direction @param {any} error */
  nothingWas: (direction, error) => `Nothing was ${direction === "undo" ? "undone" : "redone"}: ${error}.`,
};

export const outbox = {
  notEverythingIsSavedYet: "not everything is saved yet",
  discardedTheServerCouldNot: "discarded: the server could not save it",
  oneOfTheObjectsWas: "one of the objects was changed elsewhere, so all were left",
};

export const arrange = {
  selectWhatIsToLieElsewhere: "Select the object first that is to lie in front or at the back.",
  liesInFrontAlready: "It lies in front of all others already.",
  liesAtTheBackAlready: "It lies at the back of all others already.",
  selectAGroupFirst: "Nothing that is selected belongs to a group.",
  selectSeveralObjectsFirstShift: "Select several objects first: Shift+click, or a frame around them.",
  selectTheObjectToKeep: "Select the object to keep, then Shift+click what is to be cut out of it.",
  theOthersCoverNothingOf: "The others cover nothing of the object that was selected first.",
  selectTheObjectOnTop: "Select the object that lies on top first.",
  nothingLiesBeneath: "Nothing that is shown lies beneath it.",
};

export const assistant = {
  theServerIsBack: "The server answers again: the model looks at this image now.",
  /** @param {string} line */
  findingObjects: (line) => `Finding objects: ${line}`,
  /** @param {number} instances */
  theModelFoundNothingHere: (instances) =>
    `The model found nothing${instances ? " new" : ""} here. Drag a box around an object (R), or draw it (P).`,
  /** @param {number} below */
  theModelIsSureOf: (below) =>
    `The model is sure of nothing here. Y shows ${below} unsure ${below > 1 ? "proposals" : "proposal"} faintly; R and M draw with its help.`,
  /** @param {number} proposals */
  proposalsYourOwnWorkWas: (proposals) =>
    `${proposals === 1 ? "1 proposal" : `${proposals} proposals`}. Your own work was left as it is.`,
};

export const imageFilter = {
  withOpenNotes: "With open notes",
  returned: "Returned",
  changedSinceReview: "Changed since review",
  keptOutOfTraining: "Kept out of training",
  unsureProposals: "Proposals scored below 70 % on average",
};
