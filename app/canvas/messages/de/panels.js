/** German: the texts of the bars and panels around the canvas. */

/** @type {typeof import("../en/panels.js").announcer} */
export const announcer = {
  nothingSelected: "Nichts ausgewählt",
  locked: ", gesperrt",
  hidden: ", ausgeblendet",
  object: "Objekt",
  objectsSelected: (selection) => `${selection} Objekte ausgewählt`,
  madeWay: (gone) => (gone === 1 ? "ein Vorschlag dafür ist entfernt" : `${gone} Vorschläge dafür sind entfernt`),
  described: (name, provenance, score, flags, place, visible) =>
    `${name}, ${provenance}${score}${flags}, ${place} von ${visible}`,
  objects: (count) => (count === 1 ? "1 Objekt" : `${count} Objekte`),
  deleted: (what, left) => `${what} gelöscht, noch ${left} da`,
  undone: (what) => `Rückgängig: ${what}`,
  redone: (what) => `Wiederholt: ${what}`,
  isBack: (what) => `${what} wieder da`,
  isGone: (what) => `${what} entfernt`,
  isOther: (what) => `${what} geändert`,
};

/** @type {typeof import("../en/panels.js").bars} */
export const bars = {
  allImages: "Alle Bilder",
  previousImage: "Voriges Bild",
  nextImage: "Nächstes Bild",
  removeThisImageItGoes: "Dieses Bild entfernen: es kommt in den Papierkorb",
  undo: "Rückgängig",
  redo: "Wiederholen",
  letTheModelLookAt: "Das Modell dieses Bild ansehen lassen",
  findObjects: "Objekte finden",
  proposeTheLastImagesObjects: "Objekte des letzten Bildes hier vorschlagen",
  runTheModelByItself: "Das Modell von selbst auf Bilder anwenden, an denen noch niemand gearbeitet hat",
  auto: "auto",
  addImages: "Neue Bilder",
  importCocoAnnotations: "COCO-Annotationen importieren",
  exportCocoJson: "COCO JSON exportieren",
  export: "Export",
  keysAndMouse: "Tasten und Maus",
  acceptWhatIsLeftAnd: "Annehmen, was übrig ist, und weiter",
  markReviewed: "Geprüft",
  pixels: (fileName, width, height) => `${fileName}, ${width} × ${height} Pixel`,
  changedSince: "Geändert",
  returned: "Zurückgegeben",
  /** @param {string} status @param {string} standing */
  statusAndStanding: (status, standing) => `${status}, seither: ${standing}`,
  openAgain: "Wieder öffnen",
  reviewAgain: "Erneut prüfen",
  finding: "Sucht…",
  fitTheImage: "Bild einpassen",
  strengthOfTheMaskColours: "Deckkraft der Maskenfarben",
  tools: "Werkzeuge",
  giveUpTheEditThat: "Die Änderung aufgeben, die der Server immer wieder ablehnt",
  discardIt: "Verwerfen",
  annotator: "Annotieren",
  reviewer: "Prüfen",
  admin: "Verwalten",
  personAndRole: (person, role) => `${person} (${role})`,
  whoYouAreSignedIn: "Als wer Sie angemeldet sind, und Ihre Rolle",
  saved: "Gespeichert",
  saving: "Speichert…",
  notSavedRetrying: (count) => `Nicht gespeichert, neuer Versuch (${count})`,
  nothingIsLostKeptIn: (reason, count) =>
    `${reason}. Nichts geht verloren: ${count} ${count > 1 ? "Änderungen bleiben" : "Änderung bleibt"} in diesem Browser. Klicken versucht es jetzt.`,
  everyEditIsSavedAt: "Jede Änderung wird sofort gespeichert.",
  findingObjects: "Objekte werden gesucht",
  findingObjectsOnImages: (waiting) => `Objekte werden auf ${waiting} Bildern gesucht`,
  modelIsLoading: "Modell wird geladen…",
  noModel: "kein Modell",
  theModelThatProposesObjects: "Das Modell, das Objekte und Masken vorschlägt",
  filteredOfImagesGChanges: (shown, rows) => `Gefiltert: ${shown} von ${rows} Bildern (G ändert den Filter)`,
  acceptReview: "Annehmen",
  acceptTheReviewOf: (person) => `Annehmen, was ${person} geprüft hat, und weiter zur nächsten Prüfung`,
  openAgainAndWork: "Das Bild wieder zur Arbeit öffnen",
};

/** @type {typeof import("../en/panels.js").imagePanel} */
export const imagePanel = {
  title: "Notizen und Schlagwörter dieses Bildes",
  tags: "Schlagwörter",
  addATag: "Schlagwort hinzufügen",
  notes: "Notizen",
  aNote: "Eine Notiz",
  writeTheNote: "Notiz schreiben",
  addNote: "Notiz hinzufügen",
  theImageGoesBackTo: "Das Bild geht mit dieser Notiz zurück in Arbeit",
  returnWithNote: "Mit Notiz zurückgeben",
  thisImage: "Dieses Bild",
  close: "Schließen",
  keepOutOfTraining: "Nicht zum Lernen",
  saving: "Wird gespeichert",
  writeFirstWhatThereIs: "Schreiben Sie zuerst, was zu sagen ist.",
  savingTheNote: "Notiz wird gespeichert",
  returnedTheFilterReturnedLists: "Zurückgegeben: der Filter „Zurückgegeben“ zeigt es, bis es geprüft ist.",
  deletingTheNote: "Notiz wird gelöscht",
  noteDeleted: "Notiz gelöscht.",
  bringBack: "Zurückholen",
  done: (text) => `Erledigt: ${text}`,
  selectThe: (about) => `${about} auswählen`,
  deleteTheNote: (text) => `Notiz „${text}“ löschen`,
  titleWithOpenNotes: (left) => `Notizen und Schlagwörter dieses Bildes${left ? `, ${left} offen` : ""}`,
  takeTheTagAway: (tag) => `Schlagwort ${tag} wegnehmen`,
  theSelected: (name) => `gewähltes Objekt${name ? ` (${name})` : ""}`,
  theImage: "dieses Bild",
  object: "Objekt",
  image: "Bild",
  returned: "zurückgegeben",
  aNoteOn: (subject) => `Notiz: ${subject}`,
};

/** @type {typeof import("../en/panels.js").notices} */
export const notices = {
  dismiss: "Ausblenden",
};

/** @type {typeof import("../en/panels.js").language} */
export const language = {
  language: "Sprache",
  likeTheBrowser: "Wie der Browser",
  thePageIsReadAgain: "Die Seite wird in dieser Sprache neu geladen; nichts geht verloren.",
};

/** @type {typeof import("../en/panels.js").viewOptions} */
export const viewOptions = {
  darkest: "Dunkelstes",
  brightest: "Hellstes",
  brightness: "Helligkeit",
  contrast: "Kontrast",
  showThePictureAsIt: "Das Bild zeigen, wie es ist",
  reset: "Zurücksetzen",
  viewOptions: "Ansichtsoptionen",
  outlinesOnly: "Nur Umrisse",
  namesOfObjects: "Namen der Objekte",
  overviewWhenZoomed: "Übersicht beim Zoomen",
  gamma: "Gamma",
  channel: "Kanal",
  allChannels: "alle",
  red: "rot",
  green: "grün",
  blue: "blau",
  fullScreen: "Vollbild",
};
