/** Small choices that survive a reload; storage that is full or forbidden only forgets. */

const PREFIX = "maskloop.preference:";

/** What keeps things over a reload; null where the browser forbids it (a page embedded in another site's). */
export function browserStorage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** What keeps things over a reload of this very tab. */
export function browserSession() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

/** @template T @param {string} name @param {T} fallback @returns {T} */
export function remembered(name, fallback) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

/** @param {string} name @param {unknown} value; an empty list is forgotten */
export function remember(name, value) {
  try {
    if (Array.isArray(value) && !value.length) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // the choice holds until the page is closed
  }
}
