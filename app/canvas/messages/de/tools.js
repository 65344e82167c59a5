/** German: the texts of the tools. */

/** @type {typeof import("../en/tools.js").anyTool} */
export const anyTool = {
  lockedLUnlocksIt: "Gesperrt. L entsperrt es.",
};

/** @type {typeof import("../en/tools.js").box} */
export const box = {
  boxMaskByTheModel: "Box → Maske durch das Modell, oder nur eine Box",
  needsAClass: "Legen Sie zuerst rechts eine Klasse an.",
  itStaysABox: (name) => `Ziehen Sie eine Box um ein Objekt (${name}): es bleibt eine Box.`,
  nextBoxOrClick:
    "Ziehen Sie eine Box um das nächste Objekt. Klick fügt dieser Maske hinzu, Umschalt+Klick nimmt weg; Strg+Klick beginnt einen neuen Rand.",
  theModelsGuess: (name) => `was das Modell meint${name ? ` oder ${name}, je nachdem, was zuletzt öfter stimmte` : ""}`,
  theModelFindsItsMask: (choice) =>
    `Ziehen Sie eine Box um ein Objekt, oder über einen Vorschlag für eine bessere Maske (Alt: daneben). Klasse: ${choice}.`,
  takesThePlaceOf: (name) => `neue Maske für den Vorschlag ${name}`,
  theModelGuessesTheClass: "Das Modell rät die Klasse",
  boxesOnlyNoMasks: "Nur Boxen, keine Masken",
  keepTheBox: "Box behalten",
  noMaskForThisBox: (line) => `Keine Maske für diese Box: ${line}.`,
  theModelSeesNoMask: "Das Modell sieht hier keine Maske: als Box behalten.",
};

/** @type {typeof import("../en/tools.js").brush} */
export const brush = {
  brush: "Pinsel",
  eraser: "Radierer",
  smallerLargerBrushSoDoes: "Kleinerer, größerer Pinsel; auch mit Umschalt+Mausrad",
  paintAwayWhatTheMask: "Malen Sie weg, was die Maske nicht bedecken soll. [ und ] ändern die Größe.",
  clickTheObjectToErase: "Klicken Sie das Objekt an, von dem radiert wird.",
  makeAClassFirstIn: "Legen Sie zuerst rechts eine Klasse an.",
  paintOnTheMaskOf: (name) =>
    `Malen Sie an der Maske des gewählten Objekts${name ? ` (${name})` : ""}; nach Esc eine neue.`,
  paintANew: (name) => `Malen Sie ein neues Objekt (${name}).`,
  altErasesAndOrShift: (what) => `${what} Alt radiert; [ und ] oder Umschalt+Mausrad ändern die Größe.`,
  brushSize: "Pinselgröße",
  px: (radius) => `${radius} px`,
  andOrShiftWheel: "[ und ] oder Umschalt+Mausrad",
  size: "Größe",
  penPressureSetsTheSize: "Stiftdruck bestimmt die Größe",
  lightlyPressedIsThin: "Ein leicht gedrückter Stift malt dünner; Maus und Finger malen in voller Größe",
};

