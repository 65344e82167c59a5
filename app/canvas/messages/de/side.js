/** German: the texts of the panel at the side. */

/** @type {typeof import("../en/side.js").attributes} */
export const attributes = {
  attributes: "Attribute",
  text: "text",
};

/** @type {typeof import("../en/side.js").bulk} */
export const bulk = {
  group: "Gruppieren",
  acceptTheProposalsAmongThem: "Die Vorschläge darunter annehmen",
  accept: (proposed) => `${proposed} annehmen`,
  showAll: "Alle einblenden",
  hideAll: "Alle ausblenden",
  show: "Einblenden",
  hide: "Ausblenden",
  unlockAll: "Alle entsperren",
  lockAll: "Alle sperren",
  unlock: "Entsperren",
  lock: "Sperren",
  oneObjectOfAll: "Ein Objekt aus allen",
  merge: "Vereinen",
  cutTheOthersOutOf: "Die anderen aus dem zuerst gewählten Objekt ausschneiden",
  subtract: "Ausschneiden",
  duplicateAll: "Alle duplizieren",
  duplicate: "Duplizieren",
  deleteAll: "Alle löschen",
  delete: "Löschen",
  objectsSelected: (instances) => `${instances} Objekte ausgewählt`,
  aClassChosenAboveOr: "Eine Klasse, oben oder mit 1 – 9 gewählt, gilt für alle.",
};

/** @type {typeof import("../en/side.js").classes} */
export const classes = {
  whichAreListed: "Welche Klassen gezeigt werden",
  allOfThem: "Alle",
  onThisImage: "Auf diesem Bild",
  inUse: "In Gebrauch",
  searchOrMakeAClass: "Klasse suchen oder anlegen",
  classOfNewAndSelected: "Klasse neuer und ausgewählter Objekte",
  noClassesYetTypeA: "Noch keine Klassen: oben einen Namen eingeben und Enter drücken.",
  newClass: "Neue Klasse",
  changeTheChosenClass: "Gewählte Klasse ändern",
  makeClass: (name) => `Klasse ${name} anlegen`,
  make: (name) => `„${name}“ anlegen`,
  changeClass: (name) => `Klasse ${name} ändern`,
  key: (key) => `Taste ${key}`,
  makingTheClass: "Klasse wird angelegt",
  thereIsNoClassYet: "Es gibt noch keine Klasse: wer prüfen darf, legt eine an.",
  makeAClassFirstType: "Legen Sie zuerst eine Klasse an: Namen eingeben und Enter drücken.",
  classes: "Klassen",
};

/** @type {typeof import("../en/side.js").inspector} */
export const inspector = {
  selectedObject: "Ausgewähltes Objekt",
  accept: "Annehmen",
  toPolygon: "Zu Polygon",
  fewerPointsAsFarAs: "Weniger Punkte, soweit es bei diesem Zoom nicht auffällt",
  simplify: "Vereinfachen",
  duplicate: "Duplizieren",
  show: "Einblenden",
  hide: "Ausblenden",
  unlock: "Entsperren",
  lock: "Sperren",
  delete: "Löschen",
  keypoints: "Keypoints",
  visibilityOf: (name) => `Sichtbarkeit von ${name}`,
  px: (width, height) => `${width} × ${height} px`,
  points: (points, parts) => `${points} Punkte${parts > 1 ? ` in ${parts} Teilen` : ""}`,
  pixelMask: "Pixelmaske",
  boxOnly: "nur Box",
  score: (score) => `Score ${score}`,
  cutBeneath: "Aus dem ausschneiden, was darunter liegt",
};

/** @type {typeof import("../en/side.js").provenance} */
export const provenance = {
  drawn: "gezeichnet",
  corrected: "korrigiert",
  proposed: "Vorschlag",
  accepted: "angenommen",
};

/** @type {typeof import("../en/side.js").objects} */
export const objects = {
  hideOrShowAll: "Alle aus- oder einblenden",
  objectsOnThisImage: "Objekte auf diesem Bild",
  accept: (name) => `${name} annehmen`,
  show: (name) => `${name} einblenden`,
  hide: (name) => `${name} ausblenden`,
  unlock: (name) => `${name} entsperren`,
  lock: (name) => `${name} sperren`,
  allProposalsScoreTooLow: "Alle Vorschläge sind zu unsicher: Y zeigt sie blass.",
  noObjectsYetFindObjects:
    "Noch keine Objekte. „Objekte finden“ fragt das Modell; R zieht eine Box, P zeichnet ein Polygon.",
  objects: "Objekte",
  by: (model) => ` von ${model}`,
  score: (score) => `, Score ${score}`,
  drawnByAPerson: "von Hand gezeichnet",
  foundCorrectedByAPerson: (by, score) => `gefunden${by}${score}, von Hand korrigiert`,
  found: (by, score, status) =>
    `gefunden${by}${score}, ${status === "proposed" ? "noch nicht angenommen" : "von jemandem angenommen"}`,
  noneOfThese: "Davon ist keines hier.",
  whichAreListed: "Welche Objekte die Liste zeigt",
  all: "alle",
  hidden: "ausgeblendet",
  locked: "gesperrt",
  selectAllOf: (name) => `Alle auswählen: ${name}`,
  numberAndSize: (number, width, height) => `${number} · ${width} × ${height}`,
};

/** @type {typeof import("../en/side.js").simplify} */
export const simplify = {
  fewerPoints: "Weniger Punkte",
  countOfPoints: (pointsIn, total) => `${pointsIn} von ${total}`,
  points: "Punkte",
  smooth: "Glätten",
  smootherOutline: "Umriss glätten",
  howMany: (count) => (count === 1 ? "1 Punkt" : `${count} Punkte`),
};

/** @type {typeof import("../en/side.js").thresholdRow} */
export const thresholdRow = {
  whoseThresholdTheSliderMoves: "Wessen Schwelle der Regler verschiebt",
  showProposalsFromThisScore: "Vorschläge ab diesem Score zeigen",
  backToWhatTheModel: "Zurück zu dem, worauf das Modell kalibriert ist",
  proposalsThatScoreTooLow: "Zu unsichere Vorschläge",
  below: "darunter",
  clearAllProposalsThatAre: "Alle sichtbaren Vorschläge entfernen",
  clear: "Entfernen",
  allClasses: "Alle",
  byClass: "je Klasse",
  eachClassHasTheThreshold: "Jede Klasse hat die Schwelle, auf die ihr Modell kalibriert ist",
  countBelow: (count) => `${count} darunter`,
  theProposalsThatScoreToo: (ghostsShown, count) =>
    `Die ${count} zu unsicheren Vorschläge ${ghostsShown ? "ausblenden" : "blass zeigen"} (Y); Q macht einen zum Objekt`,
  proposalsFrom: "Vorschläge ab",
};
