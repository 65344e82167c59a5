/** How far two people agree, the images where they agree least, and a view of where they differ. */

import * as api from "../../model/api.js";
import { lineOf } from "../../model/editor.js";
import { button, drawing, element } from "../../view/dom.js";
import { fileLink, number, standingBars, tableBehind } from "./plots.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/api.js").PeopleAgreement} PeopleAgreement */
/** @typedef {import("../../model/api.js").ImageDifferences} ImageDifferences */
/** @typedef {ImageDifferences["differences"][number]} Difference */
/** @typedef {(image: number, instance: number | null) => void} Show opens an image in the editor */

const AROUND = 0.6; // of an object's size, shown around it
const IOUS = [...[0.5, 0.6, 0.7, 0.8, 0.9].map((from) => `${number(from, 1)} –`), "1"];

/** @param {number | null} value a part of one */
const percent = (value) => (value === null ? "–" : `${number(100 * value)} %`);

/** @param {import("../../workbench.js").Workbench} bench @param {api.Statistics["pairs"]} pairs @param {Show} show */
export function createAgreement(bench, pairs, show) {
  const found = element("div", { "aria-live": "polite" });
  const choice = element(
    "select",
    { "aria-label": texts.statistics.twoPeople },
    ...pairs.map(({ people, images }, at) =>
      element("option", { value: at }, texts.statistics.pairOnImages(people.join(" – "), images)),
    ),
  );
  const file = fileLink(texts.statistics.agreement, "agreement.csv");
  const compare = async () => {
    const asked = choice.value;
    const { people } = pairs[Number(asked)];
    file.href = api.tableUrl("agreement", { first: people[0], second: people[1] });
    found.replaceChildren(element("p", {}, texts.statistics.comparing));
    const content = await api.agreement(people).then(
      (told) => [...summary(told), listOf(bench, told, show)],
      (error) => [element("p", { class: "ml-error", role: "alert" }, lineOf(error))],
    );
    if (choice.value === asked) found.replaceChildren(...content); // else two others were chosen meanwhile
  };
  choice.addEventListener("change", () => void compare());
  if (pairs.length) void compare();
  return element(
    "section",
    {},
    element("header", {}, element("h3", {}, texts.statistics.agreement), pairs.length ? file : null),
    element("p", { class: "ml-muted" }, texts.statistics.whatOneLeft),
    pairs.length ? choice : element("p", {}, texts.statistics.noTwoPeople),
    found,
  );
}

/** @param {PeopleAgreement} told @returns {Node[]} */
function summary(told) {
  const { matched, renamed, only_first, only_second, agreement, mean_iou, mean_oks, ious } = told;
  const facts = [
    [texts.statistics.agreement, percent(agreement)],
    [texts.statistics.meanIou, mean_iou === null ? "–" : number(mean_iou, 3)],
    ...(mean_oks === null ? [] : [[texts.statistics.meanOks, number(mean_oks, 3)]]),
    [texts.statistics.sameObjects, number(matched)],
    [texts.statistics.otherClass, number(renamed)],
    [texts.statistics.takenAway, number(only_first)],
    [texts.statistics.added, number(only_second)],
  ];
  const bars = ious.map((count, at) => ({ label: IOUS[at], parts: [count] }));
  return [
    element(
      "dl",
      { class: "ml-facts" },
      ...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
    ),
    standingBars(bars, [texts.statistics.objects], texts.statistics.objectsByIou),
    tableBehind(
      ["IoU", texts.statistics.objects],
      ious.map((count, at) => [IOUS[at], number(count)]),
    ),
  ];
}

/** The images, those with the least agreement first; each shows its differences. @param {import("../../workbench.js").Workbench} bench @param {PeopleAgreement} told @param {Show} show */
function listOf(bench, told, show) {
  const rows = told.images.map((row) => {
    const inside = element("div", {});
    const words = texts.statistics.imageAgreement(row.file_name, percent(row.agreement), row.first, row.second);
    const details = element("details", { class: "ml-differences" }, element("summary", {}, words), inside);
    details.addEventListener("toggle", async () => {
      if (!details.open || inside.childElementCount) return;
      try {
        inside.replaceChildren(viewOf(bench, await api.differences(row.image_id, told.people), show));
      } catch (error) {
        inside.replaceChildren(element("p", { class: "ml-error", role: "alert" }, lineOf(error)));
      }
    });
    return details;
  });
  return element("div", {}, element("h4", {}, texts.statistics.whereTheyDiffer), ...rows);
}

