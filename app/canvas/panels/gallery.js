/** Thumbnails: a strip under the canvas and a grid over it. Only those in sight exist as elements. */

import { openTrash } from "./trash.js";
import { createPeopleFilter } from "./people_filter.js";
import { thumbnailUrl } from "../model/api.js";
import { button, element } from "../view/dom.js";

/** @typedef {import("../model/api.js").ImageRow} ImageRow */

/** @type {{[status: string]: {word: string, mark: string}}} */
export const STATUS = {
  todo: { word: "To do", mark: "○" },
  in_progress: { word: "In progress", mark: "◐" },
  reviewed: { word: "Reviewed", mark: "✓" },
};
const SPARE = 2; // rows or columns drawn beyond the edges

/**
 * A scrolling field of equal tiles.
 * @param {{tile: {width: number, height: number}, horizontal: boolean, label: string, onOpen: (row: ImageRow) => void}} options
 */
function createTiles({ tile, horizontal, label, onOpen }) {
  const field = element("div", { class: "ml-tiles-field" });
  const root = element(
    "div",
    { class: `ml-tiles ${horizontal ? "ml-tiles-strip" : "ml-tiles-grid"}`, role: "listbox", "aria-label": label },
    field,
  );
  /** @type {ImageRow[]} */
  let rows = [];
  /** @type {number | null} */
  let current = null;
  /** @type {Map<number, {node: HTMLElement, row: ImageRow, at: number}>} */
  const nodes = new Map();

  const columns = () =>
    horizontal ? Math.max(1, rows.length) : Math.max(1, Math.floor(root.clientWidth / tile.width));

  function layout() {
    const across = columns();
    field.style.width = horizontal ? `${rows.length * tile.width}px` : "100%";
    field.style.height = horizontal ? "100%" : `${Math.ceil(rows.length / across) * tile.height}px`;
    draw();
  }

  function draw() {
    if (!root.clientWidth || !root.clientHeight) return;
    const across = columns();
    const first = horizontal
      ? Math.floor(root.scrollLeft / tile.width) - SPARE
      : (Math.floor(root.scrollTop / tile.height) - SPARE) * across;
    const count = horizontal
      ? Math.ceil(root.clientWidth / tile.width) + 2 * SPARE
      : (Math.ceil(root.clientHeight / tile.height) + 2 * SPARE) * across;
    const wanted = new Map();
    for (let at = Math.max(0, first); at < Math.min(rows.length, first + count); at++)
      wanted.set(rows[at].image_id, at);
    for (const [id, { node }] of nodes) {
      if (wanted.has(id)) continue;
      node.remove();
      nodes.delete(id);
    }
    for (const [id, at] of wanted) {
      let known = nodes.get(id);
      if (!known || known.row !== rows[at] || known.at !== at) {
        known?.node.remove();
        known = { node: makeTile(rows[at], at, rows.length, () => onOpen(rows[at])), row: rows[at], at };
        nodes.set(id, known);
        field.append(known.node);
        const x = horizontal ? at * tile.width : (at % across) * tile.width;
        const y = horizontal ? 0 : Math.floor(at / across) * tile.height;
        known.node.style.transform = `translate(${x}px, ${y}px)`;
      }
      known.node.setAttribute("aria-selected", String(id === current));
      known.node.tabIndex = id === current || (at === 0 && !rows.some((row) => row.image_id === current)) ? 0 : -1;
    }
  }

  /** Arrow keys go from tile to tile; Tab leaves them. @param {KeyboardEvent} event */
  function walk(event) {
    const tileNode = event.target instanceof Element ? event.target.closest(".ml-tile") : null;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns() }[event.key];
    const from = [...nodes.values()].find(({ node }) => node === tileNode)?.at;
    if (from === undefined || !step || (horizontal && Math.abs(step) !== 1)) return;
    event.preventDefault();
    const at = Math.min(rows.length - 1, Math.max(0, from + step));
    reveal(at);
    nodes.get(rows[at].image_id)?.node.focus({ preventScroll: true });
  }

  /** @param {number} at */
  function reveal(at) {
    if (horizontal) {
      const left = at * tile.width;
      if (left < root.scrollLeft || left + tile.width > root.scrollLeft + root.clientWidth)
        root.scrollLeft = left - (root.clientWidth - tile.width) / 2;
    } else {
      const top = Math.floor(at / columns()) * tile.height;
      if (top < root.scrollTop || top + tile.height > root.scrollTop + root.clientHeight)
        root.scrollTop = top - (root.clientHeight - tile.height) / 2;
    }
    draw();
  }

  root.addEventListener("scroll", draw, { passive: true });
  root.addEventListener("keydown", walk);
  if (horizontal) {
    root.addEventListener(
      "wheel",
      (event) => {
        if (event.deltaX) return;
        root.scrollLeft += event.deltaY;
        event.preventDefault();
      },
      { passive: false },
    );
  }
  let across = 0;
  new ResizeObserver(() => {
    if (columns() !== across) (nodes.forEach(({ node }) => node.remove()), nodes.clear());
    across = columns();
    layout();
  }).observe(root);

  return {
    root,
    /** @param {ImageRow[]} newRows @param {number | null} id */
    show(newRows, id) {
      const moved = id !== current;
      rows = newRows;
      current = id;
      layout();
      if (moved) this.reveal();
    },
    reveal() {
      const at = rows.findIndex((row) => row.image_id === current);
      if (at >= 0) reveal(at);
    },
  };
}

