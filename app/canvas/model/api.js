/** The data plane as functions: paths relative to this module's own address, errors as one line. */

import { pathOf } from "./files.js";

/** @typedef {import("./document.js").ImageDocument} ImageDocument */
/** @typedef {import("./document.js").Instance} Instance */
/** @typedef {import("./document.js").Category} Category */
/** @typedef {import("./document.js").Fields} Fields */
/** @typedef {import("./document.js").ImageStatus} ImageStatus */
/**
 * @typedef {object} ImageRow
 * @property {number} image_id
 * @property {string} file_name
 * @property {number} width
 * @property {number} height
 * @property {ImageStatus} status
 * @property {number} [revision] of its document
 * @property {string[]} [people] who made an edit on it
 * @property {string | null} [reviewed_by]
 * @property {{[name: string]: number}} [counts]
 * @property {string[]} [tags]
 * @property {boolean} [excluded] kept out of training
 * @property {number} [notes] open ones, on it and its objects
 * @property {boolean} [returned] sent back with a note
 * @property {boolean} [changed] edited since it was reviewed
 * @property {number[]} [categories] classes of its objects
 * @property {number | null} [uncertainty]
 * @property {{size: number, levels: number} | null} [tiles] of a picture that is too large to be shown as one
 */
/** @typedef {{instance: Instance, revision: number}} Saved */
/** @typedef {{images: {image_id: number, file_name: string, duplicate?: boolean, note?: string}[], errors: {file_name: string, error: string}[]}} Uploaded */

import { pageName } from "./page_name.js";
import { language, texts } from "../messages/texts.js";

const base = new URL("../../api/", import.meta.url);

/** Where a data-plane path lies. @param {string} path without a leading slash */
export function apiUrl(path) {
  return new URL(path, base).href;
}

/** The server answered, and said no. */
export class ApiError extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(lineOf(body) ?? texts.api.theServerAnswered(status));
    this.status = status;
    this.body = body ?? {};
  }
}

/** No answer: the server is down, the network is away, or the request was cut off. */
export class NoAnswer extends Error {}

/** Called whenever the server has answered, whatever it said. @type {Set<() => void>} */
export const onAnswer = new Set();

/** @param {any} body @returns {string | undefined} */
function lineOf(body) {
  if (typeof body?.error === "string") return body.error;
  const detail = body?.detail;
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail) && detail[0]?.msg) return `${(detail[0].loc ?? []).slice(1).join(".")}: ${detail[0].msg}`;
  return undefined;
}

