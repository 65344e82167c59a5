/** Thumbnails: a strip under the canvas and a grid over it. */

import { createImageFilters } from "./image_filters.js";
import { createManyImages } from "./many_images.js";
import { createTiles } from "./tiles.js";
import { openTrash } from "./trash.js";
import { annotatedThumbnailUrl, thumbnailUrl } from "../../model/api.js";
import { button, element } from "../../view/dom.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/api.js").ImageRow} ImageRow */

/** @type {{[status: string]: {word: string, mark: string}}} */
export const STATUS = {
  todo: { word: texts.gallery.toDo, mark: "○" },
  in_progress: { word: texts.gallery.inProgress, mark: "◐" },
  reviewed: { word: texts.gallery.reviewed, mark: "✓" },
};

/** @param {ImageRow} row @param {number} at @param {number} total @param {string} src @param {(event: MouseEvent) => void} onclick */
function makeTile(row, at, total, src, onclick) {
  const { word, mark } = STATUS[row.status];
  const instances = row.counts?.instances ?? 0,
    proposed = row.counts?.proposed ?? 0;
  const marks = [
    row.changed ? texts.gallery.changedSinceReview : "",
    row.returned ? texts.gallery.returned : "",
    row.notes ? texts.gallery.openNotes(row.notes) : "",
    row.excluded ? texts.gallery.keptOutOfTraining : "",
    row.tags?.length ? texts.gallery.tags(row.tags.join(", ")) : "",
  ].filter(Boolean);
  const by = row.reviewed_by ? texts.gallery.byReviewer(row.reviewed_by) : "";
  const words = [texts.gallery.acceptedProposed(word, by, instances - proposed, proposed), ...marks].join("; ");
  const people = row.people?.length ? texts.gallery.workedOnBy(row.people.join(", ")) : "";
  const picture = element("img", {
    src,
    alt: "",
    loading: "lazy",
    decoding: "async",
    draggable: "false",
  });
  return element(
    "button",
    {
      type: "button",
      class: `ml-tile ml-status-${row.status}`,
      role: "option",
      "data-image": row.image_id,
      title: texts.gallery.position(at + 1, total, row.file_name, words, people),
      onclick,
    },
    picture,
    element("span", { class: "ml-unseen" }, `${row.file_name}, ${words}`),
    element("span", { class: "ml-tile-mark", "aria-hidden": "true" }, row.returned ? "↩" : row.changed ? "✓*" : mark),
    row.notes || row.excluded
      ? element(
          "span",
          { class: "ml-tile-said", "aria-hidden": "true" },
          `${row.notes ? "✎" : ""}${row.excluded ? "⊘" : ""}`,
        )
      : null,
    instances
      ? element(
          "span",
          { class: "ml-tile-count", "aria-hidden": "true" },
          instances > proposed ? element("b", {}, String(instances - proposed)) : null,
          proposed ? element("i", {}, String(proposed)) : null,
        )
      : null,
    element("span", { class: "ml-tile-name", "aria-hidden": "true" }, row.file_name),
  );
}

/** @param {import("../../workbench.js").Workbench} bench */
export function createStrip(bench) {
  const tiles = createTiles({
    tile: { width: 96, height: 64 },
    horizontal: true,
    label: texts.gallery.images,
    make: (row, at, total) => makeTile(row, at, total, thumbnailUrl(row.image_id), () => void bench.open(row.image_id)),
  });
  const update = () => {
    const id = bench.editor.image?.image_id ?? null;
    tiles.root.hidden = bench.images.rows.length < 1;
    tiles.show(bench.images.shown(id), id);
  };
  bench.images.on("list", update);
  bench.editor.on("open", update);
  update();
  return tiles.root;
}

/** The whole workspace, over the canvas. @param {import("../../workbench.js").Workbench} bench */
export function createGrid(bench) {
  const filters = createImageFilters(bench);
  const many = createManyImages(bench, () => tiles.renew());
  const order = element(
    "select",
    { "aria-label": texts.gallery.order },
    ...[
      ["id", texts.gallery.asAdded],
      ["newest", texts.gallery.newestFirst],
      ["file_name", texts.gallery.byName],
      ["uncertainty", texts.gallery.leastSureFirst],
      ["updated", texts.gallery.lastChangedFirst],
    ].map(([value, words]) => element("option", { value }, words)),
  );
  const summary = element("span", { class: "ml-muted" });
  const everywhere = button(
    "find",
    texts.gallery.runTheModelOnEvery,
    () => {
      if (bench.assistant.waiting) bench.assistant.stop();
      else void bench.assistant.findEverywhere();
    },
    { text: texts.gallery.findObjects, class: "ml-small" },
  );
  const trash = button("trash", texts.gallery.imagesThatWereRemoved, () => void openTrash(bench), {
    text: texts.gallery.trash,
    class: "ml-small",
  });
  const tiles = createTiles({
    tile: { width: 172, height: 158 },
    horizontal: false,
    label: texts.gallery.allImages,
    make: (row, at, total) => {
      const node = makeTile(row, at, total, annotatedThumbnailUrl(row), (event) => {
        const mark = event.target instanceof Element && event.target.closest(".ml-tile-choose");
        if (mark) return many.toggle(row);
        if (many.clicked(row, event)) return;
        bench.showGallery(false);
        void bench.open(row.image_id);
      });
      const chosen = many.has(row.image_id);
      node.append(element("span", { class: "ml-tile-choose", "aria-hidden": "true" }, chosen ? "✓" : ""));
      node.classList.toggle("ml-tile-chosen", chosen);
      if (chosen) node.append(element("span", { class: "ml-unseen" }, texts.gallery.chosen));
      node.addEventListener("keydown", (event) => {
        if (event.key.toLowerCase() !== "x" || event.ctrlKey || event.metaKey) return;
        event.stopPropagation();
        many.toggle(row);
      });
      return node;
    },
  });
  const root = element(
    "section",
    { class: "ml-grid", hidden: true, "aria-label": texts.gallery.allImages },
    element(
      "header",
      {},
      filters.status,
      everywhere,
      element("span", { class: "ml-spacer" }),
      order,
      trash,
      element("div", { class: "ml-image-filters" }, ...filters.parts, summary),
      button("close", texts.gallery.backToTheCanvas, () => bench.showGallery(false), { class: "ml-quiet", keys: "G" }),
    ),
    many.root,
    tiles.root,
  );

  function update() {
    root.hidden = !bench.galleryShown;
    if (root.hidden) return;
    const { rows } = bench.images;
    trash.hidden = !bench.signedIn.may("GET /api/trash");
    filters.update(STATUS);
    many.show();
    const waiting = bench.assistant.waiting;
    const untouched = rows.filter((row) => row.status === "todo" && !row.counts?.instances).length;
    everywhere
      .querySelector("span")
      ?.replaceChildren(waiting ? texts.gallery.stopLeft(waiting) : texts.gallery.findObjectsOn(untouched));
    everywhere.hidden = !waiting && !untouched;
    const shown = bench.images.shown();
    summary.textContent = shown.length === rows.length ? "" : texts.gallery.countShown(shown.length);
    tiles.show(shown, bench.editor.image?.image_id ?? null);
  }

  order.addEventListener("change", () => {
    bench.images.order = order.value;
    void bench.images.read();
  });
  bench.images.on("list", update);
  bench.assistant.on("working", update);
  bench.editor.on(["open", "document"], update);
  bench.editor.on("gallery", () => {
    update();
    if (!root.hidden) tiles.reveal();
  });
  return root;
}
