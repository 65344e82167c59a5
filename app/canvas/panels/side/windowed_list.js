/** A scrolling list of equal rows in which only those in sight exist as elements, and only what changed is made anew. */

import { element } from "../../view/dom.js";

const SPARE = 8; // rows drawn beyond either edge
const LEAST = 24; // rows drawn where the list has no height yet

/** @typedef {{key: number | string, shown: unknown[], make: () => HTMLElement}} Row  made anew where a value of `shown` is another */

export class WindowedList {
  /** @param {HTMLUListElement} root the scrolling element, positioned @param {number} height of a row in CSS pixels */
  constructor(root, height) {
    this.root = root;
    this.height = height;
    this.space = element("li", { role: "presentation", class: "ml-windowed-space" });
    this.root.append(this.space);
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Map<Row["key"], {node: HTMLElement, shown: unknown[]}>} */
    this.nodes = new Map();
    /** The row that was brought into sight last, and the height that the list had. @type {Row["key"] | null} */
    this.revealed = null;
    this.seen = 0;
    root.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.resized()).observe(root);
  }

  /** @param {Row[]} rows */
  show(rows) {
    this.rows = rows;
    this.space.style.height = `${rows.length * this.height}px`;
    this.draw();
  }

  /** Scroll as little as brings a row into sight. @param {number} index */
  reveal(index) {
    const { root, height } = this;
    const top = index * height,
      seen = root.clientHeight;
    this.revealed = this.rows[index]?.key ?? null;
    if (index < 0 || !seen) return;
    this.seen = seen;
    if (top < root.scrollTop) root.scrollTop = top;
    else if (top + height > root.scrollTop + seen) root.scrollTop = top + height - seen;
    this.draw();
  }

  /** What comes to stand below the list takes its room: the row that was brought into sight is not to be covered. @private */
  resized() {
    const before = this.seen;
    this.seen = this.root.clientHeight;
    const index = this.revealed === null ? -1 : this.rows.findIndex(({ key }) => key === this.revealed);
    const top = index * this.height - this.root.scrollTop;
    if (index >= 0 && (!before || (top >= 0 && top + this.height <= before))) this.reveal(index);
    this.draw();
  }

  /** @private */
  draw() {
    const first = Math.max(0, Math.floor(this.root.scrollTop / this.height) - SPARE);
    const count = Math.max(LEAST, Math.ceil(this.root.clientHeight / this.height) + 2 * SPARE);
    const wanted = this.rows.slice(first, first + count);
    const keys = new Set(wanted.map(({ key }) => key));
    for (const [key, { node }] of this.nodes) {
      if (keys.has(key)) continue;
      node.remove();
      this.nodes.delete(key);
    }
    let after = /** @type {Element} */ (this.space);
    wanted.forEach(({ key, shown, make }, offset) => {
      let known = this.nodes.get(key);
      if (!known || shown.some((value, index) => value !== known?.shown[index])) {
        known?.node.remove();
        known = { node: make(), shown };
        this.nodes.set(key, known);
      }
      const { node } = known;
      node.style.top = `${(first + offset) * this.height}px`;
      if (after.nextElementSibling !== node) after.after(node); // the order is what a screen reader reads
      after = node;
      node.setAttribute("aria-posinset", String(first + offset + 1));
      node.setAttribute("aria-setsize", String(this.rows.length));
    });
  }
}
