/** The images of the workspace, in gallery order: read page by page, kept current, never more than asked for drawn. */

import * as api from "../api.js";
import { counts } from "../document.js";
import { Emitter } from "../emitter.js";
import { everything, isActive, matches } from "./image_filter.js";

/** @typedef {import("../api.js").ImageRow} ImageRow */
/** @typedef {import("../document.js").ImageDocument} ImageDocument */
/** @typedef {{file_name: string, error: string}} UploadError */

const LATELY = 20; // rows that were written last
const BATCH_FILES = 8; // one request; a bad file never costs more than its batch
const BATCH_BYTES = 48 * 2 ** 20;

/** @extends {Emitter<import("../events.js").ImageEvents>} */
export class ImageList extends Emitter {
  constructor() {
    super();
    /** @type {ImageRow[]} */
    this.rows = [];
    /** Which of them are shown and walked through. */
    this.filter = everything();
    this.order = "id";
    this.loaded = false;
    this.reading = 0;
    /** How many images there were when all rows had been read; null until then. @type {number | null} */
    this.total = null;
  }

  /** @param {number} id */
  indexOf(id) {
    return this.rows.findIndex((row) => row.image_id === id);
  }

  /** @param {number} id */
  find(id) {
    return this.rows.find((row) => row.image_id === id) ?? null;
  }

  /** @param {Partial<import("./image_filter.js").ImageFilter>} fields */
  setFilter(fields) {
    this.filter = { ...this.filter, ...fields };
    this.emit("list");
  }

  get filtered() {
    return isActive(this.filter);
  }

  /** The rows that the filter lets through, and the one of `id`, which is being worked on. @param {number | null} [id] @returns {ImageRow[]} */
  shown(id = null) {
    return this.filtered ? this.rows.filter((row) => row.image_id === id || matches(row, this.filter)) : this.rows;
  }

  /** The next one before (-1) or after (1) an image that the filter lets through. @param {number} id @param {1 | -1} direction @returns {ImageRow | null} */
  neighbour(id, direction) {
    const at = this.indexOf(id);
    for (let next = at + direction; at >= 0 && next >= 0 && next < this.rows.length; next += direction)
      if (matches(this.rows[next], this.filter)) return this.rows[next];
    return null;
  }

  /**
   * Where one goes from an image that leaves, and others with it: to the next that the filter lets through, the one
   * before, or else to any. @param {number} id @param {Set<number>} [leaving] @returns {ImageRow | null}
   */
  beside(id, leaving = new Set([id])) {
    const at = this.indexOf(id);
    const round = [...this.rows.slice(at + 1), ...this.rows.slice(0, Math.max(0, at)).reverse()];
    const staying = round.filter(({ image_id }) => !leaving.has(image_id));
    return staying.find((row) => matches(row, this.filter)) ?? staying[0] ?? null;
  }

  /** Read all rows; resolves with the first page, the rest follows by itself. @returns {Promise<void>} */
  async read() {
    const reading = ++this.reading;
    this.total = null;
    let page = await api.listImages(null, this.order);
    if (reading !== this.reading) return;
    this.rows = page.images;
    this.loaded = true;
    this.emit("list");
    const rest = async () => {
      while (page.next_cursor !== null) {
        page = await api.listImages(page.next_cursor, this.order);
        if (reading !== this.reading) return;
        const known = new Set(this.rows.map((row) => row.image_id));
        this.rows = [...this.rows, ...page.images.filter((row) => !known.has(row.image_id))];
        this.emit("list");
      }
      this.total = page.total;
    };
    this.rest = rest().catch(() => {});
  }

  /** Take over what others have changed of late; the row of the open image goes by its document. @param {number} open @returns {Promise<void>} */
  async catchUp(open) {
    if (this.total === null) return; // all of it is being read anyway
    const reading = this.reading;
    const { images, total } = await api.listImages(null, "updated", LATELY);
    if (reading !== this.reading) return;
    const others = images.filter(({ image_id }) => image_id !== open);
    const differ = others.filter((row) => JSON.stringify(row) !== JSON.stringify(this.find(row.image_id)));
    if (total !== this.total || (others.length && differ.length === others.length && images.length === LATELY))
      return this.read(); // others came or went, or there may be more of them
    if (!differ.length) return;
    const now = new Map(differ.map((row) => [row.image_id, row]));
    this.rows = this.rows.map((row) => now.get(row.image_id) ?? row);
    this.emit("list");
  }

