/** The photograph: decoded once, kept in halved copies so that a small view of a large image draws fast. */

import { texts } from "../messages/texts.js";

const KEPT_IMAGES = 4;
const SMALLEST_COPY = 700; // pixels of the longer side

/** @typedef {{width: number, height: number, levels: ImageBitmap[], closed: boolean}} Picture  level n is 1/2ⁿ of the size */

export class ImageLayer {
  constructor() {
    /** @type {Map<string, Promise<Picture>>} */
    this.pictures = new Map();
    /** @type {Picture | null} */
    this.picture = null;
  }

  /** Decode an image, or find it decoded; the oldest one is forgotten. @param {string} url @param {() => void} [onSharper] */
  load(url, onSharper = () => {}) {
    const known = this.pictures.get(url);
    this.pictures.delete(url);
    const picture = known ?? decode(url, onSharper);
    this.pictures.set(url, picture);
    picture.catch(() => this.pictures.delete(url));
    for (const old of this.pictures.keys()) {
      if (this.pictures.size <= KEPT_IMAGES) break;
      const evicted = this.pictures.get(old);
      this.pictures.delete(old);
      evicted?.then((gone) => gone !== this.picture && close(gone)).catch(() => {});
    }
    return picture;
  }

  /** Forget every image. */
  close() {
    this.picture = null;
    for (const picture of this.pictures.values()) picture.then(close, () => {});
    this.pictures.clear();
  }

  /** @param {CanvasRenderingContext2D} context @param {import("./viewport.js").Viewport} viewport @param {number} ratio device pixels in a CSS pixel */
  draw(context, viewport, ratio) {
    const picture = this.picture;
    if (!picture) return;
    const { scale, x, y, image } = viewport;
    // Only what is in sight: browsers are slow at clipping a large source by themselves.
    const left = Math.max(0, Math.floor(-x / scale)),
      top = Math.max(0, Math.floor(-y / scale));
    const right = Math.min(image.width, Math.ceil((viewport.width - x) / scale));
    const bottom = Math.min(image.height, Math.ceil((viewport.height - y) / scale));
    if (right <= left || bottom <= top) return;
    // Of an image with tiles the picture is a small version already.
    const shown = (scale * ratio * image.width) / picture.width;
    const level = Math.min(picture.levels.length - 1, Math.max(0, Math.floor(-Math.log2(shown))));
    const bitmap = picture.levels[level];
    const byX = bitmap.width / image.width,
      byY = bitmap.height / image.height;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.imageSmoothingEnabled = shown < 3; // closer than that, pixels are what one looks at
    context.imageSmoothingQuality = "medium";
    context.drawImage(
      bitmap,
      left * byX,
      top * byY,
      (right - left) * byX,
      (bottom - top) * byY,
      left * scale + x,
      top * scale + y,
      (right - left) * scale,
      (bottom - top) * scale,
    );
  }
}

/** @param {string} url @param {() => void} onSharper @returns {Promise<Picture>} */
async function decode(url, onSharper) {
  const image = new Image();
  image.decoding = "async";
  image.src = url;
  try {
    await image.decode();
  } catch {
    throw new Error(texts.imageLayer.theImageCouldNotBe);
  }
  const full = await createImageBitmap(image);
  /** @type {Picture} */
  const picture = { width: full.width, height: full.height, levels: [full], closed: false };
  addCopies(picture).then(onSharper, (error) => {
    if (!picture.closed) throw error;
  });
  return picture;
}

/** @param {Picture} picture */
async function addCopies(picture) {
  let { width, height } = picture;
  while (Math.max(width, height) > 2 * SMALLEST_COPY) {
    [width, height] = [Math.max(1, Math.round(width / 2)), Math.max(1, Math.round(height / 2))];
    if (picture.closed) return;
    const previous = picture.levels[picture.levels.length - 1];
    picture.levels.push(
      await createImageBitmap(previous, { resizeWidth: width, resizeHeight: height, resizeQuality: "medium" }),
    );
  }
}

/** Give the memory back now, not when it is collected. @param {Picture} picture */
function close(picture) {
  picture.closed = true;
  for (const level of picture.levels) level.close();
}