/** @type {typeof import("../en/tools.js").keypoints} */
export const keypoints = {
  notLabelled: "nicht gesetzt",
  hidden: "verdeckt",
  visible: "sichtbar",
  thisKeypointHasNoPlace: "Dieser Keypoint hat noch keinen Ort: klicken Sie, wo er ist.",
  keypoints: "Keypoints",
  clickTheObjectThatThe: "Klicken Sie das Objekt an, zu dem die Keypoints gehören.",
  hasNoKeypointsNameThem: (name) => `„${name}“ hat keine Keypoints. Benennen Sie sie mit dem Stift neben der Klasse.`,
  dragMovesAPointRight: "Ziehen bewegt einen Punkt; Rechtsklick oder X: sichtbar, verdeckt, nicht gesetzt.",
  allKeypointsArePlaced: (rest) => `Alle Keypoints sind gesetzt. ${rest}`,
  clickRightClickHidden: (keypoint, rest) => `Klick: ${keypoint} (Rechtsklick: verdeckt). ${rest}`,
  swapLeftAndRight: "Linke und rechte Keypoints vertauschen",
  noLeftAndRight: "Wählen Sie ein Objekt, dessen Keypoints dem Namen nach links und rechts haben.",
  keypointsOfAnObject: "Keypoints eines Objekts oder ein neues Objekt, Punkt für Punkt",
  skipThisKeypoint: "Diesen Keypoint auslassen",
  placeItMirrored: "Ihn dort setzen, wo sein Gegenstück ihn gespiegelt zeigt",
  takeTheLastBack: "Den letzten Keypoint zurücknehmen",
  theObjectIsDone: "Das Objekt ist fertig, mit den Keypoints, die es hat",
  shiftClickToo: "Keypoints werden als verdeckt gesetzt; ebenso mit Umschalt+Klick oder Rechtsklick",
  skip: "Auslassen",
  mirrored: "Gespiegelt",
  back: "Zurück",
  done: "Fertig",
  /** @param {string} keypoint */
  clickTheNext: (keypoint) =>
    `Klicken Sie: ${keypoint} (Umschalt oder Rechtsklick: verdeckt). Punkt lässt aus, Rücktaste geht zurück, Enter beendet, Esc verwirft.`,
  /** @param {string} keypoint @param {string} name */
  clickTheFirst: (keypoint, name) =>
    `Klicken Sie ${keypoint} eines neuen Objekts (${name}) oder ein Objekt, dem Keypoints fehlen; Alt+Klick beginnt immer ein neues.`,
  nothingToMirror: "Es gibt nichts zu spiegeln: Der nächste Keypoint braucht ein Gegenstück und eine Mitte.",
  thePointsThatYouBegan: "Die begonnenen Keypoints bleiben: K fährt fort, dann verwirft Esc sie.",
};

/** @type {typeof import("../en/tools.js").maskClicks} */
export const maskClicks = {
  refiningTheMask: "Maske wird verbessert",
  deleteTheObject: "Objekt löschen",
  thisClickWouldLeaveNothing: "Dieser Klick ließe nichts von der Maske übrig.",
  clicksWentWithTheirObject: (count) =>
    `${count === 1 ? "Ein Klick, der auf seine Antwort wartete, entfällt" : `${count} Klicks, die auf ihre Antworten warteten, entfallen`}: Das Objekt wurde inzwischen gelöscht oder gesperrt.`,
};

/** @type {typeof import("../en/tools.js").newMask} */
export const newMask = {
  lookingAtTheClicks: "Klicks werden ausgewertet",
  lookingForOthers: "Größere und kleinere Objekte werden gesucht",
  nothingLarger:
    "Etwas Größeres, das gemeint sein kann, sieht das Modell nicht: Klicken Sie weiter, oder ziehen Sie einen Rahmen (R).",
  nothingSmaller: "Etwas Kleineres, das gemeint sein kann, sieht das Modell nicht: Umschalt+Klick nimmt weg.",
};

