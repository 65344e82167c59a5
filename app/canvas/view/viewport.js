/** Where the image lies on the canvas: image pixel × scale + offset = CSS pixel of the canvas. */

import { clamp } from "../model/shapes/geometry.js";

const MARGIN = 24; // CSS pixels left free around a fitted image
const LARGEST_SCALE = 64;

export class Viewport {
  constructor() {
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.width = 1; // of the canvas, CSS pixels
    this.height = 1;
    this.image = { width: 1, height: 1 };
    this.fitted = true; // follows the canvas until the person zooms or pans
  }

  /** @param {number} x @param {number} y in image pixels @returns {[number, number]} */
  toScreen(x, y) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  /** @param {number} x @param {number} y in CSS pixels of the canvas @returns {[number, number]} */
  toImage(x, y) {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    if (this.fitted) {
      this.width = width;
      this.height = height;
      this.fit();
      return;
    }
    this.x += (width - this.width) / 2;
    this.y += (height - this.height) / 2;
    this.width = width;
    this.height = height;
  }

  fit() {
    const free = { width: Math.max(50, this.width - 2 * MARGIN), height: Math.max(50, this.height - 2 * MARGIN) };
    this.scale = Math.min(free.width / this.image.width, free.height / this.image.height, 8);
    this.x = (this.width - this.image.width * this.scale) / 2;
    this.y = (this.height - this.image.height * this.scale) / 2;
    this.fitted = true;
  }

  /** Zoom so that the image point under (x, y) stays there. @param {number} x @param {number} y @param {number} factor */
  zoomAt(x, y, factor) {
    const smallest = Math.min(0.2, 60 / Math.max(this.image.width, this.image.height));
    const scale = clamp(this.scale * factor, smallest, LARGEST_SCALE);
    const ratio = scale / this.scale;
    this.x = x - (x - this.x) * ratio;
    this.y = y - (y - this.y) * ratio;
    this.scale = scale;
    this.fitted = false;
    this.keepInSight();
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.fitted = false;
    this.keepInSight();
  }

  /** Bring a box of the image into sight, where it is not. @param {[number, number, number, number]} bbox x, y, width, height */
  reveal([x, y, width, height]) {
    const [left, top] = this.toScreen(x, y),
      [right, bottom] = this.toScreen(x + width, y + height);
    if (left >= 0 && top >= 0 && right <= this.width && bottom <= this.height) return;
    const tooLarge = right - left > this.width || bottom - top > this.height;
    const insideX = right > 40 && left < this.width - 40,
      insideY = bottom > 40 && top < this.height - 40;
    if (tooLarge && insideX && insideY) return;
    this.pan(this.width / 2 - (left + right) / 2, this.height / 2 - (top + bottom) / 2);
  }

  /** A corner of the image always stays in sight, so that it cannot be lost. @private */
  keepInSight() {
    const rest = 48;
    this.x = clamp(this.x, rest - this.image.width * this.scale, this.width - rest);
    this.y = clamp(this.y, rest - this.image.height * this.scale, this.height - rest);
  }
}
