/** Which keypoints are each other's left and right, by their names. */

/** @param {string} name @returns {string} the same on the other side */
const mirrored = (name) =>
  name.replace(/left|right/gi, (side) => {
    const other = side.toLowerCase() === "left" ? "right" : "left";
    if (side === side.toUpperCase()) return other.toUpperCase();
    return side[0] === side[0].toUpperCase() ? other[0].toUpperCase() + other.slice(1) : other;
  });

/** The keypoints with left and right changed over; null where no names are of a pair. @param {number[]} keypoints x, y, visibility, … @param {string[]} names @returns {number[] | null} */
export function withSidesSwapped(keypoints, names) {
  let swapped = false;
  const result = names.flatMap((name, index) => {
    const other = mirrored(name) === name ? -1 : names.indexOf(mirrored(name));
    swapped ||= other >= 0;
    const from = 3 * (other < 0 ? index : other);
    return keypoints.slice(from, from + 3);
  });
  return swapped ? result : null;
}
