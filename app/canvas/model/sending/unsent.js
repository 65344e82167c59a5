/** Edits that the server has not got yet, in the browser's storage: a page that is opened later sends what an earlier one could not. */

import * as api from "../api.js";
import { freshName } from "../page_name.js";

/** @typedef {import("./outbox.js").Edit} Edit */

const PREFIX = "maskloop.outbox:";

export class Unsent {
  /** @param {Storage | null} storage */
  constructor(storage) {
    this.storage = storage;
    this.scope = PREFIX + new URL(".", api.apiUrl("")).pathname + ":";
    this.key = this.scope + freshName();
  }

  /**
   * Take over what pages have left that are not open any more. Theirs goes only once it is kept here: a page may be
   * closed at any moment, while it asks which of them are open too.
   * @param {(edits: Edit[]) => void} take keeps them
   */
  async adopt(take) {
    if (!this.storage) return;
    holdWhileOpen(this.key);
    const keys = Object.keys(this.storage).filter((key) => key.startsWith(this.scope) && key !== this.key);
    for (const key of keys) {
      if (await heldElsewhere(key)) continue; // another tab is still at it
      try {
        const edits = JSON.parse(this.storage.getItem(key) ?? "[]");
        if (Array.isArray(edits)) take(edits);
      } catch {
        // not ours to mend: an unreadable entry is dropped with its key
      }
      this.storage.removeItem(key);
    }
  }

  /** @param {Edit[]} edits all that wait now */
  keep(edits) {
    try {
      if (edits.length) this.storage?.setItem(this.key, JSON.stringify(edits));
      else this.storage?.removeItem(this.key);
    } catch {
      // storage is full or forbidden: the edits are still in memory and still being sent
    }
  }
}

/** @param {string} name @returns {Promise<boolean>} whether an open page owns the name; true where that cannot be known */
async function heldElsewhere(name) {
  if (!navigator.locks) return !sessionStorage.getItem(name);
  return await navigator.locks.request(name, { ifAvailable: true }, (lock) => lock === null);
}

/** Own the name for as long as this page lives. @param {string} name */
function holdWhileOpen(name) {
  if (navigator.locks) void navigator.locks.request(name, () => new Promise(() => {}));
  else sessionStorage.setItem(name, "1"); // without locks, only a reload of this very tab takes the edits over
}
