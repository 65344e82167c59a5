/** How far an import is, in a line, until it has been answered. */

import * as api from "../../model/api.js";
import { texts } from "../../messages/texts.js";

const EVERY = 700; // ms

/**
 * Show what the server says of an import of this key while `answer` is awaited.
 * @template T @param {HTMLElement} line @param {string} key @param {Promise<T>} answer @returns {Promise<T>}
 */
export async function withProgress(line, key, answer) {
  let waiting = true;
  const look = async () => {
    const { imports } = await api.goingImports().catch(() => ({ imports: [] }));
    const own = imports.find((one) => one.key === key);
    if (waiting && own) line.textContent = progressLine(own);
    if (waiting) timer = setTimeout(look, EVERY);
  };
  let timer = setTimeout(look, EVERY);
  try {
    return await answer;
  } finally {
    waiting = false;
    clearTimeout(timer);
    line.textContent = "";
  }
}

/** @param {api.GoingImport} going */
export function progressLine({ stage, done, total }) {
  const words = stage[0].toUpperCase() + stage.slice(1);
  if (total === null || total === 0) return `${words} …`;
  return texts.importProgress.progress(words, done.toLocaleString("en"), total.toLocaleString("en"));
}
