/**
 * The document of one image as the server sends it, and pure functions on it. Values are never changed in place: an
 * edit makes a new instance and a new document, so that caches and lists can compare by identity.
 */

import { boundsOf, covers, rounded, signedArea, simplifyRing, translateRing, withHoles } from "./shapes/geometry.js";
import { decodeCrop, encodeCrop, traceRings } from "./shapes/rle.js";

/** @typedef {import("./shapes/geometry.js").Ring} Ring */
/** @typedef {import("./shapes/rle.js").Rle} Rle */
/** @typedef {"todo" | "in_progress" | "reviewed"} ImageStatus */
/** @typedef {{name: string, type: "text" | "number" | "choice" | "flag", choices?: string[] | null}} Attribute  what a class asks of its objects */
/** @typedef {{id: number, name: string, color: string, keypoints: string[], skeleton: [number, number][], attributes?: Attribute[], position?: number | null, key?: string | null, hidden?: boolean, suggested?: boolean}} Category */
/** @typedef {{id: number, instance: number | null, text: string, returned: boolean, done: boolean, author: string | null, created: number}} Note */
/**
 * @typedef {object} Instance
 * @property {number} id  negative while the server has not numbered it
 * @property {number} image_id
 * @property {number} category_id
 * @property {[number, number, number, number]} bbox  x, y, width, height
 * @property {number} area
 * @property {Ring[] | Rle} segmentation  [] is a box without an outline
 * @property {0 | 1} iscrowd
 * @property {number[]} keypoints  x, y, visibility, …
 * @property {number} num_keypoints
 * @property {number | null} score
 * @property {number} [threshold]  of a proposal: the score from which on it counts; without it always
 * @property {"predicted" | "edited" | "manual"} source
 * @property {"proposed" | "accepted"} status
 * @property {string | null} model
 * @property {number} revision
 * @property {{[name: string]: any}} [attributes]
 */
/**
 * @typedef {object} ImageDocument
 * @property {{image_id: number, file_name: string, width: number, height: number, status: ImageStatus, reviewed_by?: string | null, changed?: boolean, excluded?: boolean, tags?: string[], tiles?: {size: number, levels: number} | null}} image
 * @property {Note[]} [notes]
 * @property {Instance[]} instances
 * @property {Category[]} categories
 * @property {number} revision
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 */
/** @typedef {Partial<Pick<Instance, "category_id" | "segmentation" | "bbox" | "keypoints" | "iscrowd" | "status" | "attributes">>} Fields */

/** @param {Instance["segmentation"]} segmentation @returns {segmentation is Rle} */
export function isRle(segmentation) {
  return !Array.isArray(segmentation);
}

/** How an instance can be edited. @param {Instance} instance @returns {"polygon" | "bitmap" | "box"} */
export function shapeKind(instance) {
  if (isRle(instance.segmentation)) return "bitmap";
  return instance.segmentation.length ? "polygon" : "box";
}

/** @param {[number, number, number, number]} bbox @returns {Ring} */
export function boxRing([x, y, width, height]) {
  return [x, y, x + width, y, x + width, y + height, x, y + height];
}

/** @param {Ring[]} rings @returns {[number, number, number, number]} x, y, width, height */
export function bboxOf(rings) {
  const [x0, y0, x1, y1] = boundsOf(rings);
  return [x0, y0, x1 - x0, y1 - y0];
}

/** The rings that outline an instance, exact for bitmaps. @param {Pick<Instance, "segmentation" | "bbox">} instance @returns {Ring[]} */
export function ringsOf(instance) {
  if (!isRle(instance.segmentation)) return editableRings(instance);
  const crop = decodeCrop(instance.segmentation);
  return crop ? traceRings(crop) : [];
}

/** The rings that handles stand on; none for a bitmap. @param {Pick<Instance, "segmentation" | "bbox">} instance @returns {Ring[]} */
export function editableRings(instance) {
  if (isRle(instance.segmentation)) return [];
  return instance.segmentation.length ? instance.segmentation : [boxRing(instance.bbox)];
}

/** @param {ImageDocument} document @param {number | null} id */
export function findInstance(document, id) {
  return id === null ? null : (document.instances.find((instance) => instance.id === id) ?? null);
}

