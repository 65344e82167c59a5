/** The list of classes as people see it, and which key chooses which. */

/** @typedef {import("./document.js").Category} Category */
/** @typedef {import("./document.js").ImageDocument} ImageDocument */

/** What `ownCategories` gave for lists of which a model has suggested none: with many classes it is asked too often to sort each time. @type {WeakMap<Category[], Category[]>} */
const sorted = new WeakMap();

/** The classes that people work with, in the list's order: not those of which a model alone has said anything. @param {ImageDocument | null} document @returns {readonly Category[]} */
export function ownCategories(document) {
  const categories = document?.categories ?? [];
  const known = sorted.get(categories);
  if (known) return known;
  const suggests = categories.some(({ suggested }) => suggested);
  // The server calls one a person's once it is told of an accepted object of it; here it is seen at once.
  const accepted = suggests
    ? new Set(document?.instances.map(({ status, category_id }) => (status === "accepted" ? category_id : null)))
    : null;
  const own = categories.filter(({ suggested, id }) => !suggested || accepted?.has(id));
  if (own.some(({ position, suggested }) => position || suggested)) {
    // One that is accepted just now comes last, where the server will put it: the others' keys stay.
    const place = (/** @type {Category} */ { position, suggested }) => (suggested ? Infinity : (position ?? 1e9));
    own.sort((a, b) => (place(a) === place(b) ? a.id - b.id : place(a) - place(b)));
  }
  if (!suggests) sorted.set(categories, own);
  return own;
}

/** Which class each of the keys 1 to 9 chooses: the class's own key, the others in the list's order. @param {readonly Category[]} categories @returns {Map<string, Category>} */
export function classKeys(categories) {
  /** @type {Map<string, Category>} */
  const keys = new Map();
  for (const category of categories) if (category.key) keys.set(category.key, category);
  const others = categories.filter((category) => !category.key && !category.hidden);
  for (const key of "123456789") {
    if (keys.has(key)) continue;
    const next = others.shift();
    if (!next) break;
    keys.set(key, next);
  }
  return keys;
}
