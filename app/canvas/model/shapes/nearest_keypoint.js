/** The labelled keypoint that a press means. */

/** @param {number[]} keypoints x, y, visibility, … @param {number} x @param {number} y @param {number} reach in image pixels @returns {number | null} its index */
export function nearestLabelled(keypoints, x, y, reach) {
  /** @type {number | null} */
  let nearest = null;
  for (let i = 0; i < keypoints.length; i += 3) {
    const distance = Math.hypot(keypoints[i] - x, keypoints[i + 1] - y);
    if (keypoints[i + 2] && distance <= reach) [nearest, reach] = [i / 3, distance];
  }
  return nearest;
}
