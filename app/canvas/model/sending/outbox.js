/**
 * The ordered queue of edits on their way to the server. One edit is one request; the next one waits for its answer.
 * What is not answered stays here and in localStorage, is tried again with growing pauses, and goes on after a reload.
 */

import * as api from "../api.js";
import { findInstance } from "../document.js";
import { changedBy, savedInstances } from "./edit.js";
import { freshName } from "../page_name.js";
import { Unsent } from "./unsent.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../document.js").Instance} Instance */
/** @typedef {import("../document.js").Fields} Fields */
/** @typedef {import("./edit.js").Edit} Edit */
/** @typedef {"saved" | "saving" | "retrying"} SaveState */
/**
 * @typedef {object} Listener
 * @property {() => void} onState
 * @property {(edit: Edit, saved: import("../api.js").Saved | {revision: number}) => void} onSaved
 * @property {(edit: Edit, mine: Fields, current: Instance | null) => void} onConflict
 * @property {(edit: Edit, line: string) => void} onRefused
 */

const PAUSES = [400, 800, 1600, 3200, 6400, 10000];

export class Outbox {
  /** @param {Listener} listener @param {Storage | null} storage */
  constructor(listener, storage) {
    this.listener = listener;
    /** @type {Edit[]} */
    this.edits = [];
    /** @type {SaveState} */
    this.state = "saved";
    this.reason = "";
    this.answered = true; // whether the failure was the server's word, not its silence
    this.savedCount = 0;
    this.lastMilliseconds = 0; // from the push to the server's answer
    this.working = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** The numbers that the server has given to what was made here. @type {Map<number, number>} */
    this.numbers = new Map();
    /** @type {(() => void)[]} */
    this.waiting = [];
    this.turn = 0; // of the next edit
    this.latestTurn = 0; // of those that may be sent
    /** @type {Promise<unknown>} */
    this.asked = Promise.resolve();
    /** @type {() => void} */
    this.nextTurn = () => {};
    /** @type {() => void} */
    this.wake = () => {};
    this.unsent = new Unsent(storage);
    this.online = () => this.wake();
    addEventListener("online", this.online);
  }

  /** Take over what an earlier page could not send; resolves when it is in the queue. */
  async adopt() {
    await this.unsent.adopt((edits) => {
      this.edits.push(...edits.map((edit) => ({ ...edit, turn: 0 })));
      this.persist();
    });
    if (!this.edits.length) return;
    this.persist(); // there may be room for it only now that theirs is gone
    void this.work();
  }

  /** @param {Omit<Edit, "key" | "attempts" | "turn">} edit */
  push(edit) {
    this.edits.push({ ...edit, key: freshName(), attempts: 0, turn: this.turn });
    this.persist();
    if (this.working) this.listener.onState(); // the number of edits that wait
    void this.work();
  }

  /** The edits that wait for an image, oldest first. @param {number} image */
  pending(image) {
    return this.edits.filter((edit) => edit.image === image);
  }

  /** Whether an edit that waits is about an instance. @param {number} image @param {number} id */
  concerns(image, id) {
    return this.pending(image).some((edit) =>
      edit.batch ? edit.batch.update.some((one) => one.id === id) : edit.id === id,
    );
  }

  /** What an object is called on the server, whichever image is open by now. @param {number} id */
  numberOf(id) {
    return this.numbers.get(id) ?? id;
  }

  /**
   * Ask the server for something between the edits so far and those to come, an undo say: it has to wait for the ones
   * (`ready`, which rejects as `flush` does), and the others wait for it.
   * @param {(ready: () => Promise<void>) => Promise<void>} ask @returns {Promise<unknown>}
   */
  between(ask) {
    const turn = this.turn++;
    this.asked = this.asked
      .then(() => ask(() => this.flush(turn)))
      .finally(() => {
        this.latestTurn = turn + 1;
        this.nextTurn();
      });
    return this.asked;
  }

  /** What waits for an image is of its objects as they are in a document. @param {import("../document.js").ImageDocument} document */
  rebase(document) {
    for (const edit of this.pending(document.image.image_id))
      for (const one of changedBy(edit)) one.base = findInstance(document, one.id)?.revision ?? one.base;
    this.persist();
  }

  /**
   * Resolves when everything is on the server, and what was asked for between; rejects as soon as the server does not
   * answer. @param {number} [turn] only what is not of a later one
   */
  async flush(turn = Infinity) {
    for (;;) {
      while (this.edits.some((edit) => edit.turn <= turn)) {
        if (this.state === "retrying") throw new api.NoAnswer(texts.outbox.notEverythingIsSavedYet);
        await new Promise((resolve) => this.waiting.push(() => resolve(undefined)));
      }
      if (turn < Infinity || this.latestTurn === this.turn) return;
      await this.asked; // an undo that overtook what follows would take that back
    }
  }

  /** The editor leaves the page: what waits for its next try stays in the storage. */
  close() {
    removeEventListener("online", this.online);
    clearTimeout(this.timer);
  }

