/** English: the texts of the statistics. */

export const statistics = {
  statistics: "Statistics",
  counting: "Counting…",
  asATable: "As a table",
  /** @param {string} title */
  csv: (title) => `${title} as a CSV file`,
  nothingYet: "Nothing to count yet.",
  /** @param {string} total @param {string} reviewed @param {string} inProgress @param {string} toDo */
  overview: (total, reviewed, inProgress, toDo) =>
    `${total} ${total === "1" ? "image" : "images"}: ${reviewed} reviewed, ${inProgress} in progress, ${toDo} to do.`,
  /** @param {string} objects @param {string} classes */
  objectsOfClasses: (objects, classes) =>
    `${objects} accepted ${objects === "1" ? "object" : "objects"}, ${classes} ${classes === "1" ? "class" : "classes"}.`,
  objectsAClass: "Objects a class",
  whereAcceptedObjectsCome: "Accepted objects, by where they come from.",
  drawn: "Drawn by a person",
  corrected: "Found, corrected by a person",
  confirmed: "Found, accepted as it was",
  classWord: "Class",
  objects: "Objects",
  proposed: "Proposed",
  images: "Images",
  /** @param {number} left */
  moreInTheTable: (left) => `${left} more in the table.`,
  allClasses: "All classes",
  sizes: "Sizes",
  sideOfASquare: "Accepted objects by the side of a square as large as they are, in pixels.",
  reviewedADay: "Reviewed a day",
  imagesThatStandReviewed: "Images that are reviewed, by the day since when and by whom.",
  nobody: "nobody",
  day: "Day",
  person: "Person",
  reviewed: "Reviewed images",
  actions: "Actions",
  actionsAnObject: "Actions an object",
  editsOverObjects: "Edits of objects by each person, over the accepted objects that they were the last to change.",
  agreement: "Agreement",
  twoPeople: "Two people",
  /** @param {string} people @param {number} images */
  pairOnImages: (people, images) => `${people} (${images} ${images === 1 ? "image" : "images"})`,
  whatOneLeft:
    "What one person left on an image against what the next one made of it: they see each other's work, so these are not two blind opinions. The last 100 images that both worked on.",
  noTwoPeople: "No image was worked on by two people yet.",
  comparing: "Comparing…",
  meanIou: "Mean IoU of masks",
  meanOks: "Mean OKS of keypoints",
  sameObjects: "Same object",
  otherClass: "Other class",
  takenAway: "Taken away",
  added: "Added",
  objectsByIou: "Objects by the IoU of their masks",
  whereTheyDiffer: "Where they differ, the least agreement first",
  /** @param {string} name @param {string} agreement @param {string} first @param {string} second */
  imageAgreement: (name, agreement, first, second) => `${name}: ${agreement}, ${first} before ${second}`,
  /** @param {string} first @param {string} second */
  bothOutlines: (first, second) => `The image with the outlines of ${first} and ${second} where they differ`,
  noDifference: "They agree entirely.",
  openThisImage: "Open this image",
  /** @param {string} category @param {string} person */
  onlyOneHas: (category, person) => `${category}: only ${person} has it`,
  /** @param {string} before @param {string} after */
  renamedFromTo: (before, after) => `${before} became ${after}`,
};