/** The picture with both outlines, and each difference in words. @param {import("../../workbench.js").Workbench} bench @param {ImageDifferences} told @param {Show} show */
function viewOf(bench, told, show) {
  const { image_id, width, height, first, second, differences } = told;
  const row = bench.images.find(image_id) ?? { image_id };
  const whole = `0 0 ${width} ${height}`;
  const outlines = differences.map((difference) =>
    drawing("g", {}, ...outline(difference.first, "first"), ...outline(difference.second, "second")),
  );
  const picture = drawing(
    "svg",
    { viewBox: whole, class: "ml-compared", role: "img", "aria-label": texts.statistics.bothOutlines(first, second) },
    drawing("image", { href: api.pictureUrl(row), width, height }),
    ...outlines,
  );
  /** @type {HTMLButtonElement[]} */
  const buttons = differences.map((difference, at) =>
    button(null, wordsOf(difference, first, second), () => look(at), {
      text: wordsOf(difference, first, second),
      class: "ml-small ml-quiet",
      "aria-pressed": false,
    }),
  );
  /** Look at one of them closely, or at all of them again. @param {number} at */
  const look = (at) => {
    const closer = buttons[at].getAttribute("aria-pressed") !== "true";
    buttons.forEach((one, index) => one.setAttribute("aria-pressed", String(closer && index === at)));
    outlines.forEach((one, index) => one.toggleAttribute("hidden", closer && index !== at));
    picture.setAttribute("viewBox", closer ? boxAround(differences[at], width, height) : whole);
  };
  const instance = differences.find((difference) => difference.second)?.second?.instance ?? null;
  return element(
    "div",
    { class: "ml-view-of-two" },
    picture,
    element(
      "div",
      {},
      element("p", { class: "ml-whose" }, swatch("first"), first, swatch("second"), second),
      differences.length
        ? element("ul", {}, ...buttons.map((one) => element("li", {}, one)))
        : element("p", {}, texts.statistics.noDifference),
      button("image", texts.statistics.openThisImage, () => show(image_id, instance), {
        text: texts.statistics.openThisImage,
        class: "ml-small",
      }),
    ),
  );
}

/** A line as the outlines of one of the two are drawn. @param {"first" | "second"} whose */
function swatch(whose) {
  return drawing("svg", { width: 26, height: 10 }, drawing("path", { d: "M1 5h24", class: `ml-outline-${whose}` }));
}

/** @param {Difference["first"]} side @param {"first" | "second"} whose */
function outline(side, whose) {
  const d = (side?.outline ?? [])
    .map((ring) => `M${ring.map((value, at) => `${at && at % 2 === 0 ? "L" : ""}${value}`).join(" ")}Z`)
    .join("");
  return d
    ? [drawing("path", { d, class: "ml-outline-halo" }), drawing("path", { d, class: `ml-outline-${whose}` })]
    : [];
}

/** @param {Difference} difference @param {number} width @param {number} height of the image */
function boxAround({ first, second }, width, height) {
  const rings = [...(first?.outline ?? []), ...(second?.outline ?? [])].flat();
  const xs = rings.filter((_, at) => at % 2 === 0);
  const ys = rings.filter((_, at) => at % 2);
  if (!xs.length) return `0 0 ${width} ${height}`;
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [wide, high] = [Math.max(...xs) - left || 1, Math.max(...ys) - top || 1];
  const margin = AROUND * Math.max(wide, high);
  return `${left - margin} ${top - margin} ${wide + 2 * margin} ${high + 2 * margin}`;
}

/** @param {Difference} difference @param {string} first @param {string} second names of the people */
function wordsOf(difference, first, second) {
  const before = difference.first?.category ?? "";
  const after = difference.second?.category ?? "";
  if (difference.kind === "only_first") return texts.statistics.onlyOneHas(before, first);
  if (difference.kind === "only_second") return texts.statistics.onlyOneHas(after, second);
  if (difference.kind === "class") return texts.statistics.renamedFromTo(before, after);
  const value = difference.kind === "keypoints" ? difference.oks : difference.iou;
  return `${after}: ${difference.kind === "keypoints" ? "OKS" : "IoU"} ${number(value ?? 0, 2)}`;
}
