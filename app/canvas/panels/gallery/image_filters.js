/** The filters of the gallery, which next and previous follow too. */

import { ownCategories } from "../../model/classes.js";
import { everything, peopleOf, STANDINGS, tagsOf } from "../../model/workspace/image_filter.js";
import { button, element, offer } from "../../view/dom.js";
import { texts } from "../../messages/texts.js";

/** @param {import("../../workbench.js").Workbench} bench */
export function createImageFilters(bench) {
  const { images, editor } = bench;
  const status = element("div", {
    class: "ml-filters",
    role: "group",
    "aria-label": texts.imageFilters.byStatus,
  });
  const text = element("input", {
    type: "search",
    class: "ml-search",
    placeholder: texts.imageFilters.nameOrTag,
    "aria-label": texts.imageFilters.byNameOrTag,
  });
  text.addEventListener("input", () => images.setFilter({ text: text.value }));
  const category = element("select", { "aria-label": texts.imageFilters.byClass });
  category.addEventListener("change", () =>
    images.setFilter({ category: category.value ? Number(category.value) : null }),
  );
  const tag = element("select", { "aria-label": texts.imageFilters.byTag });
  tag.addEventListener("change", () => images.setFilter({ tag: tag.value }));
  const person = element("select", { "aria-label": texts.imageFilters.byPerson });
  person.addEventListener("change", () => images.setFilter({ person: person.value }));
  const standing = element("select", { "aria-label": texts.imageFilters.byReview });
  offer(standing, [["", texts.imageFilters.notesAndReview], ...STANDINGS]);
  standing.addEventListener("change", () =>
    images.setFilter({
      standing: /** @type {import("../../model/workspace/image_filter.js").ImageFilter["standing"]} */ (standing.value),
    }),
  );
  const clear = button("close", texts.imageFilters.showEveryImageAgain, () => images.setFilter(everything()), {
    text: texts.imageFilters.clearFilter,
    class: "ml-small",
  });

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
        const label = value ? `${words[value].mark} ${words[value].word}` : texts.imageFilters.all;
        return button(null, label, () => images.setFilter({ status: value }), {
          class: "ml-small",
          text: `${label} ${counts[value]}`,
          "aria-pressed": filter.status === value,
        });
      }),
    );
    const classes = ownCategories(editor.document);
    offer(category, [["", texts.imageFilters.anyClass], ...classes.map(({ id, name }) => choice(id, name))]);
    const tags = withChosen(tagsOf(rows), filter.tag);
    offer(tag, [["", texts.imageFilters.anyTag], ...tags.map((value) => choice(value))]);
    tag.hidden = !tags.length;
    const people = withChosen(peopleOf(rows), filter.person);
    offer(person, [["", texts.imageFilters.everybody], ...people.map((name) => choice(name))]);
    person.hidden = people.length < 2 && !filter.person;
    tag.value = filter.tag;
    person.value = filter.person;
    category.value = filter.category === null ? "" : String(filter.category);
    standing.value = filter.standing;
    if (document.activeElement !== text) text.value = filter.text;
    clear.hidden = !images.filtered;
  }

  return { status, parts: [text, category, tag, person, standing, clear], update };
}

/** @param {string | number} value @param {string} [words] @returns {[string | number, string]} */
const choice = (value, words = String(value)) => [value, words];

/** What is chosen stays among the choices, also where no row has it any more. @param {string[]} values @param {string} chosen */
const withChosen = (values, chosen) => (chosen && !values.includes(chosen) ? [chosen, ...values] : values);
