/** What was begun on an image and is not done: it survives another tool, another image and a reload. */

import { browserSession } from "../model/preferences.js";

/** What waits on an image; null where nothing does, or it cannot be read. @param {string} tool the key of its own @param {number | null} image @returns {any} */
export function begunOn(tool, image) {
  try {
    return JSON.parse(browserSession()?.getItem(tool + image) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} tool the key of its own @param {number | null} image @param {object | null} begun null: nothing waits any more */
export function keepBegun(tool, image, begun) {
  try {
    if (begun) browserSession()?.setItem(tool + image, JSON.stringify(begun));
    else browserSession()?.removeItem(tool + image);
  } catch {
    // storage is full or forbidden: it lasts as long as the page
  }
}
