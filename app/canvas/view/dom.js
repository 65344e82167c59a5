/** Elements without markup strings: attributes and text only, so that no user text is ever parsed as HTML. */

import { keyName } from "../messages/key_names.js";

/**
 * @template {keyof HTMLElementTagNameMap} N
 * @param {N} name
 * @param {{[attribute: string]: string | number | boolean | null | undefined | ((event: any) => void)}} [attributes]
 *   on… functions are listeners; true is an empty attribute; false, null and undefined leave it away (aria-… says true or false)
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[N]}
 */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else if (key.startsWith("aria-") && typeof value === "boolean") node.setAttribute(key, String(value));
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, String(value));
  }
  for (const child of children) if (child !== null && child !== undefined && child !== false) node.append(child);
  return node;
}

/** The same of a drawing. @param {string} name @param {{[attribute: string]: string | number}} [attributes] @param {...(Node | string)} children */
export function drawing(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

const STROKES = {
  select: "M5 3l6.2 16 2.2-6.6L20 10.2z",
  polygon: "M12 3.5l8 6-3 10H7l-3-10z",
  box: "M4 6h16v12H4zM8 10.5h8v3.5H8z",
  keypoints: "M12 5v7m0 0l-6 6m6-6l6 6M12 3a2 2 0 1 0 .01 0M6 17a2 2 0 1 0 .01 0M18 17a2 2 0 1 0 .01 0",
  refine: "M5 19L15 9M17.5 3v4M15.5 5h4M20 10.5v3M18.5 12h3M9 4v3M7.5 5.5h3",
  brush: "M20 4c-5 2-9 6-11 10l2 2c4-2 8-6 9-12zM9 14c-3 0-4 2-4 5-1 1-2 1-2 1 3 1.500 8 1 8-4z",
  eraser: "M13 5l6 6-8 8H7l-3-3zM9.500 8.500l6 6M11 19h9",
  undo: "M9 6L4 11l5 5M4 11h10a5 5 0 0 1 0 10h-3",
  redo: "M15 6l5 5-5 5M20 11H10a5 5 0 0 0 0 10h3",
  eye: "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 9a3 3 0 1 0 .01 0",
  hidden:
    "M4 4l16 16M9.500 5.900C10.300 5.600 11.100 5.500 12 5.500c6 0 9.500 6.500 9.500 6.500a16 16 0 0 1-3 3.700M6 7.600A16 16 0 0 0 2.500 12S6 18.500 12 18.500c1.500 0 2.900-.4 4.100-1",
  locked: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  unlocked: "M6 11h12v9H6zM8.500 11V7.500a3.500 3.500 0 0 1 6.800-1.200",
  trash: "M5 7h14M10 7V4.500h4V7M7 7l1 13h8l1-13M10.500 10.500v6M13.500 10.500v6",
  split: "M12 2.500v4M12 9v3M12 14.500v3M12 20v1.500M9 6H4v12h5M15 6h5v12h-5",
  merge: "M4 4h10v10H4zM10 10h10v10H10z",
  subtract: "M10 14H4V4h10v6M10 10h10v10H10z",
  group: "M3 3h18v18H3zM6.500 6.500h6v6h-6zM12.500 12.500h5v5h-5z",
  ungroup: "M3 3h8v8H3zM14 14h7v7h-7zM13 11l2-2M11 13l-2 2",
  front: "M4 4h11v11H4zM18 9h2v11H9v-2M9.500 12V7M7.500 9l2-2 2 2",
  back: "M9 9h11v11H9zM6 15H4V4h11v2M14.500 12v5M12.500 15l2 2 2-2",
  adjust: "M4 7h9M17 7h3M15 4.500v5M4 17h3M11 17h9M9 14.500v5",
  copy: "M8.500 8.500V4H20v11.500h-4.500M4 8.500h11.500V20H4z",
  note: "M4 4.500h16v11H11l-4.500 4v-4H4zM8 8.500h8M8 11.500h5",
  carry: "M4 6h7v7H4zM11 16h9v4h-9M13 9.500h6M16.500 7l2.500 2.500-2.500 2.500",
  check: "M5 12.500l4.500 4.500L19 7.500",
  previous: "M14.500 5.500L8 12l6.500 6.500",
  next: "M9.500 5.500L16 12l-6.500 6.500",
  add: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  help: "M9 9a3 3 0 1 1 4.200 2.700c-.8.4-1.200 1-1.200 2M12 17.200v.1M12 3a9 9 0 1 0 .01 0",
  upload: "M12 16V5M7.500 9L12 4.500 16.500 9M5 15v4.500h14V15",
  download: "M12 4v11M7.500 11l4.500 4.500 4.500-4.500M5 16v3.500h14V16",
  import: "M4 7V5h6l2 2h8v12H4zM12 10v6M9.500 13.500L12 16l2.500-2.500",
  find: "M12 3.500l1.800 5.200L19 10.500l-5.200 1.800L12 17.500l-1.800-5.200L5 10.500l5.200-1.800zM18.500 16v4M16.500 18h4",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  fullscreen: "M8 4H4v4M16 4h4v4M20 16v4h-4M8 20H4v-4M9 9h6v6H9z",
  list: "M4 6h2M9 6h11M4 12h2M9 12h11M4 18h2M9 18h11",
  chart: "M5 20v-9M12 20V4.500M19 20v-6M3 20.500h18",
  grid: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  search: "M11 4.500a6.500 6.500 0 1 0 .01 0M15.800 15.800L20.500 20.500",
  warning: "M12 4l9.500 16h-19zM12 10v4.500M12 17v.1",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  wait: "M12 3a9 9 0 1 0 9 9",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 2.500-2.500L20 17M15.500 8.500v.1",
  opacity: "M12 4a8 8 0 1 0 .01 0M12 4v16M14.500 5v14M17 7.500v9",
};

/** What a button shows: one of the above, or a path in a square of 24 × 24, as a tool brings its own. @typedef {keyof typeof STROKES | `M${string}`} IconName */

/** @param {IconName} name @returns {name is keyof typeof STROKES} */
const isNamed = (name) => Object.hasOwn(STROKES, name);

/** @param {IconName} name */
export function icon(name) {
  const style = isNamed(name) ? `ml-icon ml-icon-${name}` : "ml-icon";
  const path = drawing("path", { d: isNamed(name) ? STROKES[name] : name });
  return drawing("svg", { viewBox: "0 0 24 24", class: style, "aria-hidden": "true" }, path);
}

/** A button with an icon, a text, or both; its label is read out and shown as its tooltip. @param {IconName | null} name @param {string} label @param {(event: MouseEvent) => void} onclick @param {{class?: string, text?: string, keys?: string, [attribute: string]: any}} [options] */
export function button(name, label, onclick, { class: style = "", text, keys, ...attributes } = {}) {
  const one = element(
    "button",
    { type: "button", class: `ml-button ${style}`, "aria-label": text ? null : label, onclick, ...attributes },
    name && icon(name),
    text ? element("span", {}, text) : null,
  );
  setTooltip(one, label, keys);
  return one;
}

/** What the pointer is told: what this does, and by which key too. @param {HTMLElement} node @param {string} label @param {string} [keys] as the table of keys writes them; without it, those that were said before */
export function setTooltip(node, label, keys = node.dataset.keys) {
  node.title = keys ? `${label} (${keyName(keys)})` : label;
  if (keys) Object.assign(node.dataset, { keys, label });
}

/** Some keys are others now: say so in every tooltip. @param {HTMLElement} root */
export function renewTooltips(root) {
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-keys]")))
    setTooltip(node, node.dataset.label ?? "");
}

/** Offer choices in a list; where they are the same it is left alone, for somebody may have it open. @param {HTMLSelectElement} select @param {[string | number, string][]} choices value and words */
export function offer(select, choices) {
  const there = [...select.options].map(({ value, text }) => [value, text]);
  if (JSON.stringify(there) === JSON.stringify(choices.map(([value, words]) => [String(value), words]))) return;
  select.replaceChildren(...choices.map(([value, words]) => element("option", { value }, words)));
}

/** Whether the keyboard belongs to a text field. @param {EventTarget | null} target */
export function isTextField(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  return (
    target instanceof HTMLInputElement &&
    !["range", "checkbox", "radio", "button", "submit", "color", "file"].includes(target.type)
  );
}
