/** The parts of a large picture that are in sight, over its small version: fetched as they are needed, sharp enough and no sharper. */

import { tileUrl } from "../model/api.js";
import { clamp } from "../model/shapes/geometry.js";
import { texts } from "../messages/texts.js";

const KEPT_TILES = 200; // decoded; of 512 pixels a megabyte each

/** @typedef {{image_id: number, width: number, height: number, tiles?: {size: number, levels: number} | null}} TiledImage */
/** @typedef {{bitmap: ImageBitmap | null, fetching: AbortController | null}} Tile */

export class TileLayer {
  /** @param {() => void} onTile asks for a drawing */
  constructor(onTile) {
    this.onTile = onTile;
    /** @type {TiledImage | null} */
    this.image = null;
    /** By address, the one drawn last at the end. @type {Map<string, Tile>} */
    this.tiles = new Map();
  }

  /** @param {TiledImage} image whose tiles are drawn from now on, if it has any */
  show(image) {
    if (image.image_id !== this.image?.image_id) this.close();
    this.image = image.tiles ? image : null;
  }

  close() {
    for (const tile of this.tiles.values()) forget(tile);
    this.tiles.clear();
    this.image = null;
  }

  /** Whether something in sight is not there yet. */
  get isFetching() {
    return [...this.tiles.values()].some((tile) => tile.fetching);
  }

  /** @param {CanvasRenderingContext2D} context @param {import("./viewport.js").Viewport} viewport @param {number} ratio device pixels in a CSS pixel @param {boolean} fetches false: only what is here already */
  draw(context, viewport, ratio, fetches = true) {
    const image = this.image;
    if (!image?.tiles) return;
    const { size, levels } = image.tiles;
    const level = Math.max(0, Math.floor(-Math.log2(viewport.scale * ratio)));
    if (level >= levels) return fetches ? this.abandon(new Set()) : undefined; // the small version is sharp enough
    const wide = halved(image.width, level),
      high = halved(image.height, level);
    // Pixels of the level, and how many device pixels one of them covers.
    const stepX = (viewport.scale * ratio * image.width) / wide,
      stepY = (viewport.scale * ratio * image.height) / high;
    const x = viewport.x * ratio,
      y = viewport.y * ratio;
    const last = (/** @type {number} */ pixels) => Math.ceil(pixels / size) - 1;
    const columns = [0, viewport.width * ratio].map((at) => clamp(Math.floor((at - x) / stepX / size), 0, last(wide)));
    const rows = [0, viewport.height * ratio].map((at) => clamp(Math.floor((at - y) / stepY / size), 0, last(high)));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.imageSmoothingEnabled = stepX < 3; // closer than that, pixels are what one looks at
    const wanted = new Set();
    for (let row = rows[0]; row <= rows[1]; row++) {
      for (let column = columns[0]; column <= columns[1]; column++) {
        const url = tileUrl(image.image_id, level, column, row);
        wanted.add(url);
        const bitmap = fetches ? this.take(url) : this.tiles.get(url)?.bitmap;
        if (!bitmap) continue;
        // Whole device pixels: two tiles that meet inside one would both shine through.
        const left = Math.round(x + column * size * stepX),
          top = Math.round(y + row * size * stepY);
        const right = Math.round(x + (column * size + bitmap.width) * stepX),
          bottom = Math.round(y + (row * size + bitmap.height) * stepY);
        context.drawImage(bitmap, left, top, right - left, bottom - top);
      }
    }
    if (fetches) this.abandon(wanted);
  }

  /** The tile of an address, null while it is fetched. @private @param {string} url */
  take(url) {
    const tile = this.tiles.get(url) ?? this.fetch(url);
    this.tiles.delete(url);
    this.tiles.set(url, tile);
    return tile.bitmap;
  }

  /** @private @param {string} url @returns {Tile} */
  fetch(url) {
    const fetching = new AbortController();
    /** @type {Tile} */
    const tile = { bitmap: null, fetching };
    const read = async () => {
      const answer = await fetch(url, { signal: fetching.signal, credentials: "same-origin" });
      if (!answer.ok) throw new Error(texts.tileLayer.theServerAnswered(answer.status));
      const bitmap = await createImageBitmap(await answer.blob());
      if (fetching.signal.aborted) return bitmap.close();
      Object.assign(tile, { bitmap, fetching: null });
      this.onTile();
    };
    read().catch(() => {
      // The small version is what is seen until the next movement, which tries again.
      if (this.tiles.get(url) === tile) this.tiles.delete(url);
    });
    return tile;
  }

  /** What is fetched and no longer wanted, and what is too many. @private @param {Set<string>} wanted */
  abandon(wanted) {
    for (const [url, tile] of this.tiles) {
      if (wanted.has(url)) continue;
      if (!tile.fetching && this.tiles.size <= Math.max(KEPT_TILES, 2 * wanted.size)) continue;
      forget(tile);
      this.tiles.delete(url);
    }
  }
}

/** @param {Tile} tile */
function forget(tile) {
  tile.fetching?.abort();
  tile.bitmap?.close();
}

/** @param {number} side @param {number} times */
function halved(side, times) {
  for (let i = 0; i < times; i++) side = Math.ceil(side / 2);
  return side;
}
