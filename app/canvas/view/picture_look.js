/** How the picture is shown: the window of its numbers that goes from black to white, brightness, contrast, gamma, one of its channels. Its pixels stay as they are. */

import { drawing } from "./dom.js";
import { remember, remembered } from "../model/preferences.js";

/** @typedef {"" | "red" | "green" | "blue"} Channel  "" is all of them */
/** @typedef {{brightness: number, contrast: number, gamma: number, channel: Channel, low: number, high: number}} Look  low and high: parts of the range, 0..1 */

/** @type {Look} */
export const AS_IT_IS = { brightness: 1, contrast: 1, gamma: 1, channel: "", low: 0, high: 1 };
const ID = "ml-picture-look";

export class PictureLook {
  /** @param {HTMLElement[]} pictures the elements that show it */
  constructor(pictures) {
    this.pictures = pictures;
    /** @type {Look} */
    this.values = { ...AS_IT_IS, ...remembered("picture", {}) };
    /** Which window the picture that is shown was made with. */
    this.made = { low: 0, high: 1 };
    this.filter = drawing("filter", { id: ID, "color-interpolation-filters": "sRGB" });
    this.element = drawing("svg", { class: "ml-unseen", "aria-hidden": "true" }, this.filter);
    this.show();
  }

  get isAsItIs() {
    return Object.entries(AS_IT_IS).every(([name, value]) => this.values[/** @type {keyof Look} */ (name)] === value);
  }

  /** @param {Partial<Look>} values */
  adjust(values) {
    Object.assign(this.values, values);
    remember("picture", this.values);
    this.show();
  }

  /** The picture is another now. @param {{low: number, high: number}} window that it was made with */
  madeWith({ low, high }) {
    this.made = { low, high };
    this.show();
  }

  /** @private */
  show() {
    const { brightness, contrast, gamma, channel, low, high } = this.values;
    const parts = [];
    const { made } = this;
    if (made.low !== low || made.high !== high) {
      // Until the server has made one of all bits, the picture that is there is stretched.
      const slope = (made.high - made.low) / (high - low),
        intercept = (made.low - low) / (high - low);
      parts.push(transfer({ type: "linear", slope: String(slope), intercept: String(intercept) }));
    }
    if (channel) parts.push(drawing("feColorMatrix", { type: "matrix", values: onlyOf(channel) }));
    if (gamma !== 1) parts.push(transfer({ type: "gamma", exponent: String(1 / gamma) }));
    this.filter.replaceChildren(...parts);
    const words = [
      parts.length ? `url(#${ID})` : "",
      brightness === 1 && contrast === 1 ? "" : `brightness(${brightness}) contrast(${contrast})`,
    ];
    for (const picture of this.pictures) picture.style.filter = words.filter(Boolean).join(" ");
  }
}

/** The same curve for each colour. @param {{[name: string]: string}} curve */
function transfer(curve) {
  return drawing("feComponentTransfer", {}, ...["feFuncR", "feFuncG", "feFuncB"].map((name) => drawing(name, curve)));
}

/** A matrix that shows one channel as grey. @param {Exclude<Channel, "">} channel */
function onlyOf(channel) {
  const row = ["red", "green", "blue", "alpha", "one"].map((name) => (name === channel ? 1 : 0)).join(" ");
  return `${row} ${row} ${row} 0 0 0 1 0`;
}
