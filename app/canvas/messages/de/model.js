/** German: the texts of what the editor does by itself. */

/** @type {typeof import("../en/model.js").answers} */
export const answers = {
  anEditOnAnotherImage: "Eine Änderung an einem anderen Bild traf dort auf eine neuere und wurde nicht gespeichert.",
  wasElsewhereYourEditOf: (name, current) =>
    `„${name}“ wurde anderswo ${current ? "geändert" : "gelöscht"}; Ihre Änderung daran wurde nicht gespeichert.`,
  imageIsGone: (name, fileName) => `„${name}“ wurde nicht gespeichert: ${fileName} wurde anderswo entfernt.`,
  object: "Objekt",
  deleteIt: "Löschen",
  useMine: "Meine nehmen",
  bringMineBack: "Meines zurückholen",
  notSaved: (line) => `Nicht gespeichert: ${line}`,
};

/** @type {typeof import("../en/model.js").api} */
export const api = {
  theServerAnswered: (status) => `der Server antwortete ${status}`,
  theServerDoesNotAnswer: "der Server antwortet nicht",
  theAnswerWasCutOff: "die Antwort brach ab",
};

/** @type {typeof import("../en/model.js").editor} */
export const editor = {
  cannotNow: (direction, message) =>
    `${direction === "undo" ? "Rückgängig machen" : "Wiederholen"} geht gerade nicht: ${message}.`,
  takeTheirsBack: "Fremde Änderung zurücknehmen",
  nothingOfYoursIsLeft: (direction) =>
    `Von Ihnen ist hier nichts mehr ${direction === "undo" ? "rückgängig zu machen" : "zu wiederholen"}: die letzte Änderung ist von jemand anderem.`,
  nothingWas: (direction, error) =>
    `Nichts wurde ${direction === "undo" ? "rückgängig gemacht" : "wiederholt"}: ${error}.`,
};

/** @type {typeof import("../en/model.js").outbox} */
export const outbox = {
  notEverythingIsSavedYet: "noch ist nicht alles gespeichert",
  discardedTheServerCouldNot: "verworfen: der Server konnte es nicht speichern",
  oneOfTheObjectsWas: "eines der Objekte wurde anderswo geändert, darum blieben alle, wie sie waren",
};

/** @type {typeof import("../en/model.js").arrange} */
export const arrange = {
  selectWhatIsToLieElsewhere: "Wählen Sie zuerst das Objekt aus, das vorn oder hinten liegen soll.",
  liesInFrontAlready: "Es liegt schon vor allen anderen.",
  liesAtTheBackAlready: "Es liegt schon hinter allen anderen.",
  selectAGroupFirst: "Nichts Ausgewähltes gehört zu einer Gruppe.",
  selectSeveralObjectsFirstShift: "Wählen Sie zuerst mehrere Objekte: Umschalt+Klick oder ein Rahmen um sie.",
  selectTheObjectToKeep: "Wählen Sie das Objekt, das bleibt, dann mit Umschalt+Klick, was daraus ausgeschnitten wird.",
  theOthersCoverNothingOf: "Die anderen verdecken nichts vom zuerst gewählten Objekt.",
  selectTheObjectOnTop: "Wählen Sie zuerst das Objekt, das oben liegt.",
  nothingLiesBeneath: "Nichts, was zu sehen ist, liegt darunter.",
};

/** @type {typeof import("../en/model.js").assistant} */
export const assistant = {
  theServerIsBack: "Der Server antwortet wieder: Das Modell sieht sich dieses Bild jetzt an.",
  findingObjects: (line) => `Objekte finden: ${line}`,
  theModelFoundNothingHere: (instances) =>
    `Das Modell hat hier nichts ${instances ? "Neues " : ""}gefunden. Ziehen Sie eine Box um ein Objekt (R), oder zeichnen Sie es (P).`,
  theModelIsSureOf: (below) =>
    `Das Modell ist sich hier bei nichts sicher. Y zeigt ${below > 1 ? `${below} unsichere Vorschläge` : `${below} unsicheren Vorschlag`} blass; R und M zeichnen mit seiner Hilfe.`,
  proposalsYourOwnWorkWas: (proposals) =>
    `${proposals === 1 ? "1 Vorschlag" : `${proposals} Vorschläge`}. Ihre eigene Arbeit blieb, wie sie war.`,
};

/** @type {typeof import("../en/model.js").imageFilter} */
export const imageFilter = {
  withOpenNotes: "Mit offenen Notizen",
  returned: "Zurückgegeben",
  changedSinceReview: "Seit der Prüfung geändert",
  keptOutOfTraining: "Nicht zum Lernen",
  unsureProposals: "Vorschläge im Mittel unter 70 %",
};
