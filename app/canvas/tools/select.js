/** Select, move and reshape: the tool in hand most of the time. */

import { asPolygon, editableRings, moved, shapeKind } from "../model/document.js";
import { withGroups } from "../model/several/groups.js";
import { clamp } from "../model/shapes/geometry.js";
import { spanned, withSide } from "../model/shapes/resize.js";
import { insertVertex, moveVertex, removeVertex } from "../model/shapes/vertices.js";
import { colorOf } from "../view/painter.js";
import { hits, shapeOf } from "../view/outline_cache.js";
import { cursorOf, dragHandle, drawHandles, handleAt } from "./selecting/frame.js";
import { GroupDrag } from "./selecting/group.js";
import { Marquee } from "./selecting/marquee.js";
import { drawNewVertex, edgeAt, keypointAt, vertexAt } from "./selecting/outline.js";
import { ChosenVertices } from "./selecting/vertices.js";
import { dragKeypoint, turnVisibility } from "./keypoints/edits.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../view/tool.js").Pointer} Pointer */
/** @typedef {import("../model/document.js").Instance} Instance */
/** @typedef {import("../model/document.js").Fields} Fields */
/** @typedef {import("./selecting/outline.js").Handle} Handle */

const DRAG_START = 4; // CSS pixels; a press that moves less is a click
const CONVERT_TOLERANCE = 0.8; // image pixels

export class SelectTool {
  name = "select";
  label = texts.select.selectMoveReshape;
  key = "V";
  icon = /** @type {const} */ ("select");

