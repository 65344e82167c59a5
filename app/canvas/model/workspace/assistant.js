/** The model beside the person: finds objects on an image that was never looked at, and on the next one ahead of time. */

import * as api from "../api.js";
import { Emitter } from "../emitter.js";
import { failure, lineOf } from "../editor.js";
import { remember, remembered } from "../preferences.js";
import { texts } from "../../messages/texts.js";

/** @extends {Emitter<import("../events.js").AssistantEvents>} */
export class Assistant extends Emitter {
  /** @param {import("../editor.js").Editor} editor @param {import("./images.js").ImageList} images */
  constructor(editor, images) {
    super();
    this.editor = editor;
    this.images = images;
    this.automatic = remembered("find-automatically", true);
    /** Images that it has been asked about on this page. @type {Set<number>} */
    this.asked = new Set();
    /** Ends the wait for a server that was away when it should have looked at an image. */
    this.stopListening = () => {};
    this.isRetrying = false; // once: a server that fails on this alone would be asked for ever
    /** @type {number | null} */
    this.workingOn = null;
    /** @type {Promise<unknown>} */
    this.queue = Promise.resolve();
    /** Images left of those that were asked for together. */
    this.waiting = 0;
    this.stopped = false;
    this.closed = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** What the server says of its model. @type {{state: string, model: string | null, message: string}} */
    this.model = { state: "loading", model: null, message: "" };
    /** One sentence on the model, such as that it is small; of the model called `notedModel`. */
    this.note = "";
    /** @type {string | null} */
    this.notedModel = null;
  }

  /** Ask which model is there; what the server has to say about it is said once. */
  async askModel() {
    const before = this.model;
    try {
      this.model = await api.assistState();
    } catch {
      return;
    }
    if (this.model.message && this.model.message !== before.message)
      this.editor.emit("notice", { text: sentence(this.model.message) });
    await this.askNote();
    if (JSON.stringify(this.model) !== JSON.stringify(before)) this.emit("working");
    clearTimeout(this.timer);
    if (this.model.state === "loading" && !this.closed) this.timer = setTimeout(() => void this.askModel(), 2000);
  }

  /** What is to be known of the model, once it is there. @private */
  async askNote() {
    if (this.model.state !== "ready" || this.notedModel === this.model.model) return;
    const { models } = await api.listModels().catch(() => ({ models: [] }));
    this.notedModel = this.model.model;
    this.note = models.find(({ name }) => name === this.model.model)?.note ?? "";
  }

  /** Look at every image that nobody has looked at, one after the other, until `stop`. */
  async findEverywhere() {
    const rows = this.images.rows.filter((row) => row.status === "todo" && !row.counts?.instances);
    this.waiting = rows.length;
    this.stopped = false;
    this.emit("working");
    for (const row of rows) {
      if (this.stopped) break;
      await this.find(row.image_id, { quiet: true, ahead: true });
      this.waiting = Math.max(0, this.waiting - 1);
      this.emit("working");
    }
    this.waiting = 0;
    this.emit("working");
    if (!this.stopped) await this.images.read().catch(() => {});
  }

  /** The editor leaves the page. */
  close() {
    this.closed = this.stopped = true;
    this.automatic = false;
    this.stopListening();
    clearTimeout(this.timer);
  }

  stop() {
    this.stopped = true;
    this.waiting = 0;
    this.emit("working");
  }

  /** @param {boolean} on */
  setAutomatic(on) {
    this.automatic = on;
    remember("find-automatically", on);
    const document = this.editor.document;
    if (on && document) this.opened(document);
  }

  /** An image has been opened: look at it, and at the next one, where nobody has. @param {import("../document.js").ImageDocument} document */
  opened(document) {
    if (!this.automatic) return;
    const id = document.image.image_id;
    if (untouched(document) && !this.asked.has(id)) void this.find(id, { quiet: true });
    const next = this.images.neighbour(id, 1);
    if (next && next.status === "todo" && !next.counts?.instances && !this.asked.has(next.image_id)) {
      void this.find(next.image_id, { quiet: true, ahead: true });
    }
  }

  /** Run the model on an image. @param {number} image @param {{quiet?: boolean, ahead?: boolean}} [options] */
  find(image, { quiet = false, ahead = false } = {}) {
    this.asked.add(image);
    this.queue = this.queue.then(async () => {
      if (ahead && !(await this.stillUntouched(image))) return;
      this.workingOn = image;
      this.emit("working");
      try {
        if (!ahead) await this.editor.outbox.flush();
        await api.predict(image, ahead);
        await this.arrived(image, quiet);
        this.isRetrying = false;
      } catch (error) {
        const together = ahead && this.waiting > 0;
        if (error instanceof api.NoAnswer) {
          this.asked.delete(image);
          this.goOnWhenAnswered();
        } else this.automatic = false; // once is enough: the next image would say the same
        this.stopped = true;
        if (!ahead || together)
          this.editor.emit("notice", failure(texts.assistant.findingObjects(lineOf(error)), error));
      } finally {
        this.workingOn = null;
        this.emit("working");
      }
    });
    return this.queue;
  }

  /** The server is away: the open image is looked at when it is back. @private */
  goOnWhenAnswered() {
    this.stopListening();
    if (this.isRetrying) return;
    const heard = () => {
      this.stopListening();
      this.isRetrying = true;
      void this.lookAtOpen();
    };
    this.stopListening = () => void api.onAnswer.delete(heard);
    api.onAnswer.add(heard);
  }

  /** Somebody may have been at the open image while the server was away for this page. @private */
  async lookAtOpen() {
    await this.editor.reload().catch(() => {});
    const { document } = this.editor;
    if (
      !this.automatic ||
      this.closed ||
      !document ||
      !untouched(document) ||
      this.asked.has(document.image.image_id)
    ) {
      this.isRetrying = false; // nothing was asked that the server could fail on
      return;
    }
    this.editor.emit("notice", { text: texts.assistant.theServerIsBack });
    this.opened(document);
  }

  /** @private @param {number} image */
  async stillUntouched(image) {
    try {
      return untouched(await api.getDocument(image));
    } catch {
      return false;
    }
  }

  /** @private @param {number} image @param {boolean} quiet */
  async arrived(image, quiet) {
    const { editor, images } = this;
    const document = await editor.load(image);
    images.note(document);
    if (editor.image?.image_id !== image) return;
    editor.replace(document);
    const proposals = document.instances.filter((instance) => instance.status === "proposed");
    const below = proposals.filter((instance) => !editor.thresholds.pass(instance)).length;
    if (!proposals.length) {
      editor.emit("notice", {
        text: texts.assistant.theModelFoundNothingHere(document.instances.length),
      });
    } else if (below === proposals.length) {
      editor.emit("notice", {
        text: texts.assistant.theModelIsSureOf(below),
      });
    } else if (!quiet) {
      editor.emit("notice", {
        text: texts.assistant.proposalsYourOwnWorkWas(proposals.length - below),
        kind: "success",
      });
    }
  }
}

/** @param {string} line of the server @returns {string} with a capital and a full stop */
function sentence(line) {
  return line.charAt(0).toUpperCase() + line.slice(1) + (/[.!?)]$/.test(line) ? "" : ".");
}

/** Neither the model nor a person has been here. @param {import("../document.js").ImageDocument} document */
function untouched(document) {
  return document.image.status === "todo" && document.revision === 0 && !document.instances.length;
}
