/** English: the texts of the canvas itself. */

export const imageLayer = {
  theImageCouldNotBe: "the image could not be loaded",
};

export const minimap = {
  overview: "The whole image; arrows move what is in sight",
};

export const tileLayer = {
  /** @param {number} status */
  theServerAnswered: (status) => `the server answered ${status}`,
};

export const view = {
  imageWithItsObjects: "Image with its objects",
};