  /** @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    /** @type {{move: (pointer: Pointer) => Fields | null, start: Pointer, moving: boolean, id: number, click?: () => void} | null} */
    this.drag = null;
    /** Where a click would add a vertex. @type {{x: number, y: number} | null} */
    this.onEdge = null;
    /** Several objects dragged together, or a frame drawn around some. @type {GroupDrag | Marquee | null} */
    this.gesture = null;
    /** The handle of the frame under the pointer. @type {number | null} */
    this.handle = null;
    /** Where a finger's pan of the empty canvas has got to. @type {Pointer | null} */
    this.panFrom = null;
    this.vertices = new ChosenVertices(editor, view);
  }

  hint() {
    const { editor } = this;
    const selected = editor.selected;
    if (!selected) return texts.select.clickAnObjectToSelect;
    if (editor.selectsSeveral) return texts.select.selected19ClassEnter(editor.selection.size);
    if (editor.locked.has(selected.id)) return texts.anyTool.lockedLUnlocksIt;
    if (shapeKind(selected) === "bitmap") return texts.select.dragMovesTheMaskIts;
    if (shapeKind(selected) === "box") return texts.select.dragACornerOrA;
    if (this.vertices.size) return texts.select.pointsSelected(this.vertices.size);
    return texts.select.dragPointsClickAnEdge;
  }

  /** The selected instance, where it may be reshaped. @private @returns {Instance | null} */
  get editable() {
    const selected = this.editor.selected;
    if (this.editor.selectsSeveral) return null;
    return selected && this.editor.isSeen(selected) && !this.editor.locked.has(selected.id) ? selected : null;
  }

  /** @param {Pointer} pointer */
  pointerDown(pointer) {
    const { editor, view } = this;
    const selected = this.editable;
    const keypoint = keypointAt(view, selected, pointer);
    if (pointer.button === 2 && keypoint) return turnVisibility(editor, keypoint.index);
    if (pointer.button !== 0) return;
    if (selected && keypoint) {
      editor.setActiveKeypoint(keypoint.index);
      this.begin(selected, pointer, (at) => dragKeypoint(editor, selected, keypoint.index, at));
      return;
    }
    const vertex = vertexAt(view, selected, pointer);
    if (selected && vertex) return this.pressVertex(selected, vertex, pointer);
    if (selected && pointer.control && shapeKind(selected) === "polygon") {
      this.gesture = new Marquee(pointer, (box) => this.vertices.addIn(selected, box));
      return;
    }
    const handle = selected && handleAt(selected, pointer, view.viewport);
    if (selected && handle !== null)
      return this.begin(selected, pointer, (at) => dragHandle(selected, handle, pointer, at, this.image));
    const edge = edgeAt(view, selected, pointer);
    if (selected && edge) return this.pressEdge(selected, edge, pointer);
    const under = view.instancesAt(pointer.x, pointer.y);
    if (pointer.shift && under.length) return this.toggle(under[0].id);
    const pressed = editor.selectsSeveral && under.find(({ id }) => editor.selection.has(id));
    if (pressed) {
      this.gesture = new GroupDrag(editor, pointer, pressed.id);
      return;
    }
    const chosen = under.findIndex((instance) => instance.id === editor.selectedId);
    if (chosen >= 0 && selected) {
      this.begin(selected, pointer, (at) => moved(selected, at.x - pointer.x, at.y - pointer.y, this.image));
      if (this.drag) this.drag.click = () => editor.select(under[(chosen + 1) % under.length].id);
    } else if (under.length) {
      const { id } = under[chosen < 0 ? 0 : (chosen + 1) % under.length];
      editor.selectAll(chosen < 0 ? withGroups(editor, [id]) : [id]);
    } else {
      if (!pointer.shift) editor.selectAll([]);
      if (pointer.touch) this.panFrom = pointer;
      else this.gesture = new Marquee(pointer, (box) => this.selectIn(box, pointer.shift));
    }
  }

  /** Select what a frame touches. @private @param {[number, number, number, number]} box @param {boolean} also beside what is selected already */
  selectIn(box, also) {
    const ids = this.view.instancesIn(box).map(({ id }) => id);
    const before = also ? [...this.editor.selection].filter((id) => !ids.includes(id)) : [];
    this.editor.selectAll(withGroups(this.editor, [...before, ...ids]));
  }

  /** Add an object and its group to the selection, or take them out. @private @param {number} id */
  toggle(id) {
    const { selection } = this.editor;
    const group = withGroups(this.editor, [id]);
    const rest = [...selection].filter((other) => !group.includes(other));
    this.editor.selectAll(selection.has(id) ? rest : [...rest, ...group]);
  }

  /** @private */
  get image() {
    return this.editor.image ?? { width: 0, height: 0 };
  }

  /** @private @param {Pointer} pointer @returns {[number, number]} the nearest point in the image */
  inside(pointer) {
    return [clamp(pointer.x, 0, this.image.width), clamp(pointer.y, 0, this.image.height)];
  }

  /** @private @param {Instance} instance @param {Handle} handle @param {Pointer} pointer */
  pressVertex(instance, { ring, vertex }, pointer) {
    if (shapeKind(instance) === "box") {
      const [x, y, width, height] = instance.bbox;
      const fixed = [vertex === 1 || vertex === 2 ? x : x + width, vertex >= 2 ? y : y + height];
      return this.begin(instance, pointer, (at) => ({ bbox: spanned(fixed, this.inside(at)) }));
    }
    if (pointer.control) return this.vertices.toggle(instance, { ring, vertex });
    const rings = editableRings(instance);
    if (pointer.shift || pointer.alt) {
      const rest =
        pointer.alt && rings.length > 1 ? rings.filter((_, r) => r !== ring) : removeVertex(rings, ring, vertex);
      if (rest) this.editor.change(instance.id, { segmentation: rest });
      else if (rings.length > 1) this.editor.change(instance.id, { segmentation: rings.filter((_, r) => r !== ring) });
      else this.editor.emit("notice", { text: texts.select.aPolygonKeepsAtLeast });
      this.view.activeVertex = null;
      return;
    }
    if (this.vertices.has({ ring, vertex }))
      this.begin(instance, pointer, (at) => this.vertices.moved(instance, at.x - pointer.x, at.y - pointer.y));
    else {
      if (!pointer.touch) this.vertices.clear();
      this.begin(instance, pointer, (at) => ({ segmentation: moveVertex(rings, ring, vertex, ...this.inside(at)) }));
    }
    // A finger has no Ctrl.
    if (this.drag && pointer.touch) this.drag.click = () => this.vertices.toggle(instance, { ring, vertex });
  }

  /** @private @param {Instance} instance @param {{ring: number, vertex: number, x: number, y: number}} edge @param {Pointer} pointer */
  pressEdge(instance, edge, pointer) {
    if (shapeKind(instance) === "box")
      return this.begin(instance, pointer, (at) => ({ bbox: withSide(instance.bbox, edge.vertex, this.inside(at)) }));
    const rings = insertVertex(editableRings(instance), edge.ring, edge.vertex, edge.x, edge.y);
    this.begin(instance, pointer, (at) => ({
      segmentation: moveVertex(rings, edge.ring, edge.vertex + 1, ...this.inside(at)),
    }));
    if (this.drag) this.drag.click = () => void this.editor.change(instance.id, { segmentation: rings });
    this.view.activeVertex = { ring: edge.ring, vertex: edge.vertex + 1 };
    this.onEdge = null;
    this.editor.setDraft({ id: instance.id, fields: { segmentation: rings } });
  }

  /** @private @param {Instance} instance @param {Pointer} start @param {(pointer: Pointer) => Fields | null} move */
  begin(instance, start, move) {
    this.drag = { move, start, moving: false, id: instance.id };
  }

  /** @param {Pointer} pointer @param {boolean} pressed */
  pointerMove(pointer, pressed) {
    if (this.panFrom && pressed) {
      this.view.viewport.pan(pointer.screenX - this.panFrom.screenX, pointer.screenY - this.panFrom.screenY);
      this.panFrom = pointer;
      return this.view.redrawMoved();
    }
    if (this.gesture && pressed) {
      this.gesture.move(pointer);
      return this.view.redrawOverlay();
    }
    const drag = this.drag;
    if (!drag || !pressed) return this.hover(pointer);
    const travelled = Math.hypot(pointer.screenX - drag.start.screenX, pointer.screenY - drag.start.screenY);
    drag.moving ||= travelled >= DRAG_START;
    if (!drag.moving) return;
    const fields = drag.move(pointer);
    // The server may have numbered the instance during the drag.
    if (fields) this.editor.setDraft({ id: this.editor.draft?.id ?? this.editor.selectedId ?? drag.id, fields });
  }

  /** @private @param {Pointer} pointer */
  hover(pointer) {
    const { view, editor } = this;
    const selected = this.editable;
    const keypoint = keypointAt(view, selected, pointer);
    view.hoveredKeypoint = keypoint?.index ?? null;
    view.activeVertex = keypoint ? null : vertexAt(view, selected, pointer);
    this.handle = keypoint || view.activeVertex || !selected ? null : handleAt(selected, pointer, view.viewport);
    const taken = keypoint || view.activeVertex || this.handle !== null;
    this.onEdge = taken ? null : edgeAt(view, selected, pointer);
    editor.hover(
      view.activeVertex || this.onEdge || this.handle !== null
        ? null
        : (view.instancesAt(pointer.x, pointer.y)[0]?.id ?? null),
    );
    view.redrawOverlay();
  }

  pointerUp() {
    const { drag, gesture } = this;
    this.drag = this.panFrom = this.gesture = null;
    gesture?.end();
    if (gesture) this.view.redrawOverlay();
    if (!drag) return;
    const draft = this.editor.draft;
    if (drag.moving && draft) this.editor.change(draft.id, draft.fields);
    else {
      this.editor.setDraft(null);
      drag.click?.();
    }
    this.view.redraw();
  }

  /** @param {Pointer} pointer */
  doubleClick(pointer) {
    const selected = this.editable;
    if (selected && shapeKind(selected) === "bitmap" && hits(shapeOf(selected), pointer.x, pointer.y, 0))
      this.convert(selected);
  }

  /** Turn a bitmap into a polygon. @param {Instance} instance */
  convert(instance) {
    const segmentation = asPolygon(instance, CONVERT_TOLERANCE);
    if (segmentation.length) this.editor.change(instance.id, { segmentation });
  }

  /** @param {number} dx @param {number} dy pixels of the image */
  nudge(dx, dy) {
    return this.vertices.nudge(dx, dy);
  }

  erase() {
    return this.vertices.remove();
  }

  cancel() {
    const busy = this.drag !== null || this.gesture !== null;
    this.drag = this.panFrom = this.gesture = null;
    if (busy) this.editor.setDraft(null);
    else if (this.vertices.size) this.vertices.clear();
    else if (this.editor.selectedId !== null) this.editor.selectAll([]);
    return true;
  }

  leave() {
    if (this.drag || this.gesture) this.cancel();
    this.view.activeVertex = this.onEdge = this.handle = null;
    this.view.hoveredKeypoint = null;
    this.vertices.clear();
  }

  /** @param {Pointer} pointer */
  cursor(pointer) {
    if (this.handle !== null) return cursorOf(this.handle);
    if (this.drag?.moving || this.panFrom || (this.gesture instanceof GroupDrag && this.gesture.moving))
      return "grabbing";
    if (this.view.hoveredKeypoint !== null || this.view.activeVertex)
      return pointer.shift && this.view.activeVertex ? "not-allowed" : "grab";
    if (this.onEdge) return "copy";
    if (this.editor.hoveredId === null) return "default";
    return this.editor.hoveredId === this.editor.selectedId ? "move" : "pointer";
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view/painter.js").Surface} surface */
  draw(context, surface) {
    this.gesture?.draw(context, surface);
    const instance = this.editable;
    if (instance) drawHandles(context, surface, this.editor.shown(instance), this.handle);
    if (!this.onEdge || this.drag || !instance || shapeKind(instance) === "box") return;
    drawNewVertex(context, surface, this.onEdge, colorOf(this.editor.category(instance.category_id)));
  }
}