  retryNow() {
    this.wake();
  }

  /** Give up the edit that the server keeps failing on, and what builds on it. */
  discardFirst() {
    const first = this.edits[0];
    if (!first || this.state !== "retrying") return;
    const made = new Set([first.id, ...(first.batch?.create.map(({ id }) => id) ?? [])]);
    this.edits = this.edits.filter((edit) => edit.image !== first.image || !made.has(edit.id));
    this.persist();
    this.listener.onRefused(first, texts.outbox.discardedTheServerCouldNot);
    this.wake();
  }

  /** @private */
  async work() {
    if (this.working) return;
    this.working = true;
    this.setState(this.state === "retrying" ? "retrying" : "saving");
    while (this.edits.length) {
      const edit = this.edits[0];
      if (edit.turn > this.latestTurn) {
        await new Promise((resolve) => (this.nextTurn = () => resolve(undefined)));
        continue;
      }
      const started = performance.now();
      try {
        const saved = await this.send(edit);
        this.settle(edit, started);
        this.renumber(edit, saved);
        this.listener.onSaved(edit, saved);
      } catch (error) {
        if (error instanceof api.ApiError && !mayPass(error.status)) {
          this.settle(edit, started);
          this.refused(edit, error);
        } else {
          edit.attempts += 1;
          this.persist();
          this.answered = error instanceof api.ApiError;
          await this.pause(edit.attempts, error instanceof Error ? error.message : String(error));
        }
      }
      this.answerWaiting();
    }
    this.working = false;
    this.setState("saved");
    this.answerWaiting();
  }

  /** @private @param {Edit} edit @param {number} started */
  settle(edit, started) {
    this.edits = this.edits.filter((other) => other !== edit);
    this.persist();
    this.reason = "";
    this.lastMilliseconds = performance.now() - started;
    if (this.state === "retrying") this.setState("saving");
  }

  /** @private @param {number} attempts @param {string} reason */
  async pause(attempts, reason) {
    this.reason = reason;
    this.setState("retrying");
    this.answerWaiting();
    const wait = PAUSES[Math.min(attempts, PAUSES.length) - 1];
    await new Promise((resolve) => {
      this.timer = setTimeout(resolve, wait);
      this.wake = () => {
        clearTimeout(this.timer);
        resolve(undefined);
      };
    });
  }

  /** @private @param {Edit} edit @returns {Promise<any>} */
  async send(edit) {
    const { kind, image, id, base, fields, batch, key } = edit;
    if (batch) return await api.editBatch(image, batch, key);
    if (kind === "create") return await api.createInstance(image, fields, key);
    if (kind === "delete") return await api.deleteInstance(image, id, base, key);
    return await api.updateInstance(image, id, base, fields, key);
  }

  /** Later edits of the same instance build on what was just saved. @private @param {Edit} edit @param {any} saved */
  renumber(edit, saved) {
    this.savedCount += 1;
    for (const [from, instance] of savedInstances(edit, saved)) {
      if (from !== instance.id) this.numbers.set(from, instance.id);
      for (const other of this.edits) {
        if (other.image !== edit.image) continue;
        for (const one of changedBy(other)) {
          if (one.id !== from) continue;
          one.id = instance.id;
          one.base = instance.revision;
        }
      }
    }
    this.persist();
  }

  /** @private @param {Edit} edit @param {api.ApiError} error */
  refused(edit, error) {
    /** @type {Instance | null} */
    const current = error.body.instance ?? null;
    if (edit.kind === "delete" && !current && (error.status === 404 || error.status === 409)) {
      this.listener.onSaved(edit, { revision: error.body.revision ?? 0 });
      return;
    }
    if (edit.batch) {
      const made = new Set(edit.batch.create.map(({ id }) => id));
      this.edits = this.edits.filter((other) => !made.has(other.id)); // what was to be built on it
      this.persist();
      const line = error.status === 409 ? texts.outbox.oneOfTheObjectsWas : error.message;
      this.listener.onRefused(edit, line);
      return;
    }
    if (error.status !== 409 && error.status !== 404) {
      if (edit.kind === "create") this.edits = this.edits.filter((other) => other.id !== edit.id);
      this.persist();
      this.listener.onRefused(edit, error.message);
      return;
    }
    const mine = { ...edit.fields };
    for (const other of this.edits)
      if (other.image === edit.image && other.id === edit.id) Object.assign(mine, other.fields);
    this.edits = this.edits.filter((other) => other.image !== edit.image || other.id !== edit.id);
    this.persist();
    this.listener.onConflict(edit, mine, current);
  }

  /** @private @param {SaveState} state */
  setState(state) {
    this.state = state;
    this.listener.onState();
  }

  /** @private */
  answerWaiting() {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** @private */
  persist() {
    this.unsent.keep(this.edits);
  }
}

/** Answers that another try may turn: overload, restart behind a proxy, a login that ran out. @param {number} status */
function mayPass(status) {
  return status >= 500 || status === 408 || status === 429 || status === 401 || status === 403;
}
