/**
 * The canvas, in three layers: the photograph; the objects; and on top what follows the pointer: the object in hand, its
 * handles, and what the tool draws.
 */

import { nearestLabelled } from "../model/shapes/nearest_keypoint.js";
import { upwards } from "../model/several/stacking.js";
import { element } from "./dom.js";
import { ImageLayer } from "./image_layer.js";
import { Minimap } from "./minimap.js";
import { ObjectsLayer } from "./objects_layer.js";
import { drawOverlay } from "./overlay.js";
import { remember, remembered } from "../model/preferences.js";
import { hits, meetsBox, shapeOf } from "./outline_cache.js";
import { PictureLook } from "./picture_look.js";
import { TileLayer } from "./tile_layer.js";
import { Viewport } from "./viewport.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../model/document.js").Instance} Instance */
/** @typedef {import("../model/editor.js").Editor} Editor */
/** @typedef {import("./tool.js").Pointer} Pointer */
/** @typedef {import("./tool.js").Tool} Tool */

export class View {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    this.viewport = new Viewport();
    this.imageLayer = new ImageLayer();
    this.tiles = new TileLayer(() => this.redrawMoved());
    this.scene = element("canvas", { class: "ml-layer" });
    this.overlay = element("canvas", {
      class: "ml-layer",
      tabindex: "0",
      "aria-label": texts.view.imageWithItsObjects,
      role: "application",
    });
    this.objects = new ObjectsLayer(editor, () => this.redraw());
    this.minimap = new Minimap(this.viewport, () => this.redrawMoved());
    this.root = element(
      "div",
      { class: "ml-canvas" },
      this.scene,
      this.objects.canvas,
      this.overlay,
      this.minimap.root,
    );
    /** @type {Tool | null} */
    this.tool = null;
    this.opacity = remembered("opacity", 0.3);
    this.labels = remembered("labels", true);
    this.outlines = remembered("outlines", false);
    this.look = new PictureLook([this.scene, this.minimap.picture]);
    this.root.append(this.look.element);
    this.ratio = window.devicePixelRatio || 1;
    this.wanted = ""; // address of the image to show
    this.spaceHeld = false;
    this.panning = false;
    this.pressed = false; // a tool is at work under a held button
    this.pressedAt = 0; // when a tool was last put to work
    /** @type {Pointer | null} */
    this.pointer = null;
    /** The handle under the pointer. @type {{ring: number, vertex: number} | null} */
    this.activeVertex = null;
    /** Those that are moved together, by the names of `model/shapes/vertices.js`. @type {Set<string>} */
    this.chosenVertices = new Set();
    /** @type {number | null} */
    this.hoveredKeypoint = null;
    this.dirty = { scene: false, objects: false, overlay: false };
    /** @type {() => void} */
    this.onMove = () => {};
    /** Draws what belongs to no tool. @type {(context: CanvasRenderingContext2D, surface: import("./painter.js").Surface) => void} */
    this.onOverlay = () => {};
    /** @type {() => void} */
    this.onFrame = () => {};

