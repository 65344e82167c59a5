/** Small plots of bars, and the table behind each: what a plot shows by length and colour the table says in numbers. */

import { drawing, element } from "../../view/dom.js";
import { language, texts } from "../../messages/texts.js";

/** @typedef {{label: string, parts: number[]}} Bar one bar, from as many parts as the plot has names */

const THICK = 20;
const HEIGHT = 150;
const COLUMN = 66;
const COLOURS = 6;

/** @param {number} value @param {number} [digits] after the point */
export const number = (value, digits = 0) =>
  value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** @param {Bar} bar */
const sumOf = ({ parts }) => parts.reduce((sum, part) => sum + part, 0);

/** The words of a part where the pointer rests. @param {string} label @param {string[]} names @param {number} at @param {string} value */
const tip = (label, names, at, value) =>
  drawing("title", {}, names.length > 1 ? `${label}, ${names[at]}: ${value}` : `${label}: ${value}`);

/**
 * Bars that lie, one below the other.
 * @param {Bar[]} bars @param {string[]} names of the parts @param {string} label of the plot @param {number} [digits]
 */
export function lyingBars(bars, names, label, digits = 0) {
  const narrow = matchMedia("(max-width: 640px)").matches;
  const [beside, longest, letters] = narrow ? [100, 160, 14] : [150, 420, 22];
  const most = Math.max(...bars.map(sumOf), Number.MIN_VALUE);
  const rows = bars.map((bar, index) => {
    let x = beside;
    const pieces = bar.parts.map((part, at) => {
      const width = (longest * part) / most;
      const piece = drawing(
        "rect",
        { x, y: 3, width, height: THICK - 6, class: `ml-part ml-part-${at % COLOURS}` },
        tip(bar.label, names, at, number(part, digits)),
      );
      x += width;
      return piece;
    });
    const name = drawing("text", { x: beside - 8, y: THICK - 6, "text-anchor": "end" }, shortened(bar.label, letters));
    const total = drawing("text", { x: x + 6, y: THICK - 6 }, number(sumOf(bar), digits));
    return drawing("g", { transform: `translate(0 ${index * THICK})` }, name, ...pieces, total);
  });
  return plot(beside + longest + 60, bars.length * THICK, label, rows);
}

/** Bars that stand, one beside the other. @param {Bar[]} bars @param {string[]} names @param {string} label */
export function standingBars(bars, names, label) {
  const most = Math.max(...bars.map(sumOf), Number.MIN_VALUE);
  const columns = bars.map((bar, index) => {
    let y = HEIGHT;
    const pieces = bar.parts.map((part, at) => {
      const height = ((HEIGHT - 18) * part) / most;
      y -= height;
      return drawing(
        "rect",
        { x: 6, y, width: COLUMN - 12, height, class: `ml-part ml-part-${at % COLOURS}` },
        tip(bar.label, names, at, number(part)),
      );
    });
    const total = drawing("text", { x: COLUMN / 2, y: y - 4, "text-anchor": "middle" }, number(sumOf(bar)));
    const name = drawing("text", { x: COLUMN / 2, y: HEIGHT + 15, "text-anchor": "middle" }, shortened(bar.label, 10));
    return drawing("g", { transform: `translate(${index * COLUMN} 0)` }, ...pieces, total, name);
  });
  return plot(Math.max(bars.length, 1) * COLUMN, HEIGHT + 22, label, columns);
}

/** @param {number} width @param {number} height @param {string} label @param {Element[]} content */
function plot(width, height, label, content) {
  const size = { viewBox: `0 0 ${width} ${height}`, width, height };
  const svg = drawing("svg", { ...size, class: "ml-plot", role: "img", "aria-label": label }, ...content);
  return element("div", { class: "ml-plot-frame" }, svg);
}

/** @param {string} text @param {number} most */
const shortened = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** Which part is which. @param {string[]} names */
export function legend(names) {
  const entries = names.map((name, at) =>
    element(
      "li",
      {},
      drawing(
        "svg",
        { width: 12, height: 12 },
        drawing("rect", { width: 12, height: 12, class: `ml-part-${at % COLOURS}` }),
      ),
      name,
    ),
  );
  return element("ul", { class: "ml-legend" }, ...entries);
}

/** A link to numbers as a file. @param {string} title what they are of @param {string} name of the file @param {string} [href] */
export function fileLink(title, name, href) {
  const words = texts.statistics.csv(title);
  const attributes = { class: "ml-button ml-small", href, download: name, title: words, "aria-label": words };
  return element("a", attributes, "CSV");
}

/** The numbers of a plot, closed until somebody wants them. @param {string[]} header @param {(string | number)[][]} rows */
export function tableBehind(header, rows) {
  const cells = (/** @type {(string | number)[]} */ row) =>
    row.map((value, at) => element(at ? "td" : "th", at ? {} : { scope: "row" }, String(value)));
  return element(
    "details",
    { class: "ml-table" },
    element("summary", {}, texts.statistics.asATable),
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...header.map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells(row)))),
    ),
  );
}
