/** The tools, in the order of the tool bar. A new one is written in a file of its own and named here. */

import { BoxTool } from "./box.js";
import { BrushTool } from "./brush.js";
import { ClickMeaning } from "./click_meaning.js";
import { ExtremePoints } from "./extreme_points.js";
import { KeypointsTool } from "./keypoints.js";
import { LassoTool } from "./lasso.js";
import { MaskClicks } from "./mask_clicks.js";
import { NewEdge } from "./new_edge.js";
import { PolygonTool } from "./polygon.js";
import { RefineTool } from "./refine.js";
import { SelectTool } from "./select.js";
import { SplitTool } from "./split.js";

/** @param {import("../model/editor.js").Editor} editor @param {import("../view/view.js").View} view */
export function createTools(editor, view) {
  const clicks = new MaskClicks(editor, view);
  const meaning = new ClickMeaning(editor);
  const newEdge = new NewEdge(editor, view, meaning);
  const box = new BoxTool(editor, view, clicks, newEdge);
  return {
    select: new SelectTool(editor, view),
    polygon: new PolygonTool(editor, view),
    lasso: new LassoTool(editor, view),
    brush: new BrushTool("brush", editor, view),
    eraser: new BrushTool("eraser", editor, view),
    box,
    extremes: new ExtremePoints(editor, view, box),
    keypoints: new KeypointsTool(editor, view),
    refine: new RefineTool(editor, view, clicks, newEdge),
    split: new SplitTool(editor, view),
  };
}

/** @typedef {keyof ReturnType<typeof createTools>} ToolName */