/** @type {typeof import("../en/tools.js").polygon} */
export const polygon = {
  polygon: "Polygon",
  clickTheFirstPointDouble:
    "Klick auf den ersten Punkt, Doppelklick oder Enter schließt. Rücktaste nimmt den letzten Punkt zurück, Esc bricht ab.",
  clickTheNextPoint: {
    new: "Das wird ein neues Objekt: nächster Punkt, oder mit gedrückter Taste zeichnen.",
    part: "Das kommt zum gewählten Objekt hinzu: nächster Punkt, oder mit gedrückter Taste zeichnen.",
    cut: "Das wird aus dem gewählten Objekt geschnitten: nächster Punkt, oder mit gedrückter Taste zeichnen.",
    anew: "Das gewählte Objekt neu: klicken Sie den nächsten Punkt. Klasse, Attribute und Keypoints bleiben.",
  },
  whatItBecomes: {
    new: "Ein neues Objekt.",
    part: "Zum gewählten Objekt hinzu.",
    cut: "Aus dem gewählten Objekt geschnitten.",
    anew: "Das gewählte Objekt neu.",
  },
  clickAroundTheObjectHold: (name) => `Klicken Sie um das Objekt herum (${name}). Mit gedrückter Taste frei zeichnen.`,
  orOfTheSelectedOne: (name) =>
    `Um ein Objekt klicken (${name}). Erster Punkt mit Umschalt: zum gewählten dazu; Strg: aus ihm heraus; Alt: es neu.`,
  makeAClassFirstIn: "Legen Sie zuerst rechts eine Klasse an.",
  aPolygonNeedsAtLeast: "Ein Polygon braucht mindestens drei Punkte um eine Fläche.",
  nothingWasCutOut: "Nichts wurde herausgeschnitten: was Sie zeichneten, liegt neben dem Objekt.",
  thePolygonThatYouBegan: "Das begonnene Polygon bleibt: P setzt es fort, Esc verwirft es dann.",
};

/** @type {typeof import("../en/tools.js").refine} */
export const refine = {
  larger: "Größer",
  smaller: "Kleiner",
  aLargerObject: "Ein größeres Objekt, das gemeint sein kann; auch Umschalt+Mausrad",
  aSmallerObject: "Ein kleineres Objekt, das gemeint sein kann",
  firstClickSomething: "Klicken Sie mit M erst ein Objekt an: > und < wählen dann ein größeres oder kleineres.",
  outlineOrMendByClicks: "Mit Klicks umreißen oder ausbessern",
  outlineAnObjectByClicks: "Ein Objekt mit Klicks umreißen oder die gewählte Maske ausbessern",
  clickAddsShiftClickTakes: (name) =>
    `${name ? `Wird ein neues Objekt („${name}“); 1 – 9 oder 0 ändern die Klasse. ` : ""}Klick fügt hinzu, Umschalt+Klick nimmt weg, Rücktaste nimmt einen Klick zurück; > und < nehmen ein größeres oder kleineres Objekt. Enter behält es, Esc verwirft es.`,
  clickSomethingToOutlineIt: (name) =>
    `Klicken Sie etwas an, um es zu umreißen${name ? ` (${name}; 1 – 9 oder 0 ändern die Klasse)` : ""}, oder ein Objekt, um seine Maske auszubessern.`,
  keptClickTheNext:
    "Behalten. Klicken Sie das nächste Objekt an; in diesem bessern Klick und Umschalt+Klick aus. Esc beendet.",
  clickAddsToTheMask:
    "Klick fügt der Maske hinzu, Umschalt+Klick nimmt weg; Strg+Klick beginnt einen neuen Rand. Strg+Z nimmt einen Klick zurück, Esc beendet.",
};

/** @type {typeof import("../en/tools.js").clickMeaning} */
export const clickMeaning = {
  whatAClickDoes: "Was ein Klick mit der Maske macht",
  add: "Hinzufügen",
  takeAway: "Wegnehmen",
  newEdge: "Neuer Rand",
  clicksAdd: "Klicks fügen hinzu, was dort liegt; mit Umschalt nehmen sie weg",
  clicksTakeAway: "Klicks nehmen weg, wie mit Umschalt; mit Umschalt fügen sie hinzu",
  clicksDrawTheEdge: "Klicks zeichnen ein Stück des Randes neu, aus der Maske hinaus und zurück, wie mit Strg",
  done: "Fertig",
  theObjectIsDone: "Das Objekt ist fertig; der nächste Klick beginnt ein anderes",
};

/** @type {typeof import("../en/tools.js").newEdge} */
export const newEdge = {
  added: "Klicken Sie den wahren Rand entlang und zurück in die Maske: Was dazwischen liegt, kommt hinzu.",
  cutOff:
    "Klicken Sie den wahren Rand entlang und wieder aus der Maske hinaus: Was außerhalb liegt, wird abgeschnitten.",
  enclosesNothing: "Nichts geändert: Zwischen dieser Linie und der Maske liegt nichts.",
};

