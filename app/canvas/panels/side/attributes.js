/** Attributes of the selected object: a control for each that its class asks for, and what else is said of it. */

import { element } from "../../view/dom.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/document.js").Attribute} Attribute */
/** @typedef {import("../../model/document.js").Instance} Instance */
/** @typedef {import("../../model/document.js").Category} Category */

const TYPES = /** @type {const} */ (["text", "number", "flag"]);

/** @param {import("../../model/editor.js").Editor} editor @param {Instance} instance @param {Category | null} category @param {boolean} disabled @returns {HTMLElement | null} */
export function createAttributes(editor, instance, category, disabled) {
  const asked = category?.attributes ?? [];
  const values = instance.attributes ?? {};
  const rest = Object.entries(values).filter(([name]) => !asked.some((attribute) => attribute.name === name));
  if (!asked.length && !rest.length) return null;
  const set = (/** @type {string} */ name, /** @type {any} */ value) =>
    editor.change(instance.id, { attributes: { [name]: value } });
  return element(
    "div",
    { class: "ml-attributes", role: "group", "aria-label": texts.attributes.attributes },
    ...asked.map((attribute) =>
      element(
        "label",
        { class: attribute.type === "flag" ? "ml-choice" : "ml-slider" },
        ...inOrder(
          attribute,
          control(attribute, values[attribute.name], (value) => set(attribute.name, value), disabled),
        ),
      ),
    ),
    ...rest.map(([name, value]) => element("p", { class: "ml-facts" }, `${name}: ${wordsOf(value)}`)),
  );
}

/** A flag stands before its words, everything else after them. @param {Attribute} attribute @param {HTMLElement} node */
function inOrder({ name, type }, node) {
  return type === "flag" ? [node, name] : [element("span", {}, name), node];
}

/** @param {Attribute} attribute @param {any} value @param {(value: any) => void} set null takes it away @param {boolean} disabled */
function control({ name, type, choices }, value, set, disabled) {
  if (type === "choice") {
    const options = [...new Set([...(choices ?? []), ...(typeof value === "string" ? [value] : [])])];
    const select = element(
      "select",
      { disabled, "data-attribute": name },
      element("option", { value: "" }, "–"),
      ...options.map((choice) => element("option", { value: choice }, choice)),
    );
    select.value = typeof value === "string" ? value : "";
    select.addEventListener("change", () => set(select.value || null));
    return select;
  }
  const kind = { text: texts.attributes.text, number: "number", flag: "checkbox" }[type];
  const input = element("input", { type: kind, step: "any", maxlength: "1000", disabled, "data-attribute": name });
  if (type === "flag") input.checked = value === true;
  else input.defaultValue = value === undefined ? "" : String(value);
  input.addEventListener("change", () => {
    input.defaultValue = input.value; // see isBeingTyped
    if (type === "flag") set(input.checked);
    else if (type === "number") set(Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : null);
    else set(input.value.trim() || null);
  });
  return input;
}

/** Whether a field holds what is no edit yet: to make it anew would lose that. @param {Element | null} field */
export function isBeingTyped(field) {
  if (!(field instanceof HTMLInputElement) || !field.dataset.attribute || field.type === "checkbox") return false;
  return field.value !== field.defaultValue || field.validity.badInput;
}

/** @param {any} value */
function wordsOf(value) {
  if (value === true) return "yes";
  if (value === false) return "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Attributes as a person writes them, one on a line: `ripeness: green | ripe`. @param {Attribute[]} attributes */
export function writtenAttributes(attributes) {
  return attributes
    .map(({ name, type, choices }) => `${name}: ${type === "choice" ? (choices ?? []).join(" | ") : type}`)
    .join("\n");
}

/** What `writtenAttributes` wrote, or a person. @param {string} text @returns {Attribute[]} */
export function readAttributes(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const [name, meaning = "flag"] = line.split(/:(.*)/s).map((part) => part.trim());
      const type = TYPES.find((known) => known === meaning.toLowerCase());
      if (type) return { name, type };
      const choices = meaning.split("|").map((choice) => choice.trim());
      return { name, type: /** @type {const} */ ("choice"), choices: choices.filter(Boolean) };
    });
}
