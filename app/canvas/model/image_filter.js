/** Which images are walked through and shown: by status, class, tag, words, notes and standing in review. */

/** @typedef {import("./api.js").ImageRow} ImageRow */
/**
 * @typedef {object} ImageFilter  "" and null are anything
 * @property {string} status
 * @property {string} text  in the file name or a tag
 * @property {string} tag
 * @property {number | null} category
 * @property {"" | "noted" | "returned" | "changed" | "excluded"} standing
 */

/** @returns {ImageFilter} that lets everything through */
export const everything = () => ({ status: "", text: "", tag: "", category: null, standing: "" });

/** The choices of `standing`, in words. @type {[ImageFilter["standing"], string][]} */
export const STANDINGS = [
  ["noted", "With open notes"],
  ["returned", "Returned"],
  ["changed", "Changed since review"],
  ["excluded", "Kept out of training"],
];

/** @param {ImageFilter} filter @returns {boolean} whether it holds anything back */
export function isActive(filter) {
  return Boolean(filter.status || filter.text || filter.tag || filter.category !== null || filter.standing);
}

/** @param {ImageRow} row @param {ImageFilter} filter */
export function matches(row, { status, text, tag, category, standing }) {
  const tags = row.tags ?? [];
  if (status && row.status !== status) return false;
  if (tag && !tags.includes(tag)) return false;
  if (category !== null && !(row.categories ?? []).includes(category)) return false;
  const part = text.trim().toLowerCase();
  if (part && ![row.file_name, ...tags].some((words) => words.toLowerCase().includes(part))) return false;
  if (standing === "noted") return Boolean(row.notes);
  return !standing || Boolean(row[standing]);
}

/** Every tag among rows, in order. @param {ImageRow[]} rows @returns {string[]} */
export function tagsOf(rows) {
  return [...new Set(rows.flatMap((row) => row.tags ?? []))].sort((a, b) => a.localeCompare(b));
}
