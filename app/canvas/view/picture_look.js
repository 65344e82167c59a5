/** How the picture is shown: brightness, contrast, gamma, one of its channels. Its pixels stay as they are. */

import { drawing } from "./dom.js";
import { remember, remembered } from "../model/preferences.js";

/** @typedef {"" | "red" | "green" | "blue"} Channel  "" is all of them */
/** @typedef {{brightness: number, contrast: number, gamma: number, channel: Channel}} Look */

/** @type {Look} */
export const AS_IT_IS = { brightness: 1, contrast: 1, gamma: 1, channel: "" };
const ID = "ml-picture-look";

export class PictureLook {
  /** @param {HTMLElement[]} pictures the elements that show it */
  constructor(pictures) {
    this.pictures = pictures;
    /** @type {Look} */
    this.values = { ...AS_IT_IS, ...remembered("picture", {}) };
    this.filter = drawing("filter", { id: ID, "color-interpolation-filters": "sRGB" });
    this.element = drawing("svg", { class: "ml-unseen", "aria-hidden": "true" }, this.filter);
    this.show();
  }

  get isAsItIs() {
    const { brightness, contrast, gamma, channel } = this.values;
    return brightness === 1 && contrast === 1 && gamma === 1 && !channel;
  }

  /** @param {Partial<Look>} values */
  adjust(values) {
    Object.assign(this.values, values);
    remember("picture", this.values);
    this.show();
  }

  /** @private */
  show() {
    const { brightness, contrast, gamma, channel } = this.values;
    const parts = [];
    if (channel) parts.push(drawing("feColorMatrix", { type: "matrix", values: onlyOf(channel) }));
    if (gamma !== 1) {
      const curve = { type: "gamma", exponent: String(1 / gamma) };
      const curves = ["feFuncR", "feFuncG", "feFuncB"].map((name) => drawing(name, curve));
      parts.push(drawing("feComponentTransfer", {}, ...curves));
    }
    this.filter.replaceChildren(...parts);
    const words = [
      parts.length ? `url(#${ID})` : "",
      brightness === 1 && contrast === 1 ? "" : `brightness(${brightness}) contrast(${contrast})`,
    ];
    for (const picture of this.pictures) picture.style.filter = words.filter(Boolean).join(" ");
  }
}

/** A matrix that shows one channel as grey. @param {Exclude<Channel, "">} channel */
function onlyOf(channel) {
  const row = ["red", "green", "blue", "alpha", "one"].map((name) => (name === channel ? 1 : 0)).join(" ");
  return `${row} ${row} ${row} 0 0 0 1 0`;
}