/** @param {ImageRow} row @param {number} at @param {number} total @param {() => void} onclick */
function makeTile(row, at, total, onclick) {
  const { word, mark } = STATUS[row.status];
  const instances = row.counts?.instances ?? 0,
    proposed = row.counts?.proposed ?? 0;
  const by = row.reviewed_by ? ` by ${row.reviewed_by}` : "";
  const words = `${word}${by}; ${instances - proposed} accepted, ${proposed} proposed`;
  const people = row.people?.length ? `\nWorked on by ${row.people.join(", ")}` : "";
  const picture = element("img", {
    src: thumbnailUrl(row.image_id),
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
      title: `${at + 1} of ${total}: ${row.file_name}\n${words}${people}`,
      "aria-label": `${row.file_name}, ${words}`,
      onclick,
    },
    picture,
    element("span", { class: "ml-tile-mark", "aria-hidden": "true" }, mark),
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

/** @param {import("../workbench.js").Workbench} bench */
export function createStrip(bench) {
  const tiles = createTiles({
    tile: { width: 96, height: 64 },
    horizontal: true,
    label: "Images",
    onOpen: (row) => void bench.open(row.image_id),
  });
  const update = () => {
    tiles.root.hidden = bench.images.rows.length < 1;
    tiles.show(bench.images.rows, bench.editor.image?.image_id ?? null);
  };
  bench.images.on("list", update);
  bench.editor.on("open", update);
  update();
  return tiles.root;
}

/** The whole workspace, over the canvas. @param {import("../workbench.js").Workbench} bench */
export function createGrid(bench) {
  let status = "";
  const search = element("input", {
    type: "search",
    class: "ml-search",
    placeholder: "File name",
    "aria-label": "Show only file names with",
  });
  const order = element(
    "select",
    { "aria-label": "Order" },
    ...[
      ["id", "As added"],
      ["newest", "Newest first"],
      ["file_name", "By name"],
      ["uncertainty", "Least sure first"],
      ["updated", "Last changed first"],
    ].map(([value, words]) => element("option", { value }, words)),
  );
  const filters = element("div", { class: "ml-filters", role: "group", "aria-label": "Show images by status" });
  const summary = element("span", { class: "ml-muted" });
  const everywhere = button(
    "find",
    "Run the model on every image that nobody has worked on",
    () => {
      if (bench.assistant.waiting) bench.assistant.stop();
      else void bench.assistant.findEverywhere();
    },
    { text: "Find objects", class: "ml-small" },
  );
  const people = createPeopleFilter(() => update());
  const trash = button("trash", "Images that were removed", () => void openTrash(bench), {
    text: "Trash",
    class: "ml-small",
  });
  const tiles = createTiles({
    tile: { width: 172, height: 158 },
    horizontal: false,
    label: "All images",
    onOpen: (row) => {
      bench.showGallery(false);
      void bench.open(row.image_id);
    },
  });
  const root = element(
    "section",
    { class: "ml-grid", hidden: true, "aria-label": "All images" },
    element(
      "header",
      {},
      filters,
      everywhere,
      element("span", { class: "ml-spacer" }),
      summary,
      people.root,
      order,
      search,
      trash,
      button("close", "Back to the canvas", () => bench.showGallery(false), { class: "ml-quiet", keys: "G" }),
    ),
    tiles.root,
  );

  function update() {
    root.hidden = !bench.galleryShown;
    if (root.hidden) return;
    const { rows } = bench.images;
    people.update(rows);
    trash.hidden = !bench.signedIn.may("GET /api/trash");
    const counts = /** @type {{[status: string]: number}} */ ({
      "": rows.length,
      todo: 0,
      in_progress: 0,
      reviewed: 0,
    });
    for (const row of rows) counts[row.status] += 1;
    filters.replaceChildren(
      ...["", "todo", "in_progress", "reviewed"].map((value) => {
        const words = value ? `${STATUS[value].mark} ${STATUS[value].word}` : "All";
        return button(
          null,
          words,
          () => {
            status = value;
            update();
          },
          { class: "ml-small", text: `${words} ${counts[value]}`, "aria-pressed": status === value },
        );
      }),
    );
    const waiting = bench.assistant.waiting;
    const untouched = rows.filter((row) => row.status === "todo" && !row.counts?.instances).length;
    everywhere
      .querySelector("span")
      ?.replaceChildren(waiting ? `Stop (${waiting} left)` : `Find objects (${untouched})`);
    everywhere.hidden = !waiting && !untouched;
    const part = search.value.trim().toLowerCase();
    const shown = rows.filter(
      (row) =>
        (!status || row.status === status) &&
        people.shows(row) &&
        (!part || row.file_name.toLowerCase().includes(part)),
    );
    summary.textContent = shown.length === rows.length ? "" : `${shown.length} shown`;
    tiles.show(shown, bench.editor.image?.image_id ?? null);
  }

  search.addEventListener("input", update);
  order.addEventListener("change", () => {
    bench.images.order = order.value;
    void bench.images.read();
  });
  bench.images.on("list", update);
  bench.assistant.on("working", update);
  bench.editor.on("open", update);
  bench.editor.on("gallery", () => {
    update();
    if (!root.hidden) tiles.reveal();
  });
  return root;
}