    editor.on("open", () => (this.imageLayer.picture = null)); // it was another image's
    editor.on(["document", "selection", "filter"], () => this.redrawObjects());
    editor.on(["class", "hover"], () => this.redrawOverlay());
    let drafted = -1;
    editor.on("draft", () => {
      const id = editor.draft?.id ?? -1;
      if (id !== drafted) this.redrawObjects();
      else this.redrawOverlay();
      drafted = id;
    });
    new ResizeObserver(() => this.resize()).observe(this.root);
  }

  /** Show an image that is or will be decoded. @param {string} url of it as one picture @param {import("./tile_layer.js").TiledImage} image */
  async show(url, image) {
    this.imageLayer.picture = null;
    this.tiles.show(image);
    this.viewport.image = { width: image.width, height: image.height };
    this.viewport.fit();
    this.wanted = url;
    this.redraw();
    const picture = await this.imageLayer.load(url, () => this.redraw());
    if (this.wanted !== url) return;
    this.imageLayer.picture = picture;
    this.look.madeWith({ low: 0, high: 1 });
    this.redraw();
    this.editor.emit("view");
    void this.showWindow();
  }

  /** Have the picture made anew where another part of its range is to be seen: 16 bits have more shades than a browser's 8. */
  async showWindow() {
    const { look, imageLayer, wanted } = this;
    const { low, high } = look.values;
    if ((look.made.low === low && look.made.high === high) || this.tiles.image) return;
    const url = low === 0 && high === 1 ? wanted : `${wanted}?low=${low}&high=${high}`;
    const picture = await imageLayer.load(url, () => this.redraw()).catch(() => null); // the stretched one stays
    const { values } = look;
    if (!picture || this.wanted !== wanted || values.low !== low || values.high !== high) return;
    imageLayer.picture = picture;
    look.madeWith({ low, high });
    this.redraw();
  }

  /** What is at work under a held button is done as far as it got, as if the button were let go: turning away drops nothing. */
  release() {
    if (!this.pressed) return;
    this.pressed = false;
    if (this.pointer) this.tool?.pointerUp?.(this.pointer);
  }

  /** @param {Tool} tool */
  setTool(tool) {
    this.release();
    this.tool?.leave?.();
    this.tool = tool;
    this.objects.allKeypoints = tool.name === "keypoints";
    this.updateCursor();
    this.redraw();
  }

  fit() {
    this.viewport.fit();
    this.redraw();
  }

  /** @param {number} factor around the middle of the canvas */
  zoom(factor) {
    this.viewport.zoomAt(this.viewport.width / 2, this.viewport.height / 2, factor);
    this.redrawMoved();
  }

  /** @param {number} opacity 0..1 */
  setOpacity(opacity) {
    this.opacity = opacity;
    remember("opacity", opacity);
    this.redraw();
  }

  /** @param {boolean} on */
  setLabels(on) {
    this.labels = on;
    remember("labels", on);
    this.redraw();
    this.editor.emit("view");
  }

  /** Show outlines without the colour inside. @param {boolean} on */
  setOutlines(on) {
    this.outlines = on;
    remember("outlines", on);
    this.redraw();
    this.editor.emit("view");
  }

  /** Show the whole image small while a part of it is in sight. @param {boolean} on */
  setMinimap(on) {
    this.minimap.shown = on;
    remember("minimap", on);
    this.redrawMoved();
    this.editor.emit("view");
  }

  /** Show the picture in another way. @param {Partial<import("./picture_look.js").Look>} values */
  adjust(values) {
    this.look.adjust(values);
    this.editor.emit("view");
  }

  // -- what lies where ------------------------------------------------------------------------

  /** CSS pixels to image pixels. @param {number} pixels */
  reach(pixels) {
    return pixels / this.viewport.scale;
  }

  /** What is seen under a point, what lies on top first, ghosts after all others. @param {number} x @param {number} y @returns {Instance[]} */
  instancesAt(x, y) {
    const under = (/** @type {Instance[]} */ instances) =>
      instances.filter((instance) => hits(shapeOf(instance), x, y, this.reach(5))).sort((a, b) => upwards(b, a));
    return [...under(this.editor.visibleInstances()), ...under(this.editor.ghostInstances())];
  }

  /** The visible instances whose outline meets a box. @param {[number, number, number, number]} box x0, y0, x1, y1 @returns {Instance[]} */
  instancesIn(box) {
    return this.editor.visibleInstances().filter((instance) => meetsBox(shapeOf(instance), box));
  }

  /** The labelled keypoint under a point; the selected instance goes first. @param {number} x @param {number} y @returns {{instance: Instance, index: number} | null} */
  keypointAt(x, y) {
    const reach = this.reach(9);
    const selected = this.editor.selected;
    const candidates = this.editor.visibleInstances().filter((instance) => instance.keypoints.length);
    if (selected && candidates.includes(selected)) candidates.unshift(selected);
    for (const instance of candidates) {
      const index = nearestLabelled(instance.keypoints, x, y, reach);
      if (index !== null) return { instance, index };
    }
    return null;
  }

  // -- drawing --------------------------------------------------------------------------------

  /** Everything may have changed. */
  redraw() {
    this.dirty.objects = true;
    this.redrawMoved();
  }

  /** The same picture with other objects: what was drawn of the picture stays. */
  redrawObjects() {
    this.dirty.objects = true;
    this.redrawOverlay();
  }

  /** The same things, seen from elsewhere. */
  redrawMoved() {
    this.dirty.scene = true;
    this.redrawOverlay();
  }

  redrawOverlay() {
    if (!this.dirty.overlay) requestAnimationFrame(() => this.frame());
    this.dirty.overlay = true;
  }

  /** @private */
  frame() {
    if (this.dirty.scene) this.drawScene();
    if (this.dirty.objects) this.objects.draw(this.surface, this.labels);
    else if (this.dirty.scene) this.objects.follow(this.surface, this.labels);
    drawOverlay(cleared(this.overlay), this);
    this.dirty = { scene: false, objects: false, overlay: false };
    this.onFrame();
  }

  /** @returns {import("./painter.js").Surface} */
  get surface() {
    return { ratio: this.ratio, viewport: this.viewport, opacity: this.outlines ? 0 : this.opacity };
  }

  /** @private */
  drawScene() {
    const context = cleared(this.scene);
    this.imageLayer.draw(context, this.viewport, this.ratio);
    this.tiles.draw(context, this.viewport, this.ratio);
    this.minimap.follow(this.imageLayer.picture);
  }

  /** @private */
  resize() {
    const width = this.root.clientWidth,
      height = this.root.clientHeight;
    if (!width || !height) return; // on a tab that is not shown
    this.ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.scene, this.overlay]) {
      canvas.width = Math.round(width * this.ratio);
      canvas.height = Math.round(height * this.ratio);
    }
    this.objects.resize(width, height, this.ratio);
    this.viewport.resize(width, height);
    this.dirty.scene = this.dirty.objects = true;
    this.frame(); // at once: a canvas that has changed its size is blank
  }

  updateCursor() {
    const over = this.pointer;
    if (this.spaceHeld) this.overlay.style.cursor = this.panning ? "grabbing" : "grab";
    else this.overlay.style.cursor = (over && this.tool?.cursor?.(over)) || "default";
  }
}

/** @param {HTMLCanvasElement} canvas */
function cleared(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  return context;
}
