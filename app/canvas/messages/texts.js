/** The texts of the page in the language of the browser; English where there is no table of it. */

import { en } from "./en.js";

/** @type {{[language: string]: typeof en}} a language by the first part of its tag */
const TABLES = { en };

/** @param {string | undefined} tag as a browser says it: "en-GB" */
export const wordsOf = (tag) => TABLES[tag?.split("-")[0] ?? "en"] ?? en;

export const texts = wordsOf(globalThis.navigator?.language);
