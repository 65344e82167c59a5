/** Which images are walked through and shown: by status, class, tag, words, people, notes, scores and standing in review. */

import { texts } from "../../messages/texts.js";

/** @typedef {import("../api.js").ImageRow} ImageRow */
/**
 * @typedef {object} ImageFilter  "" and null are anything
 * @property {string} status
 * @property {string} text  in the file name or a tag
 * @property {string} tag
 * @property {number | null} category
 * @property {string} person  who made an edit
 * @property {"" | "noted" | "returned" | "changed" | "excluded" | "unsure"} standing
 */

/** @returns {ImageFilter} that lets everything through */
export const everything = () => ({ status: "", text: "", tag: "", category: null, person: "", standing: "" });

const UNSURE = 0.3; // mean of 1 - score over the proposals of an image

/** The choices of `standing`, in words. @type {[ImageFilter["standing"], string][]} */
export const STANDINGS = [
  ["noted", texts.imageFilter.withOpenNotes],
  ["returned", texts.imageFilter.returned],
  ["changed", texts.imageFilter.changedSinceReview],
  ["excluded", texts.imageFilter.keptOutOfTraining],
  ["unsure", texts.imageFilter.unsureProposals],
];

/** @param {ImageFilter} filter @returns {boolean} whether it holds anything back */
export function isActive(filter) {
  const { status, text, tag, category, person, standing } = filter;
  return Boolean(status || text || tag || category !== null || person || standing);
}

/** @param {ImageRow} row @param {ImageFilter} filter */
export function matches(row, { status, text, tag, category, person, standing }) {
  const tags = row.tags ?? [];
  if (status && row.status !== status) return false;
  if (tag && !tags.includes(tag)) return false;
  if (category !== null && !(row.categories ?? []).includes(category)) return false;
  if (person && !(row.people ?? []).includes(person)) return false;
  const part = text.trim().toLowerCase();
  if (part && ![row.file_name, ...tags].some((words) => words.toLowerCase().includes(part))) return false;
  if (standing === "noted") return Boolean(row.notes);
  if (standing === "unsure") return Boolean(row.counts?.proposed) && (row.uncertainty ?? 0) > UNSURE;
  return !standing || Boolean(row[standing]);
}

/** Every tag among rows, in order. @param {ImageRow[]} rows @returns {string[]} */
export const tagsOf = (rows) => inOrder(rows.flatMap((row) => row.tags ?? []));

/** Everybody who made an edit on one of them, in order. @param {ImageRow[]} rows @returns {string[]} */
export const peopleOf = (rows) => inOrder(rows.flatMap((row) => row.people ?? []));

/** @param {string[]} words @returns {string[]} each once */
function inOrder(words) {
  return [...new Set(words)].sort((a, b) => a.localeCompare(b));
}
