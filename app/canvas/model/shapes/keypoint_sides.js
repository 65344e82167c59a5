/** Which keypoints are each other's left and right, by their names: the rule of `core/keypoint_sides.py`. */

/** Words for left and right, as they are found inside names of keypoints. */
const SIDES = [
  ["left", "right"],
  ["links", "rechts"],
  ["link", "recht"],
  ["gauche", "droite"],
  ["gauche", "droit"],
  ["izquierda", "derecha"],
  ["izquierdo", "derecho"],
  ["izq", "der"],
  ["sinistra", "destra"],
  ["sinistro", "destro"],
  ["esquerda", "direita"],
  ["esquerdo", "direito"],
  ["lewa", "prawa"],
  ["lewy", "prawy"],
  ["lewe", "prawe"],
  ["лев", "прав"],
  ["左", "右"],
  ["왼", "오른"],
];
/** A letter that stands for a side: alone (l_eye), or beside a capital, or last at either end of small letters. */
const LETTERS = [
  /(?<!\p{L})[lr](?!\p{L})/giu,
  /^[LRlr](?=[A-Z])/gu,
  /(?<=[a-z0-9])[LR](?=$|[^\p{L}])/gu,
  /^[LR](?=[a-z])/gu,
  /(?<=[^\p{L}\p{N}])[LRlr](?=[A-Z])/gu,
  /^[lr](?=[a-z])/gu,
  /(?<=[a-z])[lr]$/gu,
];

/** Ways to say a name for the other side, from the surest on. @type {((name: string) => string)[]} */
const MIRRORS = [
  ...SIDES.map((sides) => exchange(new RegExp(sides.join("|"), "giu"), sides)),
  ...LETTERS.map((pattern) => exchange(pattern, ["l", "r"])),
];

/** A name with the words for one side in place of the other's, in the same case. @param {RegExp} pattern @param {string[]} sides @returns {(name: string) => string} */
function exchange(pattern, [one, other]) {
  return (name) =>
    name.replace(pattern, (word) => {
      const turned = word.toLowerCase() === one ? other : one;
      if (word === word.toUpperCase() && word !== word.toLowerCase()) return turned.toUpperCase();
      return word[0] === word[0].toLowerCase() ? turned : turned[0].toUpperCase() + turned.slice(1);
    });
}

/** For each keypoint the one on the other side; any other is its own. @param {string[]} names @returns {number[]} */
export function partnersOf(names) {
  const partners = names.map((_, index) => index);
  for (const mirror of MIRRORS) {
    names.forEach((name, index) => {
      const other = mirror(name) === name ? -1 : names.indexOf(mirror(name));
      if (other < 0 || partners[index] !== index || partners[other] !== other) return;
      partners[index] = other;
      partners[other] = index;
    });
  }
  return partners;
}

/** The keypoints with left and right changed over; null where no names are of a pair. @param {number[]} keypoints x, y, visibility, … @param {string[]} names @returns {number[] | null} */
export function withSidesSwapped(keypoints, names) {
  const partners = partnersOf(names);
  if (partners.every((partner, index) => partner === index)) return null;
  return partners.flatMap((partner) => keypoints.slice(3 * partner, 3 * partner + 3));
}