/** @param {ImageDocument} document @param {number} id @returns {Category | null} */
export function findCategory(document, id) {
  return document.categories.find((category) => category.id === id) ?? null;
}

/** Put `instance` in the place of the one called `id`, or at the end. @param {ImageDocument} document @param {number} id @param {Instance} instance */
export function withInstance(document, id, instance) {
  const known = document.instances.some((other) => other.id === id);
  const instances = known
    ? document.instances.map((other) => (other.id === id ? instance : other))
    : [...document.instances, instance];
  return { ...document, instances };
}

/** @param {ImageDocument} document @param {number} id */
export function withoutInstance(document, id) {
  return { ...document, instances: document.instances.filter((instance) => instance.id !== id) };
}

/** What an instance becomes by a person's edit, as the server will say it too. @param {Instance} instance @param {Fields} fields @returns {Instance} */
export function edited(instance, fields) {
  const acceptOnly = Object.keys(fields).every((name) => name === "status");
  const result = { ...instance, ...fields };
  if (!acceptOnly) {
    result.status = "accepted";
    if (result.source === "predicted") result.source = "edited";
  }
  if (fields.segmentation) {
    const rings = ringsOf(result);
    if (rings.length) result.bbox = bboxOf(rings);
    const areaOf = isRle(result.segmentation) ? signedArea : (/** @type {Ring} */ ring) => Math.abs(signedArea(ring));
    result.area = rings.reduce((sum, ring) => sum + areaOf(ring), 0); // holes of a bitmap go round the other way
  }
  if (fields.attributes) result.attributes = withValues(instance.attributes ?? {}, fields.attributes);
  if (fields.keypoints) result.num_keypoints = countLabelled(fields.keypoints);
  return result;
}

/** Attributes after some were set; null takes one away. @param {{[name: string]: any}} before @param {{[name: string]: any}} given @returns {{[name: string]: any}} */
function withValues(before, given) {
  return Object.fromEntries(Object.entries({ ...before, ...given }).filter(([, value]) => value !== null));
}

/** @param {number[]} keypoints how many have a visibility of 1 or 2 */
export function countLabelled(keypoints) {
  let count = 0;
  for (let i = 2; i < keypoints.length; i += 3) if (keypoints[i] > 0) count += 1;
  return count;
}

/** @param {Ring[]} rings @param {number} tolerance in pixels @returns {Ring[]} */
export function simplified(rings, tolerance) {
  return rings.map((ring) => simplifyRing(ring, tolerance));
}

/**
 * A bitmap instance as an editable polygon. A ring cannot have a hole, so each hole is joined to the ring around it by a
 * cut of no width, as COCO's tools do.
 * @param {Instance} instance @param {number} tolerance in pixels @returns {Ring[]}
 */
export function asPolygon(instance, tolerance) {
  const rings = simplified(ringsOf(instance), tolerance).filter((ring) => ring.length >= 6);
  const outer = rings.filter((ring) => signedArea(ring) > 0);
  /** @type {Map<Ring, Ring[]>} */
  const holes = new Map(outer.map((ring) => [ring, []]));
  for (const hole of rings.filter((ring) => signedArea(ring) < 0)) {
    const around = outer.filter((ring) => covers([ring], hole[0], hole[1]));
    around.sort((a, b) => signedArea(a) - signedArea(b));
    holes.get(around[0])?.push(hole);
  }
  return [...holes].map(([ring, inside]) => withHoles(ring, inside));
}

/**
 * The fields of an instance moved by (dx, dy), held inside the image; a bitmap moves by whole pixels.
 * @param {Instance} instance @param {number} dx @param {number} dy @param {{width: number, height: number}} image
 * @returns {Fields}
 */