/** @param {string} method @param {string} path @param {unknown} [body] @param {string} [key] @returns {Promise<any>} */
async function request(method, path, body, key) {
  const headers = new Headers();
  /** @type {RequestInit} */
  const init = { method, credentials: "same-origin", headers };
  if (key) headers.set("Idempotency-Key", key);
  headers.set("MaskLoop-Page", pageName());
  headers.set("MaskLoop-Language", language); // of the lines that the server says
  if (body instanceof FormData) init.body = body;
  else if (body !== undefined) {
    init.body = JSON.stringify(body);
    headers.set("Content-Type", "application/json");
  }
  let response;
  try {
    response = await fetch(apiUrl(path), init);
  } catch {
    throw new NoAnswer(texts.api.theServerDoesNotAnswer);
  }
  onAnswer.forEach((heard) => heard());
  let answer;
  try {
    answer = response.status === 204 ? null : await response.json();
  } catch {
    if (response.ok) throw new NoAnswer(texts.api.theAnswerWasCutOff);
  }
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

/** @param {string | null} cursor @param {string} order @param {number} [limit] @returns {Promise<{images: ImageRow[], next_cursor: string | null, total: number}>} */
export function listImages(cursor, order, limit = 200) {
  const query = new URLSearchParams({ order, limit: String(limit) });
  if (cursor !== null) query.set("cursor", cursor);
  return request("GET", `images?${query}`);
}

/** @param {File[]} files @returns {Promise<Uploaded>} also where the server refused all of them */
export async function uploadImages(files) {
  const form = new FormData();
  for (const file of files) form.append("files", file, pathOf(file));
  try {
    return await request("POST", "images", form);
  } catch (error) {
    if (error instanceof ApiError && Array.isArray(error.body.errors)) {
      return { images: error.body.images ?? [], errors: error.body.errors };
    }
    throw error;
  }
}

/** Those that come with the program. @returns {Promise<Uploaded>} */
export const addSamples = () => request("POST", "images/samples", {});

/** @param {number} image */
export const imageUrl = (image) => apiUrl(`images/${image}/file`);
/** @param {number} image @param {number} level 0 is full size, each next one half of it @param {number} column @param {number} row */
export const tileUrl = (image, level, column, row) => apiUrl(`images/${image}/tiles/${level}/${column}/${row}`);
/** The image as one picture: the smallest of its levels where it has tiles. @param {{image_id: number, tiles?: {levels: number} | null}} image */
export const pictureUrl = ({ image_id, tiles }) => (tiles ? tileUrl(image_id, tiles.levels, 0, 0) : imageUrl(image_id));
/** @param {number} image */
export const thumbnailUrl = (image) => apiUrl(`images/${image}/thumbnail`);
/** The same with the accepted objects on it. @param {ImageRow} row */
export const annotatedThumbnailUrl = ({ image_id, revision, counts }) =>
  apiUrl(`images/${image_id}/thumbnail${counts?.instances ? `?objects=true&revision=${revision ?? 0}` : ""}`);

/** @param {number} image @returns {Promise<ImageDocument>} */
export const getDocument = (image) => request("GET", `images/${image}/document`);
/** @param {number} image @param {boolean} onlyUntouched leave it alone where a person works on it by then @returns {Promise<ImageDocument>} */
export const predict = (image, onlyUntouched) =>
  request("POST", `images/${image}/predict`, onlyUntouched ? { only_untouched: true } : {});
/** @param {number} image @param {Fields} fields @param {string} key @returns {Promise<Saved>} */
export const createInstance = (image, fields, key) => request("POST", `images/${image}/instances`, fields, key);
/** @param {number} image @param {number} id @param {number} base_revision @param {Fields} fields @param {string} key @returns {Promise<Saved>} */
export const updateInstance = (image, id, base_revision, fields, key) =>
  request("PUT", `images/${image}/instances/${id}`, { base_revision, ...fields }, key);
/** @param {number} image @param {number} id @param {number} base_revision @param {string} key @returns {Promise<{revision: number}>} */
export const deleteInstance = (image, id, base_revision, key) =>
  request("DELETE", `images/${image}/instances/${id}?base_revision=${base_revision}`, undefined, key);
/** Many edits in one, all or nothing. @param {number} image @param {import("./document.js").Batch} batch @param {string} key @returns {Promise<{instances: Instance[], created: Instance[], revision: number}>} */
export const editBatch = (image, batch, key) =>
  request(
    "POST",
    `images/${image}/batch`,
    {
      create: batch.create.map(({ fields }) => fields),
      update: batch.update.map(({ id, base, fields }) => ({ id, base_revision: base, ...fields })),
      delete: batch.delete.map(({ id, base }) => ({ id, base_revision: base })),
    },
    key,
  );
/** @returns {Promise<{state: string, model: string | null, message: string}>} */
export const assistState = () => request("GET", "assist");
/** @returns {Promise<{models: {name: string, note: string}[]}>} */
export const listModels = () => request("GET", "models");
/** @param {number} image @param {number[][]} boxes @param {number} [category] @returns {Promise<{instances: Instance[]}>} */
export const masksFromBoxes = (image, boxes, category) => request("POST", `images/${image}/masks`, { boxes, category });
/** The object that clicks are on. @param {number} image @param {[number, number, boolean][]} points @param {number | undefined} category @param {boolean} preview quicker and coarser @returns {Promise<{instances: Instance[]}>} */
export const maskFromPoints = (image, points, category, preview) =>
  request("POST", `images/${image}/masks`, { points, category, preview });
/** All objects that clicks may be on, that of `maskFromPoints` first. @param {number} image @param {[number, number, boolean][]} points @param {number | undefined} category @returns {Promise<{instances: Instance[]}>} */
export const meaningsOfPoints = (image, points, category) =>
  request("POST", `images/${image}/masks`, { points, category, meanings: true });
/** @param {number} image @param {number | object} instance @param {(number | boolean)[][]} points @param {number[]} [box] that was drawn around it @returns {Promise<{segmentation: Instance["segmentation"], bbox: Instance["bbox"]}>} */
export const refine = (image, instance, points, box) =>
  request("POST", `images/${image}/refine`, { instance, points, box });
/** The accepted objects of another image as proposals. @param {number} image @param {number} source @returns {Promise<ImageDocument & {added: number, there: number, lost: number}>} */
export const propagate = (image, source) => request("POST", `images/${image}/propagate`, { source });
/** @param {number} image @returns {Promise<{revision: number, categories: string}>} */
export const getRevision = (image) => request("GET", `images/${image}/revision`);
/** @param {number} image @param {boolean} [anyones] the last edit, also where it is somebody else's @returns {Promise<ImageDocument>} */
export const undo = (image, anyones = false) =>
  request("POST", `images/${image}/undo${anyones ? "?anyones=true" : ""}`);
/** @param {number} image @param {boolean} [anyones] @returns {Promise<ImageDocument>} */
export const redo = (image, anyones = false) =>
  request("POST", `images/${image}/redo${anyones ? "?anyones=true" : ""}`);
/** @param {number} image @param {number[]} ids @returns {Promise<any>} one edit for all of them */
export const acceptInstances = (image, ids) => request("POST", `images/${image}/accept`, { instances: ids });
/** @param {number} image @param {ImageStatus} status @param {import("./thresholds.js").Thresholds} [thresholds] of what is accepted and what goes @param {string} [note] what it goes back for @returns {Promise<any>} */
export const setStatus = (image, status, thresholds, note) =>
  request("PUT", `images/${image}/status`, {
    status,
    score_threshold: thresholds?.all ?? undefined,
    score_thresholds: thresholds && Object.fromEntries(thresholds.classes),
    note,
  });
/** @typedef {import("./document.js").Note} Note */
/** @param {number} image @param {string} text @param {number | null} instance @returns {Promise<Note>} */
export const addNote = (image, text, instance) => request("POST", `images/${image}/notes`, { text, instance });
/** @param {number} image @param {number} note @param {boolean} done @returns {Promise<Note>} */
export const setNoteDone = (image, note, done) => request("PATCH", `images/${image}/notes/${note}`, { done });
/** @param {number} image @param {number} note @returns {Promise<null>} */
export const deleteNote = (image, note) => request("DELETE", `images/${image}/notes/${note}`);
/** @param {number} image @param {{excluded?: boolean, tags?: string[]}} fields @returns {Promise<{excluded: boolean, tags: string[]}>} */
export const changeImage = (image, fields) => request("PATCH", `images/${image}`, fields);
/** All of them or none. @param {number[]} image_ids @param {{add_tags?: string[], remove_tags?: string[], excluded?: boolean, removed?: boolean}} fields @returns {Promise<{images: number}>} */
export const changeImages = (image_ids, fields) => request("PATCH", "images", { image_ids, ...fields });

/**
 * @typedef {object} Statistics
 * @property {{total: number, todo: number, in_progress: number, reviewed: number}} images
 * @property {string[]} sizes
 * @property {{category_id: number, name: string, objects: number, drawn: number, corrected: number, confirmed: number, proposed: number, images: number, sizes: number[]}[]} classes
 * @property {{person: string, objects: number, reviewed: number, actions: number, actions_an_object: number | null}[]} people
 * @property {{day: string, person: string | null, images: number}[]} reviews
 * @property {{people: [string, string], images: number}[]} pairs
 */
/** @typedef {{matched: number, renamed: number, only_first: number, only_second: number, agreement: number | null, mean_iou: number | null, mean_oks: number | null}} Agreement */
/** @typedef {Agreement & {image_id: number, file_name: string, first: string, second: string}} ImageAgreement */
/** @typedef {Agreement & {people: [string, string], images: ImageAgreement[], ious: number[]}} PeopleAgreement */
/** @typedef {{instance: number, category: string, outline: number[][]}} OneSide */
/** @typedef {ImageAgreement & {width: number, height: number, differences: {kind: string, iou?: number | null, oks?: number | null, first?: OneSide | null, second?: OneSide | null}[]}} ImageDifferences */
const utcOffset = () => String(-new Date().getTimezoneOffset());
/** @returns {Promise<Statistics>} */
export const statistics = () => request("GET", `statistics?utc_offset=${utcOffset()}`);
/** @param {[string, string]} people @returns {Promise<PeopleAgreement>} */
export const agreement = ([first, second]) =>
  request("GET", `statistics/agreement?${new URLSearchParams({ first, second })}`);
/** @param {number} image @param {[string, string]} people @returns {Promise<ImageDifferences>} */
export const differences = (image, [first, second]) =>
  request("GET", `statistics/agreement/${image}?${new URLSearchParams({ first, second })}`);
/** One of the statistics as a CSV file. @param {string} table @param {{[name: string]: string}} [of] */
export const tableUrl = (table, of = {}) =>
  apiUrl(`statistics/tables/${table}?${new URLSearchParams({ utc_offset: utcOffset(), ...of })}`);

/** @typedef {{image_id: number, file_name: string, removed: number | null}} RemovedImage */
/** @param {number} image @returns {Promise<RemovedImage>} it goes to the trash */
export const removeImage = (image) => request("DELETE", `images/${image}`);
/** @returns {Promise<{images: RemovedImage[]}>} */
export const listTrash = () => request("GET", "trash");
/** @param {number} image @returns {Promise<RemovedImage>} */
export const restoreImage = (image) => request("POST", `trash/${image}/restore`);
/** @returns {Promise<{purged: number[]}>} */
export const emptyTrash = () => request("DELETE", "trash");

/** @returns {Promise<{person: string, role: string, may: string[]}>} who this page is signed in as */
export const whoAmI = () => request("GET", "me");

/** @returns {Promise<{categories: Category[]}>} */
export const listCategories = () => request("GET", "categories");
/** @param {Partial<Category>} category @returns {Promise<Category>} */
export const createCategory = (category) => request("POST", "categories", category);
/** @param {number} id @param {Partial<Category>} category @returns {Promise<Category>} */
export const updateCategory = (id, category) => request("PUT", `categories/${id}`, category);

/** @typedef {{images: number, annotations: number, already_there: number, updated?: number, removed?: number, uploaded: {image_id: number}[], errors: {error: string, file_name?: string}[], notes?: string[]}} Imported */
/**
 * @param {File[]} files annotation files, and images or archives @param {{[name: string]: string}} options the route's
 * @returns {Promise<Imported>}
 */
export function importAnnotations(files, options) {
  const form = new FormData();
  for (const file of files) form.append("files", file, pathOf(file));
  return request("POST", `import?${new URLSearchParams(options)}`, form);
}

/** @typedef {{key: string, stage: string, done: number, total: number | null}} GoingImport how far an import is */
/** @returns {Promise<{imports: GoingImport[]}>} */
export const goingImports = () => request("GET", "imports");

/**
 * The checked export as a file; an error line where it would have been wrong.
 * @param {{[name: string]: string}} options @returns {Promise<{name: string, blob: Blob}>}
 */
export async function exportAnnotations(options) {
  const response = await fetch(apiUrl(`export?${new URLSearchParams(options)}`), {
    credentials: "same-origin",
    headers: { "MaskLoop-Language": language },
  });
  if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => null));
  const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "annotations.json";
  return { name, blob: await response.blob() };
}
