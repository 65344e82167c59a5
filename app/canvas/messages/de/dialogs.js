/** German: the texts of the dialogs. */

/** @type {typeof import("../en/dialogs.js").classDialog} */
export const classDialog = {
  colour: "Farbe",
  noseLeftEyeRightEye: "Nase\nlinkes Auge\nrechtes Auge",
  occludedFlagRipenessGreenHalf: "verdeckt: flag\nReife: grün | halb | reif\nGewicht: number",
  byPlace: "nach Platz",
  changeClass: "Klasse ändern",
  newClass: "Neue Klasse",
  save: "Speichern",
  makeClass: "Klasse anlegen",
  name: "Name",
  keypointsOneNameOnA: "Keypoints, ein Name je Zeile (die meisten Klassen haben keine)",
  linesFromPointToPoint: "Linien von Punkt zu Punkt",
  clickTwoPoints: "Klicken Sie zwei Punkte: Eine Linie verbindet sie; dieselben zwei nehmen sie wieder weg.",
  clickTheOtherPoint: (point) =>
    `${point}: Klicken Sie den Punkt, mit dem er verbunden ist, oder ihn selbst, um loszulassen.`,
  skeletonPairsOfKeypointNumbers: "Skelett: Paare von Keypoint-Nummern, die eine Linie verbindet",
  attributesOneOnALine: "Attribute, eines je Zeile: flag, number, text oder Werte mit | dazwischen",
  placeInTheList: "Platz in der Liste",
  key: "Taste",
  leaveOutOfTheList: "Nicht in der Liste zeigen",
};

/** @type {typeof import("../en/dialogs.js").dialogs} */
export const dialogs = {
  close: "Schließen",
  cancel: "Abbrechen",
};

