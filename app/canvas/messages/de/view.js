/** German: the texts of the canvas itself. */

/** @type {typeof import("../en/view.js").imageLayer} */
export const imageLayer = {
  theImageCouldNotBe: "das Bild ließ sich nicht laden",
};

/** @type {typeof import("../en/view.js").tileLayer} */
export const tileLayer = {
  theServerAnswered: (status) => `der Server antwortete ${status}`,
};

/** @type {typeof import("../en/view.js").view} */
export const view = {
  imageWithItsObjects: "Bild mit seinen Objekten",
};

/** @type {typeof import("../en/view.js").minimap} */
export const minimap = {
  overview: "Das ganze Bild; Pfeiltasten verschieben den Ausschnitt",
};
