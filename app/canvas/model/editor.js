/**
 * What the person is working on: the open document, the selection, the filter, and the edits. Tools, list and canvas
 * all read from here and change things only through its methods.
 * Its events are in events.js.
 */

import * as api from "./api.js";
import { takeConflict, takeRefusal, takeSaved } from "./sending/answers.js";
import { applied, completeKeypoints, edited, findInstance, withInstance, withoutInstance } from "./document.js";
import { EditorState } from "./editor_state.js";
import { Outbox } from "./sending/outbox.js";
import { browserStorage, remember, remembered } from "./preferences.js";
import { LeftBehind } from "./several/left_behind.js";
import { proposalsOf } from "./several/same_object.js";
import { travel } from "./travel.js";

/** @typedef {import("./document.js").ImageDocument} ImageDocument */
/** @typedef {import("./document.js").Instance} Instance */
/** @typedef {import("./document.js").Fields} Fields */
/** @typedef {{text: string, lines?: string[], kind?: "info" | "error" | "success", actions?: {label: string, run: () => void}[], untilAnswered?: boolean, topic?: string}} Notice  `untilAnswered`: true only until the server answers again; `topic`: of one topic only the last is shown */

export class Editor extends EditorState {
  constructor() {
    super();
    /** Words for what the server is asked at the moment. @type {Set<string>} */
    this.busy = new Set();
    this.lastTemporaryId = -Date.now();
    this.leftBehind = new LeftBehind();
    this.outbox = new Outbox(
      {
        onState: () => this.emit("save"),
        onSaved: (edit, saved) => takeSaved(this, edit, saved),
        onConflict: (edit, mine, current) => takeConflict(this, edit, mine, current),
        onRefused: (edit, line) => takeRefusal(this, edit, line),
      },
      browserStorage(),
    );
  }

  // -- documents ------------------------------------------------------------------------------

  /** The newest document with the unsent edits on top. @param {number} image @returns {Promise<ImageDocument>} */
  async load(image) {
    for (;;) {
      const before = this.outbox.savedCount;
      const document = await api.getDocument(image);
      if (this.outbox.savedCount !== before) continue; // an edit arrived while this was read
      return this.withUnsent(document);
    }
  }

  /** @param {ImageDocument} document as the server has it */
  withUnsent(document) {
    return this.outbox.pending(document.image.image_id).reduce(applied, document);
  }

  /** Show another image. @param {ImageDocument} document */
  open(document) {
    if (this.image) this.leftBehind.note(this.image.image_id, this.proposalsSeen(this.image.image_id));
    this.document = document;
    this.selection = new Set();
    this.selectedId = this.hoveredId = this.activeKeypoint = this.draft = null;
    this.hidden = new Set(remembered(`hidden.${document.image.image_id}`, []));
    this.locked = new Set(remembered(`locked.${document.image.image_id}`, []));
    this.emit("open");
    this.emit("document");
    this.emit("selection");
  }

  /** The same image, changed. @param {ImageDocument} document */
  replace(document) {
    if (document.image.image_id !== this.image?.image_id) return;
    this.document = document;
    this.keepSelected(({ id }) => this.selection.has(id));
    if (this.draft && !findInstance(document, this.draft.id)) this.draft = null;
    this.emit("document");
  }

  /** The same objects, with what the server says of them. @param {ImageDocument} document */
  setDocument(document) {
    this.document = document;
    this.emit("document");
  }

  /** The server has numbered an instance. @param {number} from @param {number} to */
  renumber(from, to) {
    if (this.draft?.id === from) this.draft = { ...this.draft, id: to };
    for (const flag of /** @type {const} */ (["hidden", "locked"])) {
      if (!this[flag].delete(from)) continue;
      this[flag].add(to);
      this.keepFlag(flag);
    }
    if (this.hoveredId === from) this.hoveredId = to;
    if (this.selectedId === from) this.selectedId = to;
    if (this.selection.has(from)) this.selection = new Set([...this.selection].map((id) => (id === from ? to : id)));
    this.emit("renumber", { from, to });
  }

  async reload() {
    const image = this.image?.image_id;
    if (image === undefined) return;
    this.replace(await this.load(image));
  }

  /** Take over classes that were made elsewhere. */
  async readCategories() {
    const { categories } = await api.listCategories();
    if (this.document) this.replace({ ...this.document, categories });
  }

  // -- edits ----------------------------------------------------------------------------------

  /** @param {number} id @param {Fields} fields @returns {boolean} false where the instance is locked or gone */
  change(id, fields) {
    const instance = this.document && findInstance(this.document, id);
    if (!this.document || !instance || this.locked.has(id)) return false;
    this.draft = null;
    this.document = withInstance(this.document, id, edited(instance, fields));
    this.emit("document");
    this.outbox.push({ kind: "update", image: this.document.image.image_id, id, base: instance.revision, fields });
    return true;
  }

  /**
   * Add an object, to the open image or to the one that was open when it was asked for.
   * @param {Fields & {category_id: number}} fields @param {number} [image] @returns {number} its id until the server numbers it
   */
  create(fields, image = this.image?.image_id ?? 0) {
    const id = --this.lastTemporaryId;
    const edit = { kind: /** @type {const} */ ("create"), image, id, base: 0, fields };
    if (this.document && this.document.image.image_id === image) {
      this.document = applied(this.document, edit);
      this.emit("document");
    }
    this.outbox.push(edit);
    return id;
  }

  /**
   * Add an object that a person has drawn. Proposals of the same object go first: an undo takes the object back, the
   * next one brings them back.
   * @param {Fields & {category_id: number}} fields @param {number} [image] as for `create` @returns {number}
   */
  draw(fields, image = this.image?.image_id ?? 0) {
    const gone = this.makeWay(fields, image);
    const id = this.create(fields, image);
    if (image === this.image?.image_id) this.emit("madeway", gone);
    return id;
  }

