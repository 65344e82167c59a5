/** English: the texts of the gallery. */

export const gallery = {
  toDo: "To do",
  inProgress: "In progress",
  reviewed: "Reviewed",
  changedSinceReview: "changed since review",
  /** @param {number} notes */
  open: (notes) => `${notes} open ${notes > 1 ? "notes" : "note"}`,
  keptOutOfTraining: "kept out of training",
  /** @param {string} tags */
  tags: (tags) => `tags ${tags}`,
  /** @param {string} reviewedBy */
  by: (reviewedBy) => ` by ${reviewedBy}`,
  /** @param {string} word @param {string} by @param {number} instances @param {number} proposed */
  acceptedProposed: (word, by, instances, proposed) => `${word}${by}; ${instances} accepted, ${proposed} proposed`,
  /** @param {string} people */
  workedOnBy: (people) => `\nWorked on by ${people}`,
  /** @param {number} at @param {number} total @param {string} fileName @param {string} words @param {string} people */
  of: (at, total, fileName, words, people) => `${at} of ${total}: ${fileName}\n${words}${people}`,
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
  findObjects2: (untouched) => `Find objects (${untouched})`,
  /** @param {number} shown */
  shown: (shown) => `${shown} shown`,
};

export const imageFilters = {
  showImagesByStatus: "Show images by status",
  nameOrTag: "Name or tag",
  showOnlyImagesWithThis: "Show only images with this in their name or a tag",
  showOnlyImagesWithThis2: "Show only images with this class",
  showOnlyImagesWithThis3: "Show only images with this tag",
  showOnlyImagesThatSomebody: "Show only images that somebody worked on",
  showOnlyImagesByTheir: "Show only images by their standing in review",
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
  bringBack: "Bring back",
  /** @param {string} fileName */
  bringBack2: (fileName) => `Bring back ${fileName}`,
  deletingForGoodTakesObjects:
    "Deleting for good takes objects, history and files of these images, and their copies in past fine-tuning runs.",
  theTrashIsEmpty: "The trash is empty.",
  trash: "Trash",
  /** @param {number} images */
  deleteForGood: (images) => `Delete ${images} for good`,
  /** @param {number} purged */
  deletedForGood: (purged) => `${purged} deleted for good.`,
};
