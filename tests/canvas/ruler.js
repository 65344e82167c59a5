/** A tool as CONTRIBUTING.md has it, and all that a tool needs: it says how far apart two places are. */

/** @typedef {{x: number, y: number}} Place  in pixels of the image */

export class RulerTool {
  name = "ruler";
  label = "Measure a distance";
  key = "Z";
  icon = /** @type {const} */ ("M3 17L17 3l4 4L7 21zM7 13l2 2M11 9l2 2");

  /** @param {any} editor @param {any} view */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    /** @type {Place | null} */
    this.start = null;
    this.distance = 0;
  }

  hint() {
    return this.distance ? `${this.distance.toFixed(1)} pixels` : "Drag from one place to another.";
  }

  cursor() {
    return "crosshair";
  }

  /** @param {Place} pointer */
  pointerDown(pointer) {
    this.start = pointer;
  }

  /** @param {Place} pointer @param {boolean} pressed */
  pointerMove(pointer, pressed) {
    if (!pressed || !this.start) return;
    this.distance = Math.hypot(pointer.x - this.start.x, pointer.y - this.start.y);
    this.editor.emit("hint");
  }

  pointerUp() {
    this.start = null;
  }
}