/** @type {typeof import("../en/dialogs.js").exchange} */
export const exchange = {
  asAZipWhatThe: "Als .zip; was das Format nicht fassen kann, steht darin in einer Textdatei.",
  cocoJson: "COCO JSON",
  polygonsRleWhereThereAre:
    "Polygone, RLE bei Löchern, Keypoints, Ihre Dateinamen und Klassen-IDs. Vor der Übergabe wird alles mit pycocotools zurückgelesen und mit dem Gespeicherten verglichen.",
  cocoPanopticJsonAndPng: "COCO panoptic (JSON und PNG)",
  yoloSegmentation: "YOLO-Segmentierung",
  yoloBoxes: "YOLO-Boxen",
  yoloPose: "YOLO-Pose",
  cvatForImages11: "CVAT for images 1.1",
  pascalVocXmlAndPng: "Pascal VOC (XML und PNG)",
  viaJson: "VIA (JSON)",
  labelStudioJson: "Label Studio (JSON)",
  superviselyProject: "Supervisely (Projekt)",
  datumaroJson: "Datumaro (JSON)",
  darwinJson: "V7 Darwin (JSON)",
  createmlBoxes: "CreateML-Boxen",
  maskPngs: "Masken als PNG",
  tableOfObjectsCsv: "Tabelle der Objekte (CSV)",
  everybody: "Alle Personen",
  workedOnBy: "Bearbeitet von",
  images: "Bilder",
  allImages: (rows) => `Alle ${rows} Bilder`,
  onlyTheReviewed: (reviewed) => `Nur die ${reviewed} geprüften`,
  objects: "Objekte",
  whatAPersonDrewCorrected: "Was jemand gezeichnet, korrigiert oder angenommen hat",
  alsoProposalsThatNobodyHas: "Auch Vorschläge, die niemand angenommen hat, mit ihrem Score",
  withTheImageFilesAs: "Mit den Bilddateien, als .zip",
  onlyUsedClasses: "Nur Klassen mit Objekten",
  format: "Format",
  export: "Exportieren",
  download: "Herunterladen",
  cocoJsonOrOtherAnnotation: "COCO JSON oder andere Annotationsdateien und ihre Bilder",
  cocoJsonOrAnotherTools:
    "COCO JSON oder Dateien eines anderen Werkzeugs und, falls noch nicht da, ihre Bilder (oder alles als .zip)",
  theImagesBecome: "Die Bilder werden",
  reviewedWhereAllTheirObjects: "Geprüft, wo alle ihre Objekte ankommen: fertige Arbeit",
  inProgressSomebodyShouldLook: "In Arbeit: jemand soll sie noch einmal ansehen",
  whatTheyWere: "Was sie waren",
  withObjectsThatAreHere: "Mit schon vorhandenen Objekten",
  mergeWhatTheSameFile:
    "Zusammenführen: was dieselbe Datei früher brachte, wird aktualisiert, Änderungen von Hand bleiben",
  addNothingThatIsHere: "Hinzufügen: Vorhandenes bleibt, wie es ist",
  replaceOfTheImagesIn: "Ersetzen: auf den Bildern der Datei bleiben nur deren Objekte",
  crowdsAreSingleObjects: "Masken, die eine Datei Gruppen nennt, sind einzelne Objekte (CVATs Pinsel)",
  importAnnotations: "Annotationen importieren",
  import: "Importieren",
  chooseAnAnnotationFileFirst: "Wählen Sie zuerst eine Annotationsdatei.",
  more: (annotations) => `${annotations} weitere`,
  noAnnotationFileAmongThem: "Keine Annotationsdatei darunter",
  andImages: (all) => ` und ${all} Bilder`,
  imagesThatAreHereAlready: "Vorhandene Bilder werden am Dateinamen erkannt; die anderen können mitkommen.",
  willStore: (summary) => `Vorschau: ${summary}.`,
  countObjects: (objects) => `${objects} ${objects === 1 ? "Objekt" : "Objekte"}`,
  countImages: (images) => `${images} ${images === 1 ? "Bild" : "Bilder"}`,
  countLines: (lines) => `${lines} ${lines === 1 ? "Zeile" : "Zeilen"}`,
  countOn: (objects, images) => `neu: ${objects}, betroffen: ${images}`,
  update: (updated) => `${updated} aktualisiert`,
  remove: (removed) => `${removed} entfernt`,
  findHereBefore: (alreadyThere) => `${alreadyThere} schon da`,
  takeIn: (count) => `aufgenommen: ${count}`,
  leaveOutOrChangeWhat: (count) => `${count} nennen, was ausgelassen oder geändert wird`,
  wereHereBefore: (alreadyThere) => `, ${alreadyThere} waren schon da`,
  updated: (updated) => `${updated} aktualisiert`,
  removed: (removed) => `${removed} entfernt`,
  objectsOnImagesImported: (annotations, images, again, more, errors) =>
    `${annotations} ${annotations === 1 ? "Objekt" : "Objekte"} auf ${images} ${images === 1 ? "Bild" : "Bildern"} importiert${again}${more}.${errors ? ` ${errors} ausgelassen oder geändert:` : ""}`,
  removeProposals: (count) =>
    count === 1 ? "1 unbestätigter Vorschlag entfernt" : `${count} unbestätigte Vorschläge entfernt`,
  inPlaceOfProposals: (count) =>
    ` anstelle von ${count === 1 ? "1 Vorschlag, den" : `${count} Vorschlägen, die`} niemand bestätigt hatte`,
  andMore: (count) => `und ${count} weitere`,
  isWritten: (name) => `${name} ist heruntergeladen.`,
  isWrittenAndCompared: (name, counted) => `${name}: ${counted}, zurückgelesen und mit dem Gespeicherten verglichen.`,
};

/** @type {typeof import("../en/dialogs.js").help} */
export const help = {
  keysAndMouse: "Tasten und Maus",
  aClickChangesAKey: "Ein Klick auf eine Taste ändert sie; dieser Browser merkt es sich.",
  allKeysAsTheyWere: "Alle Tasten wie zuvor",
  changeThisKey: "Diese Taste ändern",
  changeTheKeyOf: (key, label) => `${key}: Taste für „${label}“ ändern`,
  pressTheNewKey: (key) => `Drücken Sie die neue Taste für ${key}; Esc lässt sie, wie sie ist.`,
  keyIsTaken: (pressed, label) => `${pressed} ist vergeben: ${label}.`,
  keyIsChanged: (key) => `Es ist jetzt ${key}.`,
};

/** @type {typeof import("../en/dialogs.js").importProgress} */
export const importProgress = {
  receivingFiles: "Dateien werden empfangen",
  readingAnnotations: "Annotationen werden gelesen",
  storingImages: "Bilder werden gespeichert",
  writingToTheDisk: "Wird auf die Platte geschrieben",
  checkingObjects: "Objekte werden geprüft",
  storingObjects: "Objekte werden Bild für Bild gespeichert",
  progress: (words, done, total) => `${words}: ${done} von ${total}`,
};
