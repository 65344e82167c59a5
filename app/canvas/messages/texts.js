/** The texts of the page: in the language that was chosen, else in the browser's, else in English. */

import { remember, remembered } from "../model/preferences.js";

/** @typedef {typeof import("./en.js").en} Texts */

/** What a language calls itself, and its table; only that of the page is fetched. @type {{[language: string]: {name: string, table: () => Promise<Texts>}}} */
export const LANGUAGES = {
  en: { name: "English", table: async () => (await import("./en.js")).en },
  de: { name: "Deutsch", table: async () => (await import("./de.js")).de },
  zh: { name: "简体中文", table: async () => (await import("./zh.js")).zh },
};

/** @type {{[language: string]: string}} what a page in a language says of itself */
const TAGS = { zh: "zh-Hans" };

/** The first of the wanted languages that there is a table of. @param {readonly string[]} wanted tags as a browser says them: "en-GB" @returns {string} */
export function languageOf(wanted) {
  const known = wanted.map((tag) => tag.split("-")[0].toLowerCase());
  return known.find((language) => Object.hasOwn(LANGUAGES, language)) ?? "en";
}

const PREFERENCE = "language";

/** "" where the browser's own languages count. @returns {string} */
export const chosenLanguage = () => String(remembered(PREFERENCE, ""));

/** From the next reading of the page on. @param {string} language "" is the browser's */
export function chooseLanguage(language) {
  remember(PREFERENCE, language);
  const forgotten = language ? "" : "; max-age=0";
  document.cookie = `maskloop_language=${language}; path=/; samesite=lax${forgotten}`; // what the server says follows it
}

export const language = languageOf([chosenLanguage(), ...(globalThis.navigator?.languages ?? [])]);

/** As the `lang` of an element. */
export const languageTag = TAGS[language] ?? language;

export const texts = await LANGUAGES[language].table();
