/** The order in which objects are listed and walked through: by class, as the classes stand, then as they were made. */

/** @typedef {import("../document.js").Instance} Instance */
/** @typedef {import("../document.js").Category} Category */

/** @param {Instance[]} instances @param {Category[]} categories @returns {{category: Category | null, members: Instance[]}[]} classes without objects are left out */
export function byClass(instances, categories) {
  /** @type {Map<number, Instance[]>} */
  const members = new Map();
  for (const instance of instances) {
    const there = members.get(instance.category_id);
    if (there) there.push(instance);
    else members.set(instance.category_id, [instance]);
  }
  const groups = categories.flatMap((category) => {
    const own = members.get(category.id);
    members.delete(category.id);
    return own ? [{ category: /** @type {Category | null} */ (category), members: own }] : [];
  });
  for (const own of members.values()) groups.push({ category: null, members: own });
  return groups;
}

/** What is seen, in that order. @param {import("../editor.js").Editor} editor @returns {Instance[]} */
export const seenInOrder = (editor) =>
  byClass(editor.visibleInstances(), editor.document?.categories ?? []).flatMap(({ members }) => members);