export function moved(instance, dx, dy, image) {
  const [x, y, width, height] = instance.bbox;
  let right = Math.min(Math.max(dx, -x), image.width - x - width);
  let down = Math.min(Math.max(dy, -y), image.height - y - height);
  if (isRle(instance.segmentation)) [right, down] = [Math.round(right), Math.round(down)];
  else [right, down] = [rounded(right), rounded(down)];
  /** @type {Fields} */
  const fields = {};
  if (isRle(instance.segmentation)) {
    const crop = decodeCrop(instance.segmentation);
    if (crop) {
      const shifted = { ...crop, left: crop.left + right, top: crop.top + down };
      fields.segmentation = encodeCrop(shifted, image.height, image.width);
    }
  } else if (instance.segmentation.length) {
    fields.segmentation = instance.segmentation.map((ring) => translateRing(ring, right, down).map(rounded));
  } else {
    fields.bbox = [rounded(x + right), rounded(y + down), width, height];
  }
  if (countLabelled(instance.keypoints)) {
    fields.keypoints = instance.keypoints.map((value, i) => {
      if (i % 3 === 2 || !instance.keypoints[i - (i % 3) + 2]) return value;
      return rounded(value + (i % 3 ? down : right));
    });
  }
  return fields;
}

/**
 * The keypoints of an instance, one triple for every name of its category.
 * @param {Instance} instance @param {Category | null} category @returns {number[]}
 */
export function completeKeypoints(instance, category) {
  const wanted = 3 * (category?.keypoints.length ?? 0);
  const keypoints = instance.keypoints.slice(0, wanted);
  while (keypoints.length < wanted) keypoints.push(0);
  return keypoints;
}

/** Keypoint `index` at (x, y); visibility 0 has no place. @param {number[]} keypoints @param {number} index @param {number} x @param {number} y @param {number} visibility */
export function withKeypoint(keypoints, index, x, y, visibility) {
  const result = keypoints.slice();
  result.splice(3 * index, 3, ...(visibility ? [rounded(x), rounded(y), visibility] : [0, 0, 0]));
  return result;
}

/** Whether it stands on the image for everybody: not a proposal that scores below its model's threshold. @param {Instance} instance */
export function counts({ status, score, threshold }) {
  return status === "accepted" || score === null || score >= (threshold ?? 0);
}

/** What makes an instance anew. @param {Instance} instance @returns {Fields & {category_id: number}} */
export function fieldsOf({ category_id, segmentation, bbox, keypoints, iscrowd, attributes = {} }) {
  const shape = Array.isArray(segmentation) && !segmentation.length ? { bbox } : { segmentation };
  // What another tool wrote there may be no value that an edit can have.
  const plain = Object.entries(attributes).filter(([, value]) =>
    ["string", "number", "boolean"].includes(typeof value),
  );
  const said = plain.length ? { attributes: Object.fromEntries(plain) } : {};
  return { category_id, ...shape, keypoints, iscrowd, ...said };
}

/**
 * Many edits in one: `id` of what is made is negative until the server numbers it.
 * @typedef {object} Batch
 * @property {{id: number, fields: Fields & {category_id: number}}[]} create
 * @property {{id: number, base: number, fields: Fields}[]} update
 * @property {{id: number, base: number}[]} delete
 */

/** The document with an unsent edit on top. @param {ImageDocument} document @param {{kind: string, id: number, fields: Fields, batch?: Batch}} edit @returns {ImageDocument} */
export function applied(document, edit) {
  if (edit.batch) {
    const { create, update, delete: gone } = edit.batch;
    for (const { id } of gone) document = withoutInstance(document, id);
    for (const one of update) document = applied(document, { kind: "update", ...one });
    for (const one of create) document = applied(document, { kind: "create", ...one });
    return document;
  }
  if (edit.kind === "delete") return withoutInstance(document, edit.id);
  const instance = findInstance(document, edit.id);
  if (edit.kind === "update")
    return instance ? withInstance(document, edit.id, edited(instance, edit.fields)) : document;
  /** @type {Instance} */
  const blank = {
    id: edit.id,
    image_id: document.image.image_id,
    category_id: edit.fields.category_id ?? 0,
    bbox: [0, 0, 0, 0],
    area: 0,
    segmentation: [],
    iscrowd: 0,
    keypoints: [],
    num_keypoints: 0,
    score: null,
    source: "manual",
    status: "accepted",
    model: null,
    revision: 0,
  };
  return withInstance(document, edit.id, edited(blank, edit.fields));
}
