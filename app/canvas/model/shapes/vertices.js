/** Vertices moved, added and taken away: one, or several that are chosen. A ring is x, y, x, y, … and is never changed in place. */

import { clamp, rounded } from "./geometry.js";

/** @typedef {import("./geometry.js").Ring} Ring */

/** How a vertex is named among those of an object. @param {number} ring @param {number} vertex */
export const vertexName = (ring, vertex) => `${ring}:${vertex}`;

/** @param {Ring[]} rings @param {number} ring @param {number} vertex @param {number} x @param {number} y @returns {Ring[]} */
export function moveVertex(rings, ring, vertex, x, y) {
  return rings.map((points, r) => {
    if (r !== ring) return points;
    const [fromX, fromY] = points.slice(2 * vertex, 2 * vertex + 2);
    const moved = points.slice();
    // The two ends of a cut to a hole lie on each other, and stay so.
    for (let i = 0; i < points.length; i += 2)
      if (points[i] === fromX && points[i + 1] === fromY) moved.splice(i, 2, rounded(x), rounded(y));
    return moved;
  });
}

/** Insert a vertex after `vertex`. @param {Ring[]} rings @param {number} ring @param {number} vertex @param {number} x @param {number} y @returns {Ring[]} */
export function insertVertex(rings, ring, vertex, x, y) {
  return rings.map((points, r) =>
    r === ring ? [...points.slice(0, 2 * vertex + 2), rounded(x), rounded(y), ...points.slice(2 * vertex + 2)] : points,
  );
}

/** Null where the ring would fall below three points. @param {Ring[]} rings @param {number} ring @param {number} vertex @returns {Ring[] | null} */
export function removeVertex(rings, ring, vertex) {
  if (rings[ring].length <= 6) return null;
  return rings.map((points, r) =>
    r === ring ? [...points.slice(0, 2 * vertex), ...points.slice(2 * vertex + 2)] : points,
  );
}

/**
 * The chosen vertices moved by (dx, dy) together: the outermost of them holds the others back at the image's edge.
 * @param {Ring[]} rings @param {Set<string>} chosen @param {number} dx @param {number} dy
 * @param {{width: number, height: number}} image @returns {Ring[]}
 */
export function moveVertices(rings, chosen, dx, dy, image) {
  const places = rings.flatMap((ring, r) => pairsOf(ring).filter((_, v) => chosen.has(vertexName(r, v))));
  const xs = places.map(([x]) => x),
    ys = places.map(([, y]) => y);
  const right = clamp(dx, -Math.min(...xs), image.width - Math.max(...xs));
  const down = clamp(dy, -Math.min(...ys), image.height - Math.max(...ys));
  // The two ends of a cut to a hole lie on each other, and stay so.
  const moving = rings.map((ring, r) => {
    const of = pairsOf(ring).filter((_, v) => chosen.has(vertexName(r, v)));
    return new Set(of.map(String));
  });
  return rings.map((ring, r) =>
    pairsOf(ring).flatMap(([x, y]) =>
      moving[r].has(String([x, y])) ? [rounded(x + right), rounded(y + down)] : [x, y],
    ),
  );
}

/** Without the chosen vertices, and without parts of which less than three are left; null where that is all. @param {Ring[]} rings @param {Set<string>} chosen @returns {Ring[] | null} */
export function removeVertices(rings, chosen) {
  const left = rings
    .map((ring, r) => pairsOf(ring).flatMap((pair, v) => (chosen.has(vertexName(r, v)) ? [] : pair)))
    .filter((ring) => ring.length >= 6);
  return left.length ? left : null;
}

/** The names of the vertices in a box. @param {Ring[]} rings @param {[number, number, number, number]} box x0, y0, x1, y1 */
export function verticesIn(rings, [x0, y0, x1, y1]) {
  return rings.flatMap((ring, r) =>
    pairsOf(ring).flatMap(([x, y], v) => (x >= x0 && x <= x1 && y >= y0 && y <= y1 ? [vertexName(r, v)] : [])),
  );
}

/** @param {Ring} ring @returns {[number, number][]} */
function pairsOf(ring) {
  return Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i], ring[2 * i + 1]]);
}
