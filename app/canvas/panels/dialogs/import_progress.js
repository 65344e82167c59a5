/** How far an import is, in a line, until it has been answered. */

import * as api from "../../model/api.js";
import { language, texts } from "../../messages/texts.js";

const EVERY = 700; // ms

/** @type {{[stage: string]: string}} what the server calls a stage, in the words of the page */
const STAGES = {
  "receiving files": texts.importProgress.receivingFiles,
  "reading annotations": texts.importProgress.readingAnnotations,
  "storing images": texts.importProgress.storingImages,
  "writing to the disk": texts.importProgress.writingToTheDisk,
  "checking objects": texts.importProgress.checkingObjects,
  "storing objects, image by image": texts.importProgress.storingObjects,
};

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
  const words = STAGES[stage] ?? stage;
  if (total === null || total === 0) return `${words} …`;
  return texts.importProgress.progress(words, done.toLocaleString(language), total.toLocaleString(language));
}
