/** Which proposal a box is meant for that is drawn over it: one that is right but for its mask need not be deleted first. */

/** @typedef {import("../document.js").Instance} Instance */

const SAME_PLACE = 0.6; // intersection over union of the boxes; a neighbour of the same size lies beside, not under

/**
 * The proposal whose box agrees most with one that was drawn, or null where none agrees well enough.
 * @param {[number, number, number, number]} box x0, y0, x1, y1 in image pixels @param {Instance[]} instances those that are seen
 * @returns {Instance | null}
 */
export function meantProposal(box, instances) {
  let best = null,
    most = SAME_PLACE;
  for (const instance of instances) {
    const overlap = instance.status === "proposed" && !instance.iscrowd ? iouOfBoxes(box, instance.bbox) : 0;
    if (overlap >= most) [best, most] = [instance, overlap];
  }
  return best;
}

/** @param {[number, number, number, number]} first x0, y0, x1, y1 @param {number[]} second x, y, width, height */
function iouOfBoxes([x0, y0, x1, y1], [x, y, width, height]) {
  const across = Math.min(x1, x + width) - Math.max(x0, x);
  const down = Math.min(y1, y + height) - Math.max(y0, y);
  const common = Math.max(0, across) * Math.max(0, down);
  const both = (x1 - x0) * (y1 - y0) + width * height - common;
  return both > 0 ? common / both : 0;
}
