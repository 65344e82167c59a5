/** Several selected objects dragged together: outlines go along with the pointer, letting go is one edit for all. */

import { isRle, moved } from "../../model/document.js";
import { clamp } from "../../model/shapes/geometry.js";
import { drawShape } from "../../view/painter.js";
import { Viewport } from "../../view/viewport.js";

/** @typedef {import("../../view/tool.js").Pointer} Pointer */

const DRAG_START = 4; // CSS pixels; a press that moves less is a click

export class GroupDrag {
  /** @param {import("../../model/editor.js").Editor} editor @param {Pointer} start @param {number} id of the object that was pressed */
  constructor(editor, start, id) {
    this.editor = editor;
    this.start = start;
    this.id = id;
    this.instances = editor.selectedInstances.filter((instance) => !editor.locked.has(instance.id));
    this.dx = 0;
    this.dy = 0;
    this.moving = false;
  }

  /** @param {Pointer} at */
  move(at) {
    this.moving ||= Math.hypot(at.screenX - this.start.screenX, at.screenY - this.start.screenY) >= DRAG_START;
    if (!this.moving || !this.instances.length) return;
    const { width, height } = this.editor.image ?? { width: 0, height: 0 };
    const boxes = this.instances.map(({ bbox }) => bbox);
    // All keep their places to each other, so the outermost of them holds the others back at the image's edge.
    const dx = clamp(
      at.x - this.start.x,
      -Math.min(...boxes.map(([x]) => x)),
      width - Math.max(...boxes.map(([x, , wide]) => x + wide)),
    );
    const dy = clamp(
      at.y - this.start.y,
      -Math.min(...boxes.map(([, y]) => y)),
      height - Math.max(...boxes.map(([, y, , high]) => y + high)),
    );
    const whole = this.instances.some(({ segmentation }) => isRle(segmentation)); // masks move by whole pixels
    [this.dx, this.dy] = whole ? [Math.trunc(dx), Math.trunc(dy)] : [dx, dy];
  }

  /** The button is let go. */
  end() {
    const { editor, dx, dy } = this;
    const image = editor.image;
    if (!this.moving) return editor.select(this.id);
    if (!image || (!dx && !dy)) return;
    editor.changeMany({
      update: this.instances.map((instance) => ({ id: instance.id, fields: moved(instance, dx, dy, image) })),
    });
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../../view/painter.js").Surface} surface */
  draw(context, surface) {
    if (!this.moving) return;
    const { viewport } = surface;
    const shifted = Object.assign(new Viewport(), viewport, {
      x: viewport.x + this.dx * viewport.scale,
      y: viewport.y + this.dy * viewport.scale,
    });
    for (const instance of this.instances)
      drawShape(
        context,
        { ...surface, viewport: shifted },
        instance,
        this.editor.category(instance.category_id),
        "hovered",
      );
  }
}
