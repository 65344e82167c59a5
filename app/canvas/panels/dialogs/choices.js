/** What a dialog lets choose, and what is chosen. */

import { element } from "../../view/dom.js";

/** @param {string} name @param {string} value @param {string} words @param {boolean} checked */
export function choice(name, value, words, checked) {
  return labelled(element("input", { type: "radio", name, value, checked }), words);
}

/** @param {string} name @param {string} words */
export function tick(name, words) {
  return labelled(element("input", { type: "checkbox", name }), words);
}

/** @param {HTMLElement} input @param {string} words */
function labelled(input, words) {
  return element("label", { class: "ml-choice" }, input, element("span", {}, words));
}

/** @param {HTMLElement} root @param {string} name */
export function isTicked(root, name) {
  return /** @type {HTMLInputElement} */ (root.querySelector(`input[name="${name}"]`)).checked;
}

/** @param {HTMLElement} root @param {string} name */
export function chosen(root, name) {
  return /** @type {HTMLInputElement | null} */ (root.querySelector(`input[name="${name}"]:checked`))?.value ?? "";
}
