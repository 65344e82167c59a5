/** Several vertices of the selected polygon that are moved and deleted together. */

import { editableRings, findInstance, shapeKind } from "../../model/document.js";
import { moveVertices, removeVertices, vertexName, verticesIn } from "../../model/shapes/vertices.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/document.js").Instance} Instance */

export class ChosenVertices {
  /** @param {import("../../model/editor.js").Editor} editor @param {import("../../view/view.js").View} view shows which are chosen */
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    /** Their names, see `vertexName`. @type {Set<string>} */
    this.names = new Set();
    /** Of which object, and how many vertices its rings had: where that is no longer so, a name means another vertex. */
    this.id = 0;
    this.counts = "";
    editor.on("renumber", ({ from, to }) => {
      if (this.id === from) this.id = to;
    });
    editor.on(["document", "selection", "filter"], () => this.names.size && !this.stillThere() && this.clear());
  }

  /** @private */
  stillThere() {
    const { editor, id } = this;
    const instance = editor.document && findInstance(editor.document, id);
    const inHand = editor.selectedId === id && !editor.selectsSeveral && !editor.locked.has(id);
    return inHand && instance !== null && countsOf(instance) === this.counts;
  }

  get size() {
    return this.names.size;
  }

  /** @param {{ring: number, vertex: number}} vertex */
  has({ ring, vertex }) {
    return this.names.has(vertexName(ring, vertex));
  }

  clear() {
    this.set([]);
  }

  /** @private @param {Iterable<string>} names */
  set(names) {
    this.names = new Set(names);
    this.editor.emit("hint");
    this.view.chosenVertices = this.names;
    this.view.redrawOverlay();
  }

  /** Add a vertex to those that are chosen, or take it out. @param {Instance} instance @param {{ring: number, vertex: number}} vertex */
  toggle(instance, { ring, vertex }) {
    const name = vertexName(ring, vertex);
    const before = this.of(instance);
    this.set(before.includes(name) ? before.filter((other) => other !== name) : [...before, name]);
  }

  /** Add all in a box. @param {Instance} instance @param {[number, number, number, number]} box */
  addIn(instance, box) {
    this.set([...this.of(instance), ...verticesIn(editableRings(instance), box)]);
  }

  /** Those chosen before, if they were this object's. @private @param {Instance} instance @returns {string[]} */
  of(instance) {
    const before = this.id === instance.id ? [...this.names] : [];
    this.id = instance.id;
    this.counts = countsOf(instance);
    return before;
  }

  /** What a drag of them makes of the object. @param {Instance} instance @param {number} dx @param {number} dy */
  moved(instance, dx, dy) {
    const image = this.editor.image ?? { width: 0, height: 0 };
    return { segmentation: moveVertices(editableRings(instance), this.names, dx, dy, image) };
  }

  /** Move them by so many pixels of the image, as one edit. @param {number} dx @param {number} dy @returns {boolean} false where none is chosen */
  nudge(dx, dy) {
    const instance = this.editor.selected;
    if (!this.size || !instance) return false;
    this.editor.change(instance.id, this.moved(instance, dx, dy));
    return true;
  }

  /** Delete them, as one edit. @returns {boolean} false where none is chosen */
  remove() {
    const instance = this.editor.selected;
    if (!this.size || !instance) return false;
    const rings = editableRings(instance);
    const segmentation = removeVertices(rings, this.names);
    if (segmentation) {
      const gone = rings.length - segmentation.length;
      this.editor.change(instance.id, { segmentation });
      if (gone) this.editor.emit("notice", { text: texts.select.partsWentAlong(gone) });
    } else this.editor.emit("notice", { text: texts.select.aPolygonKeepsAtLeast });
    return true;
  }
}

/** @param {Instance} instance */
function countsOf(instance) {
  return shapeKind(instance) === "polygon"
    ? editableRings(instance)
        .map(({ length }) => length)
        .join()
    : "none";
}
