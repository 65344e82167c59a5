/** English: the texts of the bars and panels around the canvas. */

export const announcer = {
  nothingSelected: "Nothing selected",
  locked: ", locked",
  hidden: ", hidden",
  object: "object",
  /** @param {number} selection */
  objectsSelected: (selection) => `${selection} objects selected`,
  /** @param {number} gone */
  madeWay: (gone) => (gone === 1 ? "a proposal of it is removed" : `${gone} proposals of it are removed`),
  /** @param {string} name @param {string} provenance @param {string} score @param {string} flags @param {number} place @param {number} visible */
  described: (name, provenance, score, flags, place, visible) =>
    `${name}, ${provenance}${score}${flags}, ${place} of ${visible}`,
  /** @param {number} count */
  objects: (count) => (count === 1 ? "1 object" : `${count} objects`),
  /** @param {string} what @param {number} left */
  deleted: (what, left) => `${what} deleted, ${left} left`,
  /** @param {string} what */
  undone: (what) => `Undone: ${what}`,
  /** @param {string} what */
  redone: (what) => `Redone: ${what}`,
  /** @param {string} what */
  isBack: (what) => `${what} back`,
  /** @param {string} what */
  isGone: (what) => `${what} removed`,
  /** @param {string} what */
  isOther: (what) => `${what} changed`,
};

export const bars = {
  allImages: "All images",
  previousImage: "Previous image",
  nextImage: "Next image",
  removeThisImageItGoes: "Remove this image: it goes to the trash",
  undo: "Undo",
  redo: "Redo",
  letTheModelLookAt: "Let the model look at this image",
  findObjects: "Find objects",
  proposeTheLastImagesObjects: "Propose the last image's objects here",
  runTheModelByItself: "Run the model by itself on images that nobody has worked on",
  auto: "auto",
  addImages: "Add images",
  importCocoAnnotations: "Import COCO annotations",
  exportCocoJson: "Export COCO JSON",
  export: "Export",
  keysAndMouse: "Keys and mouse",
  acceptWhatIsLeftAnd: "Accept what is left and go on",
  markReviewed: "Mark reviewed",
  /** @param {string} fileName @param {number} width @param {number} height */
  pixels: (fileName, width, height) => `${fileName}, ${width} × ${height} pixels`,
  changedSince: "Changed since",
  returned: "Returned",
  /** @param {string} status @param {string} standing */
  statusAndStanding: (status, standing) => `${status}, ${String(standing).toLowerCase()}`,
  openAgain: "Open again",
  acceptReview: "Accept review",
  /** @param {string} person */
  acceptTheReviewOf: (person) => `Accept what ${person} has reviewed, and go on to the next review`,
  openAgainAndWork: "Open the image for work again",
  reviewAgain: "Review again",
  finding: "Finding…",
  fitTheImage: "Fit the image",
  strengthOfTheMaskColours: "Strength of the mask colours",
  tools: "Tools",
  giveUpTheEditThat: "Give up the edit that the server keeps refusing",
  discardIt: "Discard it",
  annotator: "annotator",
  reviewer: "reviewer",
  admin: "admin",
  /** @param {string} person @param {string} role */
  personAndRole: (person, role) => `${person} (${role})`,
  whoYouAreSignedIn: "Who you are signed in as, and your role",
  saved: "Saved",
  saving: "Saving…",
  /** @param {number} count */
  notSavedRetrying: (count) => `Not saved, retrying (${count})`,
  /** @param {string} reason @param {number} count */
  nothingIsLostKeptIn: (reason, count) =>
    `${reason}. Nothing is lost: ${count} ${count > 1 ? "edits are" : "edit is"} kept in this browser. Click to try now.`,
  everyEditIsSavedAt: "Every edit is saved at once.",
  findingObjects: "Finding objects",
  /** @param {number} waiting */
  findingObjectsOnImages: (waiting) => `Finding objects on ${waiting} images`,
  modelIsLoading: "model is loading…",
  noModel: "no model",
  theModelThatProposesObjects: "The model that proposes objects and masks",
  /** @param {number} shown @param {number} rows */
  filteredOfImagesGChanges: (shown, rows) => `Filtered: ${shown} of ${rows} images (G changes the filter)`,
};

export const imagePanel = {
  title: "Notes and tags of this image",
  tags: "Tags",
  addATag: "Add a tag",
  notes: "Notes",
  aNote: "A note",
  writeTheNote: "Write the note",
  addNote: "Add note",
  theImageGoesBackTo: "The image goes back to work with this note",
  returnWithNote: "Return with note",
  thisImage: "This image",
  close: "Close",
  keepOutOfTraining: "Keep out of training",
  saving: "Saving",
  writeFirstWhatThereIs: "Write first what there is to say.",
  savingTheNote: "Saving the note",
  returnedTheFilterReturnedLists: "Returned: the filter “Returned” lists it until it is reviewed.",
  deletingTheNote: "Deleting the note",
  noteDeleted: "Note deleted.",
  bringBack: "Bring back",
  /** @param {string} text */
  done: (text) => `Done: ${text}`,
  /** @param {string} about */
  selectThe: (about) => `Select the ${about}`,
  /** @param {string} text */
  deleteTheNote: (text) => `Delete the note ${text}`,
  /** @param {number} left */
  titleWithOpenNotes: (left) => `Notes and tags of this image${left ? `, ${left} open` : ""}`,
  /** @param {string} tag */
  takeTheTagAway: (tag) => `Take the tag ${tag} away`,
  /** @param {string | undefined} name */
  theSelected: (name) => `the selected ${name ?? "object"}`,
  theImage: "this image",
  object: "object",
  image: "image",
  returned: "returned",
  /** @param {string} subject */
  aNoteOn: (subject) => `A note on ${subject}`,
};

export const notices = {
  dismiss: "Dismiss",
};

export const language = {
  language: "Language",
  likeTheBrowser: "As the browser says",
  thePageIsReadAgain: "The page is read again in that language; nothing is lost.",
};

export const viewOptions = {
  darkest: "Darkest",
  brightest: "Brightest",
  brightness: "Brightness",
  contrast: "Contrast",
  showThePictureAsIt: "Show the picture as it is",
  reset: "Reset",
  viewOptions: "View options",
  outlinesOnly: "Outlines only",
  namesOfObjects: "Names of objects",
  overviewWhenZoomed: "Overview when zoomed in",
  gamma: "Gamma",
  channel: "Channel",
  allChannels: "all",
  red: "red",
  green: "green",
  blue: "blue",
  fullScreen: "Full screen",
};
