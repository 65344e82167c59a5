/** The skeleton of a class as a picture: a click on one point and on another draws the line between them, or takes it away. */

import { button, drawing, element } from "../../view/dom.js";
import { texts } from "../../messages/texts.js";

/** @typedef {[number, number]} Place  0..1 of the picture's width and height */

/** The pairs in a text like "1-2, 1-3". @param {string} text @returns {[number, number][]} */
export function pairsIn(text) {
  return [...text.matchAll(/(\d+)\s*-\s*(\d+)/g)].map(([, a, b]) => [Number(a), Number(b)]);
}

/** @param {[number, number][]} pairs */
export const written = (pairs) => pairs.map((pair) => pair.join("-")).join(", ");

/** The names in a text, one on a line. @param {string} text */
export const namesIn = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

/**
 * @param {HTMLTextAreaElement} names one on a line
 * @param {HTMLInputElement} skeleton pairs of numbers, which the clicks write and a person may too
 * @param {number[] | null} example x, y, visibility of an object of the class: the points are shown as it has them
 */
export function createSkeletonPicture(names, skeleton, example) {
  const lines = drawing("svg", { "aria-hidden": "true", preserveAspectRatio: "none", viewBox: "0 0 1 1" });
  const points = element("div", {});
  const words = element("p", { class: "ml-muted", role: "status" });
  const picture = element("div", { class: "ml-skeleton" }, lines, points);
  const root = element(
    "div",
    { role: "group", "aria-label": texts.classDialog.linesFromPointToPoint, class: "ml-field" },
    picture,
    words,
  );
  /** The point that was clicked first, from 1. @type {number | null} */
  let inHand = null;

  /** @param {number} point */
  function press(point) {
    if (inHand === null || inHand === point) inHand = inHand === null ? point : null;
    else {
      const from = inHand;
      const pairs = pairsIn(skeleton.value);
      const left = pairs.filter((pair) => !(pair.includes(from) && pair.includes(point)));
      skeleton.value = written(left.length < pairs.length ? left : [...pairs, [from, point]]);
      inHand = left.length < pairs.length ? null : point; // a chain goes on from here
    }
    update();
    /** @type {HTMLElement | undefined} */ (points.children[point - 1])?.focus();
  }

  function update() {
    const known = namesIn(names.value);
    if (inHand !== null && inHand > known.length) inHand = null;
    root.hidden = known.length < 2;
    const places = layout(known.length, example);
    lines.replaceChildren(
      ...pairsIn(skeleton.value)
        .filter((pair) => pair.every((point) => point >= 1 && point <= known.length))
        .map(([a, b]) => {
          const [x1, y1] = places[a - 1],
            [x2, y2] = places[b - 1];
          return drawing("line", { x1, y1, x2, y2, "vector-effect": "non-scaling-stroke" });
        }),
    );
    points.replaceChildren(
      ...known.map((name, index) => {
        const one = button(null, `${index + 1}: ${name}`, () => press(index + 1), {
          class: "ml-skeleton-point",
          "aria-label": `${index + 1}: ${name}`,
          "aria-pressed": inHand === index + 1,
        });
        one.append(String(index + 1));
        Object.assign(one.style, { left: `${100 * places[index][0]}%`, top: `${100 * places[index][1]}%` });
        return one;
      }),
    );
    words.textContent =
      inHand === null ? texts.classDialog.clickTwoPoints : texts.classDialog.clickTheOtherPoint(known[inHand - 1]);
  }

  names.addEventListener("input", update);
  skeleton.addEventListener("input", update);
  update();
  return root;
}

/** Where the points are shown: as an object has them, else around an ellipse. @param {number} count @param {number[] | null} example @returns {Place[]} */
function layout(count, example) {
  const around = Array.from({ length: count }, (_, i) => {
    const turn = (2 * Math.PI * i) / count - Math.PI / 2;
    return /** @type {Place} */ ([0.5 + 0.44 * Math.cos(turn), 0.5 + 0.4 * Math.sin(turn)]);
  });
  if (!example || example.length !== 3 * count) return around;
  const there = around.map((_, i) => i).filter((i) => example[3 * i + 2]);
  if (there.length < count) return around; // some would lie anywhere
  const xs = there.map((i) => example[3 * i]),
    ys = there.map((i) => example[3 * i + 1]);
  const fit = (/** @type {number} */ value, /** @type {number[]} */ all) =>
    0.08 + 0.84 * ((value - Math.min(...all)) / (Math.max(...all) - Math.min(...all) || 1));
  return there.map((i) => [fit(example[3 * i], xs), fit(example[3 * i + 1], ys)]);
}
