/** Simplified Chinese: the texts of the canvas itself. */

/** @type {typeof import("../en/view.js").imageLayer} */
export const imageLayer = {
  theImageCouldNotBe: "无法加载图像",
};

/** @type {typeof import("../en/view.js").tileLayer} */
export const tileLayer = {
  theServerAnswered: (status) => `服务器返回 ${status}`,
};

/** @type {typeof import("../en/view.js").view} */
export const view = {
  imageWithItsObjects: "图像及其对象",
};

/** @type {typeof import("../en/view.js").minimap} */
export const minimap = {
  overview: "整张图像；方向键移动可见部分",
};