/** @type {typeof import("../en/tools.js").select} */
export const select = {
  selectMoveReshape: "Auswählen, bewegen, formen",
  clickAnObjectToSelect:
    "Klick wählt ein Objekt; ein gezogener Rahmen mehrere. Mausrad zoomt, Leertaste+Ziehen verschiebt.",
  selected19ClassEnter: (selection) =>
    `${selection} ausgewählt: 1 – 9 Klasse, Enter annehmen, Entf löschen, H ausblenden, L sperren. Ziehen bewegt alle, Umschalt+Klick nimmt dazu oder heraus.`,
  dragMovesTheMaskIts:
    "Ziehen bewegt die Maske, ihr Rahmen streckt sie. Doppelklick macht daraus ein Polygon mit Punkten zum Ziehen.",
  dragACornerOrA: "Ziehen Sie an einer Ecke oder Seite; R zieht eine Box, die zur Maske wird.",
  dragPointsClickAnEdge:
    "Punkte, Inneres, Rahmen ziehen. Klick auf eine Kante: neuer Punkt; Umschalt+Klick entfernt ihn, Strg+Klick wählt mehrere.",
  aPolygonKeepsAtLeast: "Ein Polygon behält mindestens drei Punkte. Entf löscht das ganze Objekt.",
  /** @param {number} gone */
  partsWentAlong: (gone) =>
    `${gone === 1 ? "1 Teil des Objekts hatte weniger als drei Punkte übrig und ging" : `${gone} Teile des Objekts hatten weniger als drei Punkte übrig und gingen`} mit. Strg+Z holt zurück.`,
  /** @param {number} count */
  pointsSelected: (count) =>
    `${count === 1 ? "1 Punkt" : `${count} Punkte`} ausgewählt: Ziehen oder Pfeile verschieben, Entf löscht, Strg+Klick nimmt dazu oder heraus, Esc lässt los.`,
};

/** @type {typeof import("../en/tools.js").split} */
export const split = {
  splitAlongALine: "Entlang einer Linie teilen",
  acrossTheSelected: "Ziehen Sie eine Linie ganz durch das gewählte Objekt: jede Seite wird ein eigenes Objekt.",
  acrossAnyObject: "Ziehen Sie eine Linie ganz durch ein Objekt: jede Seite wird ein eigenes Objekt.",
  theSelectedObject: "das gewählte Objekt",
  anObject: "ein Objekt",
  nothingWasSplitTheLine: (what) => `Nichts wurde geteilt: die Linie muss ganz durch ${what} gehen.`,
};

/** @type {typeof import("../en/tools.js").lasso} */
export const lasso = {
  magneticLasso: "Magnetisches Lasso: die Linie folgt den Kanten",
  clickOnTheOutline: (name) =>
    `Klicken Sie auf den Umriss des Objekts (${name}): die Linie folgt den Kanten. Umschalt: zum gewählten Objekt dazu, Strg: aus ihm heraus.`,
  makeAClassFirstIn: "Legen Sie zuerst rechts eine Klasse an.",
  clickTheNextAnchor:
    "Klicken Sie, wo die Linie halten soll; Alt+Klick zeichnet gerade. Rücktaste nimmt den letzten Klick zurück.",
  clickTheFirstAnchor:
    "Klick auf den ersten Anker, Doppelklick oder Enter schließt. Alt+Klick zeichnet gerade, Rücktaste nimmt zurück, Esc verwirft.",
  theLineThatYouBegan: "Die begonnene Linie bleibt: Umschalt+P setzt sie fort, Esc verwirft sie dann.",
};

/** @type {typeof import("../en/tools.js").extremePoints} */
export const extremePoints = {
  fourOutermostPoints: "Box aus den vier äußersten Punkten",
  clickTheOutermost: (done, wanted) =>
    `Klicken Sie den höchsten, tiefsten, linken und rechten Punkt des Objekts an, in beliebiger Folge: ${done} von ${wanted}.`,
};
