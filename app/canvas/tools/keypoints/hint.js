/** What is said of the keypoint tool at the foot of the page. */

import { texts } from "../../messages/texts.js";

/** What the next click does. @param {import("../keypoints.js").KeypointsTool} tool */
export function hintOf({ editor, fresh, placing }) {
  const selected = editor.selected;
  if (fresh.begun && fresh.next !== null) return texts.keypoints.clickTheNext(fresh.names[fresh.next]);
  if (!selected && fresh.names.length)
    return texts.keypoints.clickTheFirst(fresh.names[0], editor.currentCategory?.name ?? "");
  if (!selected) return texts.keypoints.clickTheObjectThatThe;
  if (editor.locked.has(selected.id)) return texts.anyTool.lockedLUnlocksIt;
  const category = editor.category(selected.category_id);
  if (!category?.keypoints.length) return texts.keypoints.hasNoKeypointsNameThem(category?.name ?? "?");
  const { next } = placing;
  const rest = texts.keypoints.dragMovesAPointRight;
  return next === null
    ? texts.keypoints.allKeypointsArePlaced(rest)
    : texts.keypoints.clickRightClickHidden(category.keypoints[next], rest);
}
