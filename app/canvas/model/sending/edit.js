/** An edit on its way to the server: what it is about, and what the server makes of it. */

/** @typedef {import("../document.js").Instance} Instance */
/** @typedef {import("../document.js").Fields} Fields */
/**
 * @typedef {object} Edit
 * @property {"create" | "update" | "delete" | "batch"} kind
 * @property {number} image
 * @property {number} id  negative for an instance that the server has not numbered yet
 * @property {number} base  revision of the instance that the edit was made on
 * @property {Fields} fields
 * @property {import("../document.js").Batch} [batch]  of the kind "batch", whose own id is one that no object has
 * @property {string} key  names the request, so that the server does not carry it out twice after a lost answer
 * @property {number} attempts
 * @property {number} turn  see `between`
 */

/** What an edit changes or deletes of what is there. @param {Edit} edit @returns {{id: number, base: number}[]} */
export const changedBy = (edit) => (edit.batch ? [...edit.batch.update, ...edit.batch.delete] : [edit]);

/** What the server has written, by the id that the edit knew it under. @param {Edit} edit @param {any} saved @returns {[number, Instance][]} */
export function savedInstances({ id, batch }, saved) {
  if (!batch) return saved.instance ? [[id, saved.instance]] : [];
  const { instances = [], created = [] } = saved;
  return [
    ...instances.map((/** @type {Instance} */ one) => /** @type {[number, Instance]} */ ([one.id, one])),
    ...created.map(
      (/** @type {Instance} */ one, /** @type {number} */ at) =>
        /** @type {[number, Instance]} */ ([batch.create[at].id, one]),
    ),
  ];
}
