/** Files that a person gives, and the folders that they lay in. */

/** @type {WeakMap<File, string>} a File's own name has no folders */
const paths = new WeakMap();

/** The name that a file is uploaded under: with its folders, where they are known. @param {File} file */
export const pathOf = (file) => paths.get(file) ?? (file.webkitRelativePath || file.name);

const ANNOTATIONS = /\.(json|jsonl|ndjson|xml|csv|txt|ya?ml|names|data|parquet|manifest|zip)$/i;
const BASE = /([^/\\]+?)(\.[^./\\]*)?$/;

/** What a file chooser offers for an import, images beside it. */
export const ANNOTATION_KINDS = ".json,.jsonl,.ndjson,.xml,.csv,.txt,.yaml,.yml,.names,.data,.parquet,.manifest,.zip";

/** Whether a file may hold annotations, by its name. @param {File} file */
export const isAnnotation = (file) => ANNOTATIONS.test(file.name);

/**
 * Whether files are for an import, not only pictures: a text among photographs counts where it is called as one of
 * them, as YOLO's labels are, or where no photograph is there. @param {File[]} files
 */
export function bringsAnnotations(files) {
  const found = files.filter(isAnnotation);
  const texts = found.filter((file) => /\.txt$/i.test(file.name));
  if (texts.length < found.length || found.length === files.length) return found.length > 0;
  const base = (/** @type {File} */ file) => BASE.exec(file.name)?.[1];
  const pictures = new Set(files.filter((file) => !isAnnotation(file)).map(base));
  return texts.some((file) => pictures.has(base(file)));
}

/**
 * The files of a drop, those in dropped folders too. Of a single folder the names begin inside it, as those in an
 * annotation file beside it do; of several each keeps its folder's name.
 * @param {DataTransfer} transfer @returns {Promise<File[]>}
 */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return [...transfer.files];
  const single = entries.length === 1 && entries[0] ? `${entries[0].name}/` : "";
  /** @type {File[]} */
  const files = [];
  for (const entry of entries) if (entry) await collect(entry, files);
  if (single) for (const file of files) paths.set(file, pathOf(file).slice(single.length));
  return files;
}

/** @param {FileSystemEntry} entry @param {File[]} files */
async function collect(entry, files) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) =>
      /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject),
    );
    if (file.name.startsWith(".")) return;
    paths.set(file, entry.fullPath.replace(/^\/+/, ""));
    files.push(file);
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const child of some) await collect(child, files);
  }
}
