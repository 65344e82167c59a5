/** `window.maskloop`: where things are on the screen and how saving stands, for tests that use a real mouse. */

import { editableRings } from "./model/document.js";

/** @param {import("./workbench.js").Workbench} bench */
export function exposeForTests(bench) {
  const { editor, view } = bench;
  /** @param {number} x @param {number} y @returns {[number, number]} CSS pixels of the window */
  const toWindow = (x, y) => {
    const box = view.overlay.getBoundingClientRect();
    const [sx, sy] = view.viewport.toScreen(x, y);
    return [box.left + sx, box.top + sy];
  };
  const hook = {
    bench,
    toWindow,
    /** The vertices of an instance in the window, ring by ring. @param {number} id */
    vertices: (id) => {
      const instance = editor.document?.instances.find((other) => other.id === id);
      const rings = instance ? editableRings(instance) : [];
      return rings.map((ring) => ring.flatMap((_, i) => (i % 2 ? [] : [toWindow(ring[i], ring[i + 1])])));
    },
    get document() {
      return editor.document;
    },
    get selected() {
      return editor.selected;
    },
    get savedCount() {
      return editor.outbox.savedCount;
    },
    get saveState() {
      return editor.outbox.state;
    },
    get lastSaveMilliseconds() {
      return editor.outbox.lastMilliseconds;
    },
    get openedMilliseconds() {
      return bench.openedMilliseconds;
    },
    get objectsMilliseconds() {
      return view.objects.milliseconds;
    },
    get drawn() {
      return view.imageLayer.picture !== null && editor.document !== null && !view.dirty.overlay;
    },
    get working() {
      return bench.assistant.workingOn !== null || editor.busy.size > 0 || bench.tools.box.masks.waiting.size > 0;
    },
    /** The object that is being clicked together, and the preview of the next click. */
    get clicked() {
      return { found: bench.tools.refine.fresh.found, preview: bench.tools.refine.fresh.preview };
    },
  };
  Object.assign(window, { maskloop: hook });
}
