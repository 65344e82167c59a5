/** The language of the page: the browser's, or one that is chosen and remembered. */

import { LANGUAGES, chooseLanguage, chosenLanguage, texts } from "../messages/texts.js";
import { element } from "../view/dom.js";

/** A list of languages, each by its own name. @returns {HTMLElement} */
export function createLanguageChoice() {
  const choices = [
    ["", texts.language.likeTheBrowser],
    ...Object.entries(LANGUAGES).map(([language, { name }]) => [language, name]),
  ];
  const select = element(
    "select",
    { title: texts.language.thePageIsReadAgain },
    ...choices.map(([value, words]) => element("option", { value, lang: value || null }, words)),
  );
  select.value = chosenLanguage();
  select.addEventListener("change", () => {
    chooseLanguage(select.value);
    location.reload();
  });
  return element("label", { class: "ml-field" }, element("span", {}, texts.language.language), select);
}
