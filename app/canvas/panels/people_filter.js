/** Whose images the gallery shows: a list of the people who made an edit on any of them. */

import { element } from "../view/dom.js";

/** @typedef {import("../model/api.js").ImageRow} ImageRow */

/** @param {() => void} onChange */
export function createPeopleFilter(onChange) {
  const root = element("select", { "aria-label": "Show images that somebody worked on", hidden: true });
  root.addEventListener("change", onChange);
  return {
    root,
    /** Offer everybody who is in the rows. @param {ImageRow[]} rows */
    update(rows) {
      const names = [...new Set(rows.flatMap((row) => row.people ?? []))].sort((a, b) => a.localeCompare(b));
      root.hidden = names.length < 2 && !root.value;
      if (
        names.join("\n") ===
        [...root.options]
          .slice(1)
          .map((option) => option.value)
          .join("\n")
      )
        return;
      const chosen = root.value;
      const choices = [["", "Everybody"], ...names.map((name) => [name, name])];
      root.replaceChildren(...choices.map(([value, words]) => element("option", { value }, words)));
      root.value = names.includes(chosen) ? chosen : "";
    },
    /** @param {ImageRow} row */
    shows(row) {
      return !root.value || (row.people ?? []).includes(root.value);
    },
  };
}
