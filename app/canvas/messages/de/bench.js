/** German: the texts of the editor as a whole, and of its keys. */

/** @type {typeof import("../en/bench.js").keyNames} */
export const keyNames = {
  ctrl: "Strg",
  shift: "Umschalt",
  alt: "Alt",
  enter: "Enter",
  backspace: "Rücktaste",
  del: "Entf",
  esc: "Esc",
  tab: "Tab",
};

/** @type {typeof import("../en/bench.js").keys} */
export const keys = {
  images: "Bilder",
  previousImage: "Voriges Bild",
  nextImage: "Nächstes Bild",
  nextImageThatIsNot: "Nächstes ungeprüftes Bild",
  markReviewedAndGoOn: "Als geprüft markieren und weiter",
  notesAndTagsOfThis: "Notizen und Schlagwörter dieses Bildes; zurückgeben",
  allImagesFiltersCtrlClick: "Alle Bilder, Filter; Strg+Klick, Umschalt+Klick oder X wählt mehrere",
  tools: "Werkzeuge",
  findObjectsOnThisImage: "Objekte auf diesem Bild finden",
  proposeTheLastImagesObjects: "Objekte des letzten Bildes hier vorschlagen, wo sie wiederzuerkennen sind",
  objects: "Objekte",
  classOfTheSelectedAnd: "Klasse der ausgewählten und neuer Objekte",
  searchAClass: "Klasse suchen",
  acceptTheProposalAndGo: "Vorschlag annehmen und zum nächsten; Polygon schließen, angeklicktes Objekt behalten",
  acceptAllThatAreShown: "Alle sichtbaren annehmen",
  clearAllProposalsThatAre: "Alle sichtbaren Vorschläge entfernen",
  showOrHideTheProposals: "Zu unsichere Vorschläge blass ein- oder ausblenden",
  makeTheGhostUnderThe: "Blassen Vorschlag unter dem Zeiger zum Objekt machen",
  deleteWhileDrawingTakeThe: "Löschen; beim Zeichnen den letzten Punkt zurücknehmen",
  hideOrShowTheObject: "Objekt aus- oder einblenden; ohne Auswahl alle",
  lockOrUnlockTheObject: "Objekt sperren oder entsperren",
  selectTheNextThePrevious: "Nächstes, voriges Objekt auswählen",
  severalObjects: "Mehrere Objekte",
  copyTheSelectedObjects: "Ausgewählte Objekte kopieren",
  pasteOnAnotherImageAt: "Einfügen; auf einem anderen Bild an derselben Stelle",
  duplicateTheSelectedObjects: "Ausgewählte Objekte duplizieren",
  mergeTheSelectedObjects: "Ausgewählte Objekte vereinen",
  cutTheOthersOutOf: "Die anderen aus dem zuerst gewählten Objekt ausschneiden",
  selectAllThatAreShown: "Alle sichtbaren auswählen",
  shiftClick: "Umschalt+Klick",
  addAnObjectToThe: "Objekt zur Auswahl hinzufügen oder herausnehmen",
  dragAnEmptyPlace: "Auf freier Fläche ziehen",
  selectAllThatTheFrame: "Alles auswählen, was der Rahmen berührt; mit Umschalt hinzufügen",
  cancelThenDeselect: "Abbrechen, dann Auswahl aufheben",
  undo: "Rückgängig",
  redo: "Wiederholen",
  points: "Punkte",
  clickAnEdge: "Klick auf eine Kante",
  addAPoint: "Punkt hinzufügen",
  deleteAPoint: "Punkt löschen",
  altClick: "Alt+Klick",
  ctrlClick: "Strg+Klick",
  ctrlDrag: "Strg+Ziehen",
  selectSeveralPoints: "Mehrere Punkte des Objekts auswählen: einen, alle in einem Rahmen",
  arrows: "Pfeile",
  moveTheSelectedPoints: "Die ausgewählten Punkte um ein Pixel verschieben",
  moveTheSelectedPointsFar: "Die ausgewählten Punkte um zehn Pixel verschieben",
  deleteThePartThatThe: "Den Teil löschen, zu dem der Punkt gehört",
  rightClick: "Rechtsklick",
  keypointVisibleHiddenNotLabelled: "Keypoint: sichtbar → verdeckt → nicht gesetzt",
  click: "Klick",
  whileClickingAMaskInclude: "Beim Anklicken einer Maske: dazunehmen, ausschließen",
  view: "Ansicht",
  wheel: "Mausrad",
  zoomAtThePointer: "Am Zeiger zoomen",
  spaceDrag: "Leertaste+Ziehen",
  middleDrag: "Ziehen mit mittlerer Taste",
  pan: "Verschieben",
  fitTheImage: "Bild einpassen",
  zoomInOut: "Vergrößern, verkleinern",
  outlinesOnlyOrColoursToo: "Nur Umrisse oder auch Farben",
  viewOptionsBrightnessContrast: "Ansichtsoptionen: Helligkeit, Kontrast",
  labelsOnOrOff: "Beschriftungen an oder aus",
  toTheNextThePrevious: "Zum nächsten, vorigen Bedienelement; Pfeiltasten bewegen innerhalb einer Leiste oder Liste",
  thisHelp: "Diese Hilfe",
  fullScreen: "Vollbild und zurück",
  cutTheSelectedOutOf: "Ausgewählte aus allem darunter ausschneiden",
};

