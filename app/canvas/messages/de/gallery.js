/** German: the texts of the gallery. */

/** @type {typeof import("../en/gallery.js").gallery} */
export const gallery = {
  toDo: "Offen",
  inProgress: "In Arbeit",
  reviewed: "Geprüft",
  changedSinceReview: "seit der Prüfung geändert",
  openNotes: (notes) => `${notes} offene ${notes > 1 ? "Notizen" : "Notiz"}`,
  returned: "zurückgegeben",
  chosen: ", gewählt",
  keptOutOfTraining: "nicht zum Lernen",
  tags: (tags) => `Schlagwörter ${tags}`,
  byReviewer: (reviewedBy) => ` von ${reviewedBy}`,
  acceptedProposed: (word, by, instances, proposed) =>
    `${word}${by}; ${instances} angenommen, ${proposed} vorgeschlagen`,
  workedOnBy: (people) => `\nBearbeitet von ${people}`,
  position: (at, total, fileName, words, people) => `${at} von ${total}: ${fileName}\n${words}${people}`,
  images: "Bilder",
  order: "Reihenfolge",
  asAdded: "Wie hinzugefügt",
  newestFirst: "Neueste zuerst",
  byName: "Nach Name",
  leastSureFirst: "Unsicherste zuerst",
  lastChangedFirst: "Zuletzt geänderte zuerst",
  runTheModelOnEvery: "Das Modell auf jedes Bild anwenden, an dem noch niemand gearbeitet hat",
  findObjects: "Objekte finden",
  imagesThatWereRemoved: "Entfernte Bilder",
  trash: "Papierkorb",
  allImages: "Alle Bilder",
  backToTheCanvas: "Zurück zum Bild",
  stopLeft: (waiting) => `Anhalten (noch ${waiting})`,
  findObjectsOn: (untouched) => `Objekte finden (${untouched})`,
  countShown: (shown) => `${shown} gezeigt`,
};

/** @type {typeof import("../en/gallery.js").imageFilters} */
export const imageFilters = {
  byStatus: "Bilder nach Status zeigen",
  nameOrTag: "Name oder Schlagwort",
  byNameOrTag: "Nur Bilder zeigen, deren Name oder Schlagwort dies enthält",
  byClass: "Nur Bilder mit dieser Klasse zeigen",
  byTag: "Nur Bilder mit diesem Schlagwort zeigen",
  byPerson: "Nur Bilder zeigen, an denen jemand gearbeitet hat",
  byReview: "Nur Bilder nach ihrem Stand in der Prüfung zeigen",
  notesAndReview: "Notizen und Prüfung",
  showEveryImageAgain: "Wieder alle Bilder zeigen",
  clearFilter: "Filter aufheben",
  all: "Alle",
  anyClass: "Jede Klasse",
  anyTag: "Jedes Schlagwort",
  everybody: "Alle Personen",
};

/** @type {typeof import("../en/gallery.js").manyImages} */
export const manyImages = {
  tag: "Schlagwort",
  aTagForTheChosen: "Ein Schlagwort für die gewählten Bilder",
  giveTheTagToThe: "Den gewählten Bildern das Schlagwort geben",
  addTag: "Schlagwort geben",
  takeTheTagFromThe: "Den gewählten Bildern das Schlagwort nehmen",
  takeTagAway: "Schlagwort nehmen",
  theModelDoesNotLearn: "Das Modell lernt nicht aus den gewählten Bildern",
  keepOutOfTraining: "Nicht zum Lernen",
  theModelMayLearnFrom: "Das Modell darf aus den gewählten Bildern lernen",
  learnFrom: "Zum Lernen",
  putTheChosenImagesInto: "Die gewählten Bilder in den Papierkorb legen",
  toTheTrash: "In den Papierkorb",
  chosenImages: "Gewählte Bilder",
  chooseEveryImageThatIs: "Jedes gezeigte Bild wählen",
  chooseAllShown: "Alle gezeigten wählen",
  chooseNone: "Keines wählen",
  chosen: (chosen, elsewhere) => `${chosen} gewählt${elsewhere ? `, ${elsewhere} davon nicht gezeigt` : ""}`,
  changingTheImages: "Bilder werden geändert",
  inTheTrash: (ids) => `${ids} ${ids > 1 ? "Bilder sind" : "Bild ist"} im Papierkorb.`,
  bringBack: "Zurückholen",
  bringingBack: "Wird zurückgeholt",
};

/** @type {typeof import("../en/gallery.js").trash} */
export const trash = {
  notRemoved: (line) => `Nicht entfernt: ${line}`,
  isInTheTrash: (fileName) => `${fileName} ist im Papierkorb.`,
  wasRemovedElsewhere: (fileName) => `${fileName} wurde anderswo entfernt.`,
  bringBack: "Zurückholen",
  bringBackNamed: (fileName) => `${fileName} zurückholen`,
  deletingForGoodTakesObjects:
    "Endgültiges Löschen nimmt Objekte, Verlauf und Dateien dieser Bilder mit, auch ihre Kopien in früheren Trainingsläufen.",
  theTrashIsEmpty: "Der Papierkorb ist leer.",
  trash: "Papierkorb",
  deleteForGood: (images) => `${images} endgültig löschen`,
  deletedForGood: (purged) => `${purged} endgültig gelöscht.`,
};
