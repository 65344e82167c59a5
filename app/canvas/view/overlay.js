/** What lies on top and follows the pointer: the object under it, the one in hand with its handles, and what the tools draw. */

import { editableRings, shapeKind } from "../model/document.js";
import { labelOf } from "./objects_layer.js";
import { colorOf, drawKeypoints, drawLabel, drawLabelInHand, drawShape, drawVertices } from "./painter.js";

/** @typedef {import("../model/document.js").Instance} Instance */
/** @typedef {import("./view.js").View} View */

/** @param {CanvasRenderingContext2D} context of the cleared canvas @param {View} view */
export function drawOverlay(context, view) {
  const { editor, surface } = view;
  if (!editor.document) return;
  const hovered = editor.document.instances.find((instance) => instance.id === editor.hoveredId);
  if (hovered && hovered.id !== editor.selectedId && editor.isSeen(hovered)) drawHovered(context, view, hovered);
  const inHand = editor.draft?.id ?? editor.selectedId;
  const chosen = editor.document.instances.find((instance) => instance.id === inHand);
  if (chosen && editor.isSeen(chosen)) drawChosen(context, view, editor.shown(chosen));
  view.tool?.draw?.(context, surface);
  view.onOverlay(context, surface);
}

/** @param {CanvasRenderingContext2D} context @param {View} view @param {Instance} instance */
function drawHovered(context, { editor, surface }, instance) {
  const category = editor.category(instance.category_id);
  drawShape(context, { ...surface, opacity: surface.opacity * 0.5 }, instance, category, "hovered");
  drawKeypoints(context, surface, instance.keypoints, category);
  drawLabel(context, surface, instance, 3, labelOf(editor, instance), colorOf(category));
}

/** @param {CanvasRenderingContext2D} context @param {View} view @param {Instance} instance as a drag has made it so far */
function drawChosen(context, view, instance) {
  const { editor, surface } = view;
  const category = editor.category(instance.category_id);
  drawShape(context, surface, instance, category, "selected");
  const locked = editor.locked.has(instance.id);
  if (!locked && !editor.selectsSeveral && view.tool?.name === "select" && shapeKind(instance) !== "bitmap") {
    const rings = editableRings(instance);
    drawVertices(context, surface, rings, colorOf(category), view.activeVertex, view.chosenVertices);
  }
  drawKeypoints(context, surface, instance.keypoints, category, {
    active: editor.activeKeypoint,
    hovered: view.hoveredKeypoint,
    emphasis: "selected",
    ghosts: editor.ghosts,
  });
  const words = (locked ? "🔒 " : "") + labelOf(editor, instance);
  drawLabelInHand(context, surface, instance, 7, words, colorOf(category), view.objects.tagsSeen(view.viewport));
}