  /** The proposals of an image that are seen and not locked, or were when it was left. @param {number} image @returns {Instance[]} */
  proposalsSeen(image) {
    if (image !== this.image?.image_id) return this.leftBehind.of(image);
    return this.visibleInstances().filter(({ id, status }) => status === "proposed" && !this.locked.has(id));
  }

  /**
   * Take away the proposals that are seen of an object that is drawn, but for one that becomes it.
   * @param {Fields & {category_id: number}} drawn @param {number} image @param {number | null} [but] @returns {number} how many went
   */
  makeWay({ category_id, segmentation, bbox }, image, but = null) {
    const others = this.proposalsSeen(image).filter(({ id }) => id !== but);
    const shape = { segmentation: segmentation ?? [], bbox: bbox ?? [0, 0, 0, 0] };
    const gone = proposalsOf({ category_id, ...shape }, others);
    if (image !== this.image?.image_id)
      for (const { id, revision } of gone) {
        this.outbox.push({ kind: "delete", image, id, base: revision, fields: {} });
        this.leftBehind.drop(image, id);
      }
    else if (gone.length === 1) this.remove(gone[0].id);
    else this.changeMany({ delete: gone.map(({ id }) => id) });
    return gone.length;
  }

  /** Change an object of an image that has been left. @param {number} image @param {Instance} instance as it was seen there @param {Fields} fields */
  changeLeft(image, { id, revision }, fields) {
    this.outbox.push({ kind: "update", image, id, base: revision, fields });
    this.leftBehind.drop(image, id);
    return true;
  }

  /** @param {number} id */
  remove(id) {
    const instance = this.document && findInstance(this.document, id);
    if (!this.document || !instance || this.locked.has(id)) return;
    this.document = withoutInstance(this.document, id);
    this.keepSelected((instance) => instance.id !== id);
    if (this.draft?.id === id) this.draft = null;
    this.emit("document");
    this.outbox.push({ kind: "delete", image: this.document.image.image_id, id, base: instance.revision, fields: {} });
  }

  /**
   * Many edits in one, which undo takes back as one. What is locked is left out.
   * @param {{create?: (Fields & {category_id: number})[], update?: {id: number, fields: Fields}[], delete?: number[]}} edits
   * @returns {number[]} the ids of what was made, until the server numbers it
   */
  changeMany({ create = [], update = [], delete: gone = [] }) {
    const document = this.document;
    if (!document) return [];
    const free = (/** @type {number} */ id) => !this.locked.has(id) && findInstance(document, id) !== null;
    const base = (/** @type {number} */ id) => findInstance(document, id)?.revision ?? 0;
    const batch = {
      create: create.map((fields) => ({ id: --this.lastTemporaryId, fields })),
      update: update.filter(({ id }) => free(id)).map((one) => ({ ...one, base: base(one.id) })),
      delete: gone.filter(free).map((id) => ({ id, base: base(id) })),
    };
    if (!batch.create.length && !batch.update.length && !batch.delete.length) return [];
    const edit = { kind: /** @type {const} */ ("batch"), id: --this.lastTemporaryId, base: 0, fields: {}, batch };
    this.draft = null;
    this.document = applied(document, edit);
    this.keepSelected(() => true);
    this.emit("document");
    this.outbox.push({ ...edit, image: document.image.image_id });
    return batch.create.map(({ id }) => id);
  }

  /** @param {number} id */
  accept(id) {
    const instance = this.document && findInstance(this.document, id);
    if (instance?.status === "proposed") this.change(id, { status: "accepted" });
  }

  /** Choose the class of new objects, and of the selected ones. @param {number} id */
  chooseCategory(id) {
    this.currentCategoryId = id;
    remember("class", id);
    const others = this.selectedInstances.filter((instance) => instance.category_id !== id);
    const changes = others.map((instance) => ({ id: instance.id, fields: this.withClass(instance, id) }));
    if (this.selectsSeveral) this.changeMany({ update: changes });
    else if (changes.length) this.change(changes[0].id, changes[0].fields);
    this.emit("class");
  }

  /** What an object becomes under another class. @param {Instance} instance @param {number} id @returns {Fields} */
  withClass(instance, id) {
    const before = this.category(instance.category_id),
      after = this.category(id);
    if (!instance.keypoints.length || before?.keypoints.join() === after?.keypoints.join()) return { category_id: id };
    const kept = { ...instance, keypoints: [] }; // the points of one class mean nothing in another
    return { category_id: id, keypoints: completeKeypoints(kept, after) };
  }

  /** @param {"undo" | "redo"} direction @param {boolean} [anyones] also where the last edit is somebody else's */
  travel(direction, anyones = false) {
    const image = this.image?.image_id;
    if (image === undefined) return this.outbox.asked;
    return this.outbox.between((ready) => travel(this, image, direction, anyones, ready));
  }

  /** Run a request with its words in the status line; an error becomes a notice and null. @template T @param {string} words @param {() => Promise<T>} ask @returns {Promise<T | null>} */
  async ask(words, ask) {
    this.busy.add(words);
    this.emit("busy");
    try {
      return await ask();
    } catch (error) {
      this.emit("notice", failure(`${words}: ${lineOf(error)}`, error));
      return null;
    } finally {
      this.busy.delete(words);
      this.emit("busy");
    }
  }
}

/** What is said of something that failed. @param {string} text @param {unknown} error @returns {Notice} */
export function failure(text, error) {
  return { text, kind: "error", untilAnswered: error instanceof api.NoAnswer };
}

/** @param {unknown} error */
export function lineOf(error) {
  return error instanceof Error ? error.message : String(error);
}
