/** The filters of the gallery, which next and previous follow too. */

import { ownCategories } from "../model/document.js";
import { everything, peopleOf, STANDINGS, tagsOf } from "../model/image_filter.js";
import { button, element } from "../view/dom.js";

/** @param {import("../workbench.js").Workbench} bench */
export function createImageFilters(bench) {
  const { images, editor } = bench;
  const status = element("div", { class: "ml-filters", role: "group", "aria-label": "Show images by status" });
  const text = element("input", {
    type: "search",
    class: "ml-search",
    placeholder: "Name or tag",
    "aria-label": "Show only images with this in their name or a tag",
  });
  text.addEventListener("input", () => images.setFilter({ text: text.value }));
  const category = element("select", { "aria-label": "Show only images with this class" });
  category.addEventListener("change", () =>
    images.setFilter({ category: category.value ? Number(category.value) : null }),
  );
  const tag = element("select", { "aria-label": "Show only images with this tag" });
  tag.addEventListener("change", () => images.setFilter({ tag: tag.value }));
  const person = element("select", { "aria-label": "Show only images that somebody worked on" });
  person.addEventListener("change", () => images.setFilter({ person: person.value }));
  const standing = element(
    "select",
    { "aria-label": "Show only images by their standing in review" },
    element("option", { value: "" }, "Notes and review"),
    ...STANDINGS.map(([value, words]) => element("option", { value }, words)),
  );
  standing.addEventListener("change", () =>
    images.setFilter({
      standing: /** @type {import("../model/image_filter.js").ImageFilter["standing"]} */ (standing.value),
    }),
  );
  const clear = button("close", "Show every image again", () => images.setFilter(everything()), {
    text: "Clear filter",
    class: "ml-small",
  });
  let classesSeen = "";

  /** @param {{[status: string]: {word: string, mark: string}}} words */
  function update(words) {
    const { rows, filter } = images;
    const counts = /** @type {{[status: string]: number}} */ ({
      "": rows.length,
      todo: 0,
      in_progress: 0,
      reviewed: 0,
    });
    for (const row of rows) counts[row.status] += 1;
    status.replaceChildren(
      ...["", "todo", "in_progress", "reviewed"].map((value) => {
        const label = value ? `${words[value].mark} ${words[value].word}` : "All";
        return button(null, label, () => images.setFilter({ status: value }), {
          class: "ml-small",
          text: `${label} ${counts[value]}`,
          "aria-pressed": filter.status === value,
        });
      }),
    );
    const classes = ownCategories(editor.document);
    const seen = JSON.stringify(classes.map(({ id, name }) => [id, name]));
    if (seen !== classesSeen) {
      const options = classes.map(({ id, name }) => element("option", { value: id }, name));
      category.replaceChildren(element("option", { value: "" }, "Any class"), ...options);
      classesSeen = seen;
    }
    const tags = tagsOf(rows);
    offer(tag, "Any tag", tags);
    tag.hidden = !tags.length;
    tag.value = filter.tag;
    const people = peopleOf(rows);
    offer(person, "Everybody", people);
    person.hidden = people.length < 2 && !filter.person;
    person.value = filter.person;
    category.value = filter.category === null ? "" : String(filter.category);
    standing.value = filter.standing;
    if (document.activeElement !== text) text.value = filter.text;
    clear.hidden = !images.filtered;
  }

  return { status, parts: [category, tag, person, standing, text, clear], update };
}

/** @param {HTMLSelectElement} select @param {string} anything @param {string[]} values */
function offer(select, anything, values) {
  select.replaceChildren(
    element("option", { value: "" }, anything),
    ...values.map((value) => element("option", { value }, value)),
  );
}
