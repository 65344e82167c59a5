/**
 * The name under which this page's edits stand in the history, so that undo takes back one's own. It survives a reload,
 * and a page that is opened later goes on under a name that no open page has: whoever comes back to their own work can
 * still undo it.
 */

import { browserStorage } from "./preferences.js";

const KEY = "maskloop.pages"; // names that pages of this browser have had
const MOST = 50;

let name = freshName();

export const pageName = () => name;

/** Also where crypto.randomUUID is not there: on plain http from another machine. */
export function freshName() {
  return [...crypto.getRandomValues(new Uint32Array(3))].map((part) => part.toString(36)).join("-");
}

/** Take a name up again: the one of before the reload, else one that nobody uses. */
export async function takePageName() {
  const storage = browserStorage();
  if (!storage) return;
  const known = namesIn(storage);
  const before = sessionValue(KEY);
  // Without locks nobody can know which names are in use: then only a reload goes on under its own.
  const candidates = before ? [before, ...known] : known;
  for (const candidate of navigator.locks ? candidates : before ? [before] : []) {
    if (!navigator.locks || (await takeHold(candidate))) {
      name = candidate;
      break;
    }
  }
  if (navigator.locks && !known.includes(name) && name !== before) await takeHold(name);
  try {
    sessionStorage.setItem(KEY, name);
    storage.setItem(KEY, JSON.stringify([name, ...known.filter((other) => other !== name)].slice(0, MOST)));
  } catch {
    // storage is full or forbidden: the name holds until the page is closed
  }
}

/** Whether this page got hold of a name, for as long as it lives. @param {string} candidate @returns {Promise<boolean>} */
function takeHold(candidate) {
  return new Promise((resolve) => {
    void navigator.locks.request(`${KEY}:${candidate}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    });
  });
}

/** @param {Storage} storage @returns {string[]} */
function namesIn(storage) {
  try {
    const names = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(names) ? names.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

/** @param {string} key */
function sessionValue(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}
