/** A scrolling field of equal tiles, of which only those in sight exist as elements. */

import { element } from "../../view/dom.js";

/** @typedef {import("../../model/api.js").ImageRow} ImageRow */

const SPARE = 2; // rows or columns drawn beyond the edges

/**
 * A scrolling field of equal tiles.
 * @param {{tile: {width: number, height: number}, horizontal: boolean, label: string, make: (row: ImageRow, at: number, total: number) => HTMLElement}} options
 */
export function createTiles({ tile, horizontal, label, make }) {
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
  /** @type {Map<number, {node: HTMLElement, row: ImageRow, revision: number | undefined, at: number}>} */
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
      const row = rows[at];
      if (!known || known.row !== row || known.revision !== row.revision || known.at !== at) {
        known?.node.remove();
        known = { node: make(row, at, rows.length), row, revision: row.revision, at };
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
    /** Make every tile anew: what they show beside their rows has changed. */
    renew() {
      const focused = [...nodes].find(([, { node }]) => node === document.activeElement)?.[0];
      nodes.forEach(({ node }) => node.remove());
      nodes.clear();
      draw();
      if (focused !== undefined) nodes.get(focused)?.node.focus({ preventScroll: true });
    },
    reveal() {
      const at = rows.findIndex((row) => row.image_id === current);
      if (at >= 0) reveal(at);
    },
  };
}
