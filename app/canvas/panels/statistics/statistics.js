/** What the workspace holds in numbers: classes, sizes, reviews, people, and how far two people agree. */

import * as api from "../../model/api.js";
import { lineOf } from "../../model/editor.js";
import { element } from "../../view/dom.js";
import { openDialog } from "../dialogs/dialogs.js";
import { createAgreement } from "./agreement.js";
import { fileLink, legend, lyingBars, number, standingBars, tableBehind } from "./plots.js";
import { language, texts } from "../../messages/texts.js";

/** @typedef {import("../../model/api.js").Statistics} Statistics */

const MOST_CLASSES = 25; // bars; the table and the CSV have all
const MOST_DAYS = 14;

/** @param {import("../../workbench.js").Workbench} bench */
export async function openStatistics(bench) {
  const body = element("div", { class: "ml-statistics" }, element("p", { role: "status" }, texts.statistics.counting));
  const dialog = openDialog(bench.root, { title: texts.statistics.statistics, content: [body], wide: true });
  try {
    await bench.editor.outbox.flush();
    const told = await api.statistics();
    if (!dialog.open) return; // closed meanwhile: two people's work is not compared for nobody
    const show = (/** @type {number} */ image, /** @type {number | null} */ instance) => {
      dialog.close();
      bench.showGallery(false);
      void bench.open(image).then(() => instance !== null && bench.editor.select(instance));
    };
    body.replaceChildren(
      overview(told),
      ofClasses(told),
      ofSizes(told),
      ofReviews(told),
      ofPeople(told),
      createAgreement(bench, told.pairs, show),
    );
  } catch (error) {
    body.replaceChildren(element("p", { class: "ml-error", role: "alert" }, lineOf(error)));
  }
}

/** @param {string} title @param {string} hint @param {string} table of the server, for the file @param {...(Node | null)} content */
function section(title, hint, table, ...content) {
  const file = fileLink(title, `${table}.csv`, api.tableUrl(table));
  return element(
    "section",
    {},
    element("header", {}, element("h3", {}, title), file),
    element("p", { class: "ml-muted" }, hint),
    ...content.filter((one) => one !== null),
  );
}

/** What a plot does not show. @param {number} count */
const leftOut = (count) =>
  count > 0 ? element("p", { class: "ml-muted" }, texts.statistics.moreInTheTable(count)) : null;

/** @param {Statistics} told */
function overview({ images, classes }) {
  const objects = classes.reduce((sum, one) => sum + one.objects, 0);
  const words = texts.statistics.overview(
    number(images.total),
    number(images.reviewed),
    number(images.in_progress),
    number(images.todo),
  );
  return element("p", {}, `${words} ${texts.statistics.objectsOfClasses(number(objects), number(classes.length))}`);
}

/** @param {Statistics} told */
function ofClasses({ classes }) {
  const names = [texts.statistics.drawn, texts.statistics.corrected, texts.statistics.confirmed];
  const bars = classes
    .slice(0, MOST_CLASSES)
    .map((one) => ({ label: one.name, parts: [one.drawn, one.corrected, one.confirmed] }));
  const rows = classes.map((one) =>
    [one.objects, one.drawn, one.corrected, one.confirmed, one.proposed, one.images].map((value) => number(value)),
  );
  return section(
    texts.statistics.objectsAClass,
    texts.statistics.whereAcceptedObjectsCome,
    "classes",
    bars.length ? legend(names) : element("p", {}, texts.statistics.nothingYet),
    bars.length ? lyingBars(bars, names, texts.statistics.objectsAClass) : null,
    leftOut(classes.length - bars.length),
    tableBehind(
      [
        texts.statistics.classWord,
        texts.statistics.objects,
        ...names,
        texts.statistics.proposed,
        texts.statistics.images,
      ],
      classes.map((one, at) => [one.name, ...rows[at]]),
    ),
  );
}

/** @param {Statistics} told */
function ofSizes({ classes, sizes }) {
  const choice = element(
    "select",
    { "aria-label": texts.statistics.classWord },
    element("option", { value: "" }, texts.statistics.allClasses),
    ...classes.map((one) => element("option", { value: one.category_id }, one.name)),
  );
  const picture = element("div", {});
  const draw = () => {
    const chosen = classes.filter((one) => !choice.value || String(one.category_id) === choice.value);
    const bars = sizes.map((label, at) => ({ label, parts: [chosen.reduce((sum, one) => sum + one.sizes[at], 0)] }));
    picture.replaceChildren(standingBars(bars, [texts.statistics.objects], texts.statistics.sizes));
  };
  choice.addEventListener("change", draw);
  draw();
  return section(
    texts.statistics.sizes,
    texts.statistics.sideOfASquare,
    "sizes",
    choice,
    picture,
    tableBehind(
      [texts.statistics.classWord, ...sizes],
      classes.map((one) => [one.name, ...one.sizes.map((value) => number(value))]),
    ),
  );
}

/** @param {Statistics} told */
function ofReviews({ reviews }) {
  const names = [...new Set(reviews.map(({ person }) => person ?? texts.statistics.nobody))];
  const days = [...new Set(reviews.map(({ day }) => day))];
  const date = (/** @type {string} */ day) =>
    new Date(`${day}T12:00`).toLocaleDateString(language, { day: "numeric", month: "short" });
  const bars = days.slice(-MOST_DAYS).map((day) => ({
    label: date(day),
    parts: names.map((name) =>
      reviews
        .filter((one) => one.day === day && (one.person ?? texts.statistics.nobody) === name)
        .reduce((sum, one) => sum + one.images, 0),
    ),
  }));
  return section(
    texts.statistics.reviewedADay,
    texts.statistics.imagesThatStandReviewed,
    "reviews",
    bars.length ? legend(names) : element("p", {}, texts.statistics.nothingYet),
    bars.length ? standingBars(bars, names, texts.statistics.reviewedADay) : null,
    leftOut(days.length - bars.length),
    tableBehind(
      [texts.statistics.day, texts.statistics.person, texts.statistics.images],
      reviews.map((one) => [date(one.day), one.person ?? texts.statistics.nobody, number(one.images)]),
    ),
  );
}

/** @param {Statistics} told */
function ofPeople({ people }) {
  const title = texts.statistics.actionsAnObject;
  const measured = people.filter((one) => one.actions_an_object !== null);
  const bars = measured.map((one) => ({ label: one.person, parts: [one.actions_an_object ?? 0] }));
  return section(
    title,
    texts.statistics.editsOverObjects,
    "people",
    bars.length ? lyingBars(bars, [title], title, 1) : element("p", {}, texts.statistics.nothingYet),
    tableBehind(
      [texts.statistics.person, texts.statistics.objects, texts.statistics.reviewed, texts.statistics.actions, title],
      people.map((one) => [
        one.person,
        number(one.objects),
        number(one.reviewed),
        number(one.actions),
        one.actions_an_object === null ? "–" : number(one.actions_an_object, 1),
      ]),
    ),
  );
}