/** @type {typeof import("../en/bench.js").main} */
export const main = {
  annotationEditor: "Annotationseditor",
  imagesToAdd: "Bilder zum Hinzufügen",
  classesAndObjects: "Klassen und Objekte",
  theWorkspaceCouldNotBe: (line) => `Der Arbeitsbereich ließ sich nicht lesen: ${line}`,
  tryAgain: "Erneut versuchen",
  import: "Importieren",
  importCoco: "COCO importieren",
  dropPhotographsHere: "Fotos hierher ziehen",
  theModelProposesMasksAnd: "Das Modell schlägt Masken und Keypoints vor, Sie korrigieren, und es lernt daraus.",
  addImages: "Bilder hinzufügen",
  chooseImages: "Bilder wählen",
  jpegPngWebpTiffAnd: "JPEG, PNG, WebP, TIFF und mehr; auch ganze Ordner. Alles bleibt auf diesem Rechner.",
  addingImagesOf: (done, total) => `Bilder werden hinzugefügt: ${done} von ${total}`,
  dropImagesToAddThem:
    "Bilder ablegen, um sie hinzuzufügen, oder eine COCO-Datei (.json) mit ihren Bildern, um sie zu importieren",
  objectsOf: (selection, fileName) => `${selection} Objekte aus ${fileName}`,
  loading: (name) => `${name} wird geladen…`,
};

/** @type {typeof import("../en/bench.js").openImages} */
export const openImages = {
  image: (id, line) => `Bild ${id}: ${line}`,
  noOtherImageOfThe: "Im Filter ist kein weiteres Bild zu prüfen.",
  everyImageIsReviewed: "Alle Bilder sind geprüft.",
  ofNotAdded: (errors, files) => `${errors} von ${files} ${files > 1 ? "Dateien" : "Datei"} nicht hinzugefügt:`,
  addedButNotAllOf: "Hinzugefügt, aber nicht vollständig:",
  thatImageIsAlreadyHere: "Dieses Bild ist schon da.",
  ofThemAreAlreadyHere: (known) => `${known} davon sind schon da.`,
};

/** @type {typeof import("../en/bench.js").workbench} */
export const workbench = {
  copiedCtrlVPastesOn: (count) =>
    `${count > 1 ? `${count} Objekte` : "1 Objekt"} kopiert: Strg+V fügt ein, auf einem anderen Bild an derselben Stelle.`,
  nothingPastedWhatWasCopied: "Nichts eingefügt: das Kopierte liegt außerhalb dieses Bildes.",
  thisObjectIsLockedL: "Dieses Objekt ist gesperrt: L entsperrt es.",
  areLockedAndStayL: (ids) => `${ids} sind gesperrt und bleiben: L entsperrt.`,
  pointAtAGhostFirst: "Zuerst auf einen blassen Vorschlag zeigen",
  yShowsTheProposalsThat: "Y zeigt die zu unsicheren Vorschläge",
  qMakesTheOneUnder: (how) => `${how}: Q macht den unter dem Zeiger zum Objekt.`,
  cleared: (shown) => `${shown === 1 ? "1 Vorschlag" : `${shown} Vorschläge`} entfernt.`,
  undo: "Rückgängig",
  accepting: "Wird angenommen",
  savingTheStatus: "Status wird gespeichert",
  goBack: "Zurück",
  reviewed: (tally, next) =>
    `Geprüft${tally}.${next ? "" : " Das war das letzte: exportieren Sie, oder lassen Sie das Modell aus Ihren Korrekturen lernen."}`,
  thereIsNoImageBefore: "Vor diesem gibt es kein Bild, dessen Objekte zu übernehmen wären.",
  lookingForTheObjectsOf: (name) => `Objekte aus ${name} werden gesucht`,
  pointsBecame: (before, after) => `Aus ${before} Punkten wurden ${after}.`,
  noPointCanGoWithout: "Bei diesem Zoom fiele jeder Punkt auf, der wegfiele.",
  nothingIsAcceptedOnYet: (name) => `Auf ${name} ist noch nichts angenommen: es gibt nichts zu übernehmen.`,
  notSeenHere: (lost) => `${lost} hier nicht zu sehen`,
  alreadyHere: (there) => `${there} schon da`,
  ofObjectsOfProposed: (added, added2, name, part) =>
    `${added} von ${added2} Objekten aus ${name} vorgeschlagen${part}.`,
  accepted: (accepted) => `${accepted} angenommen`,
  belowTheThresholdRemoved: (removed) => `${removed} unter der Schwelle entfernt`,
  noFullScreen: (line) => `Kein Vollbild hier: ${line}`,
};

/** @type {typeof import("../en/bench.js").review} */
export const review = {
  reviewAccepted: (person, next) =>
    `Angenommen, was ${person ?? "jemand anders"} geprüft hatte.${next ? "" : " Keine weitere Prüfung wartet."}`,
};