  /** Bring one row up to date with its document. @param {ImageDocument} document */
  note(document) {
    const row = this.find(document.image.image_id);
    if (!row) return;
    const counting = document.instances.filter(counts);
    const proposed = counting.filter((instance) => instance.status === "proposed").length;
    const now = { ...row.counts, instances: counting.length, proposed, accepted: counting.length - proposed };
    const { status, reviewed_by = null, changed = false, excluded = false, tags = [] } = document.image;
    const open = (document.notes ?? []).filter(({ done }) => !done);
    const returned = status !== "reviewed" && open.some((note) => note.returned);
    const categories = [...new Set(counting.map(({ category_id }) => category_id))].sort((a, b) => a - b);
    const said = { status, reviewed_by, changed, excluded, tags, notes: open.length, returned, categories };
    row.revision = document.revision; // nothing that a row says is another for that; the gallery asks when it opens
    const next = { ...row, ...said, counts: now };
    if (JSON.stringify(next) === JSON.stringify(row)) return;
    this.rows = this.rows.map((other) => (other === row ? next : other));
    this.emit("list");
  }

  /** The next image after `id` that is not reviewed, going round. @param {number | null} id @returns {ImageRow | null} */
  nextUnreviewed(id) {
    return this.nextWhere(id, (row) => row.status !== "reviewed");
  }

  /** The next image whose review waits for somebody else to accept it. @param {number} id @param {string} person who is asked @returns {ImageRow | null} */
  nextReviewedByAnother(id, person) {
    const waits = (/** @type {ImageRow} */ row) =>
      row.status === "reviewed" && Boolean(row.reviewed_by) && row.reviewed_by !== person;
    return this.nextWhere(id, waits);
  }

  /** @private @param {number | null} id @param {(row: ImageRow) => boolean} wanted @returns {ImageRow | null} */
  nextWhere(id, wanted) {
    const from = id === null ? -1 : this.indexOf(id);
    const round = [...this.rows.slice(from + 1), ...this.rows.slice(0, Math.max(0, from))];
    return round.find((row) => wanted(row) && matches(row, this.filter)) ?? null;
  }

  /**
   * Send files in small batches; a file that is refused does not keep back the others.
   * @param {File[]} files @returns {Promise<{added: number[], known: number[], errors: UploadError[], notes: string[]}>}
   */
  async upload(files) {
    /** @type {{added: number[], known: number[], errors: UploadError[], notes: string[]}} */
    const result = { added: [], known: [], errors: [], notes: [] };
    let done = 0;
    this.emit("upload", { done, total: files.length });
    for (const batch of batches(files)) {
      try {
        const answer = await api.uploadImages(batch);
        for (const image of answer.images) {
          (image.duplicate ? result.known : result.added).push(image.image_id);
          if (image.note) result.notes.push(`${image.file_name}: ${image.note}`);
        }
        result.errors.push(...answer.errors);
      } catch (error) {
        const line = error instanceof Error ? error.message : String(error);
        result.errors.push(...batch.map((file) => ({ file_name: file.name, error: `${file.name}: ${line}` })));
      }
      done += batch.length;
      this.emit("upload", { done, total: files.length });
      if (result.added.length) await this.read().catch(() => {});
    }
    return result;
  }

  /** Take in the photographs that come with the program. @returns {Promise<number[]>} */
  async takeSamples() {
    const { images } = await api.addSamples();
    await this.read();
    return images.map(({ image_id }) => image_id);
  }
}

/** @param {File[]} files @returns {File[][]} */
function batches(files) {
  /** @type {File[][]} */
  const result = [];
  let bytes = Infinity;
  for (const file of files) {
    const last = result[result.length - 1];
    if (!last || last.length >= BATCH_FILES || bytes + file.size > BATCH_BYTES) {
      result.push([file]);
      bytes = file.size;
    } else {
      last.push(file);
      bytes += file.size;
    }
  }
  return result;
}
