/** English: the texts of the gallery. */

export const gallery = {
  toDo: "To do",
  inProgress: "In progress",
  reviewed: "Reviewed",
  changedSinceReview: "changed since review",
  /** @param {number} notes */
  openNotes: (notes) => `${notes} open ${notes > 1 ? "notes" : "note"}`,
  returned: "returned",
  chosen: ", chosen",
  keptOutOfTraining: "kept out of training",
  /** @param {string} tags */
  tags: (tags) => `tags ${tags}`,
  /** @param {string} reviewedBy */
  byReviewer: (reviewedBy) => ` by ${reviewedBy}`,
  /** @param {string} word @param {string} by @param {number} instances @param {number} proposed */
  acceptedProposed: (word, by, instances, proposed) => `${word}${by}; ${instances} accepted, ${proposed} proposed`,
  /** @param {string} people */
  workedOnBy: (people) => `\nWorked on by ${people}`,
  /** @param {number} at @param {number} total @param {string} fileName @param {string} words @param {string} people */
  position: (at, total, fileName, words, people) => `${at} of ${total}: ${fileName}\n${words}${people}`,
  images: "Images",
  order: "Order",
  asAdded: "As added",
  newestFirst: "Newest first",
  byName: "By name",
  leastSureFirst: "Least sure first",
  lastChangedFirst: "Last changed first",
  runTheModelOnEvery: "Run the model on every image that nobody has worked on",
  findObjects: "Find objects",
  imagesThatWereRemoved: "Images that were removed",
  trash: "Trash",
  allImages: "All images",
  backToTheCanvas: "Back to the canvas",
  /** @param {number} waiting */
  stopLeft: (waiting) => `Stop (${waiting} left)`,
  /** @param {number} untouched */
  findObjectsOn: (untouched) => `Find objects (${untouched})`,
  /** @param {number} shown */
  countShown: (shown) => `${shown} shown`,
};

export const imageFilters = {
  byStatus: "Show images by status",
  nameOrTag: "Name or tag",
  byNameOrTag: "Show only images with this in their name or a tag",
  byClass: "Show only images with this class",
  byTag: "Show only images with this tag",
  byPerson: "Show only images that somebody worked on",
  byReview: "Show only images by their standing in review",
  notesAndReview: "Notes and review",
  showEveryImageAgain: "Show every image again",
  clearFilter: "Clear filter",
  all: "All",
  anyClass: "Any class",
  anyTag: "Any tag",
  everybody: "Everybody",
};

export const manyImages = {
  tag: "Tag",
  aTagForTheChosen: "A tag for the chosen images",
  giveTheTagToThe: "Give the tag to the chosen images",
  addTag: "Add tag",
  takeTheTagFromThe: "Take the tag from the chosen images",
  takeTagAway: "Take tag away",
  theModelDoesNotLearn: "The model does not learn from the chosen images",
  keepOutOfTraining: "Keep out of training",
  theModelMayLearnFrom: "The model may learn from the chosen images",
  learnFrom: "Learn from",
  putTheChosenImagesInto: "Put the chosen images into the trash",
  toTheTrash: "To the trash",
  chosenImages: "Chosen images",
  chooseEveryImageThatIs: "Choose every image that is shown",
  chooseAllShown: "Choose all shown",
  chooseNone: "Choose none",
  /** @param {number} chosen @param {number} elsewhere */
  chosen: (chosen, elsewhere) => `${chosen} chosen${elsewhere ? `, ${elsewhere} of them not shown` : ""}`,
  changingTheImages: "Changing the images",
  /** @param {number} ids */
  inTheTrash: (ids) => `${ids} ${ids > 1 ? "images are" : "image is"} in the trash.`,
  bringBack: "Bring back",
  bringingBack: "Bringing back",
};

export const trash = {
  /** @param {string} line */
  notRemoved: (line) => `Not removed: ${line}`,
  /** @param {string} fileName */
  isInTheTrash: (fileName) => `${fileName} is in the trash.`,
  /** @param {string} fileName */
  wasRemovedElsewhere: (fileName) => `${fileName} was removed elsewhere.`,
  bringBack: "Bring back",
  /** @param {string} fileName */
  bringBackNamed: (fileName) => `Bring back ${fileName}`,
  deletingForGoodTakesObjects:
    "Deleting for good takes objects, history and files of these images, and their copies in past fine-tuning runs.",
  theTrashIsEmpty: "The trash is empty.",
  trash: "Trash",
  /** @param {number} images */
  deleteForGood: (images) => `Delete ${images} for good`,
  /** @param {number} purged */
  deletedForGood: (purged) => `${purged} deleted for good.`,
};
