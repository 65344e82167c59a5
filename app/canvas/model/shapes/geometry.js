/**
 * Plane geometry of rings. A ring is a closed polygon as a flat array x0, y0, x1, y1, … in image pixels
 * (the centre of the first pixel is (0.5, 0.5)); y points down. Nothing here changes its arguments.
 */

/** @typedef {number[]} Ring */
/** @typedef {{x: number, y: number}} Point */

/** Twice-halved shoelace sum: positive where the ring runs clockwise on the screen. @param {ArrayLike<number>} ring */
export function signedArea(ring) {
  let sum = 0;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2)
    sum += ring[j] * ring[i + 1] - ring[i] * ring[j + 1];
  return sum / 2;
}

/** The ring, turned where needed so that it runs clockwise on the screen. @param {Ring} ring @returns {Ring} */
export function clockwise(ring) {
  if (signedArea(ring) >= 0) return ring;
  const turned = [];
  for (let i = ring.length - 2; i >= 0; i -= 2) turned.push(ring[i], ring[i + 1]);
  return turned;
}

/**
 * Smallest box around the rings as [x0, y0, x1, y1]; [0, 0, 0, 0] for none.
 * @param {ArrayLike<number>[]} rings @returns {[number, number, number, number]}
 */
export function boundsOf(rings) {
  let x0 = Infinity,
    y0 = Infinity,
    x1 = -Infinity,
    y1 = -Infinity;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      if (ring[i] < x0) x0 = ring[i];
      if (ring[i] > x1) x1 = ring[i];
      if (ring[i + 1] < y0) y0 = ring[i + 1];
      if (ring[i + 1] > y1) y1 = ring[i + 1];
    }
  }
  return x0 <= x1 ? [x0, y0, x1, y1] : [0, 0, 0, 0];
}

/** How often the ring winds around the point. @param {ArrayLike<number>} ring @param {number} x @param {number} y */
function windingNumber(ring, x, y) {
  let winding = 0;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const ya = ring[j + 1],
      yb = ring[i + 1];
    if (ya <= y === yb <= y) continue;
    const crossing = ring[j] + ((y - ya) / (yb - ya)) * (ring[i] - ring[j]);
    if (crossing > x) winding += yb > ya ? 1 : -1;
  }
  return winding;
}

/** Whether the non-zero fill of the rings covers the point. @param {ArrayLike<number>[]} rings @param {number} x @param {number} y */
export function covers(rings, x, y) {
  let winding = 0;
  for (const ring of rings) winding += windingNumber(ring, x, y);
  return winding !== 0;
}

/**
 * The vertex nearest to a point: `vertex` counts points, not numbers.
 * @param {ArrayLike<number>[]} rings @param {number} x @param {number} y
 * @returns {{ring: number, vertex: number, distance: number} | null}
 */
export function nearestVertex(rings, x, y) {
  let best = null,
    bestSquared = Infinity;
  rings.forEach((ring, r) => {
    for (let i = 0; i < ring.length; i += 2) {
      const squared = (ring[i] - x) ** 2 + (ring[i + 1] - y) ** 2;
      if (squared < bestSquared) {
        bestSquared = squared;
        best = { ring: r, vertex: i / 2, distance: Math.sqrt(squared) };
      }
    }
  });
  return best;
}

/**
 * The point on an edge nearest to a point; the edge runs from `vertex` to the next one.
 * @param {ArrayLike<number>[]} rings @param {number} x @param {number} y
 * @returns {{ring: number, vertex: number, distance: number, x: number, y: number} | null}
 */
export function nearestEdge(rings, x, y) {
  let best = null,
    bestSquared = Infinity;
  rings.forEach((ring, r) => {
    for (let i = 0; i < ring.length; i += 2) {
      const next = (i + 2) % ring.length;
      const dx = ring[next] - ring[i],
        dy = ring[next + 1] - ring[i + 1];
      const length = dx * dx + dy * dy;
      const along = length ? Math.min(1, Math.max(0, ((x - ring[i]) * dx + (y - ring[i + 1]) * dy) / length)) : 0;
      const px = ring[i] + along * dx,
        py = ring[i + 1] + along * dy;
      const squared = (px - x) ** 2 + (py - y) ** 2;
      if (squared < bestSquared) {
        bestSquared = squared;
        best = { ring: r, vertex: i / 2, distance: Math.sqrt(squared), x: px, y: py };
      }
    }
  });
  return best;
}

/**
 * Douglas–Peucker on a closed ring: no dropped vertex lies further than `tolerance` from the result, which keeps at
 * least three points.
 * @param {Ring} ring @param {number} tolerance @returns {Ring}
 */
export function simplifyRing(ring, tolerance) {
  const count = ring.length / 2;
  if (count <= 4 || tolerance <= 0) return ring;
  let far = 0,
    farSquared = -1;
  for (let k = 1; k < count; k++) {
    const squared = (ring[2 * k] - ring[0]) ** 2 + (ring[2 * k + 1] - ring[1]) ** 2;
    if (squared > farSquared) {
      farSquared = squared;
      far = k;
    }
  }
  const keep = new Uint8Array(count);
  keep[0] = keep[far] = 1;
  keepFarthest(ring, keep, [0, far, far, count], tolerance); // index `count` is vertex 0 again
  const kept = chosen(ring, keep);
  return kept.length >= 6 ? kept : ring;
}

/** The same on an open line, whose ends stay. @param {number[]} line @param {number} tolerance @returns {number[]} */
export function simplifyLine(line, tolerance) {
  const count = line.length / 2;
  if (count <= 2 || tolerance <= 0) return line;
  const keep = new Uint8Array(count);
  keep[0] = keep[count - 1] = 1;
  keepFarthest(line, keep, [0, count - 1], tolerance);
  return chosen(line, keep);
}

/** @param {number[]} points @param {Uint8Array} keep @returns {number[]} */
function chosen(points, keep) {
  const kept = [];
  for (let k = 0; k < keep.length; k++) if (keep[k]) kept.push(points[2 * k], points[2 * k + 1]);
  return kept;
}

/** Mark what lies too far from the line between its neighbours. @param {number[]} points @param {Uint8Array} keep @param {number[]} stack pairs of ends @param {number} tolerance */
function keepFarthest(points, keep, stack, tolerance) {
  const limit = tolerance * tolerance;
  while (stack.length) {
    const end = /** @type {number} */ (stack.pop()),
      start = /** @type {number} */ (stack.pop());
    const e = end % keep.length;
    const ax = points[2 * start],
      ay = points[2 * start + 1];
    const dx = points[2 * e] - ax,
      dy = points[2 * e + 1] - ay;
    const length = dx * dx + dy * dy;
    let worst = limit,
      at = -1;
    for (let k = start + 1; k < end; k++) {
      const px = points[2 * k] - ax,
        py = points[2 * k + 1] - ay;
      const along = length ? Math.min(1, Math.max(0, (px * dx + py * dy) / length)) : 0;
      const squared = (px - along * dx) ** 2 + (py - along * dy) ** 2;
      if (squared > worst) {
        worst = squared;
        at = k;
      }
    }
    if (at >= 0) {
      keep[at] = 1;
      stack.push(start, at, at, end);
    }
  }
}

/**
 * One ring for an outer ring and the holes in it, each joined to it by a cut of no width between their nearest points.
 * @param {Ring} outer @param {Ring[]} holes run the other way round @returns {Ring}
 */
export function withHoles(outer, holes) {
  const near = (/** @type {Ring} */ ring) => Math.max(...ring.filter((_, i) => i % 2 === 0));
  // From the right to the left, so that no cut crosses a hole that is joined later.
  return [...holes]
    .sort((a, b) => near(b) - near(a))
    .reduce((ring, hole) => {
      let best = Infinity,
        from = 0,
        to = 0;
      for (let i = 0; i < ring.length; i += 2) {
        for (let j = 0; j < hole.length; j += 2) {
          const squared = (ring[i] - hole[j]) ** 2 + (ring[i + 1] - hole[j + 1]) ** 2;
          if (squared < best) [best, from, to] = [squared, i, j];
        }
      }
      return [...ring.slice(0, from + 2), ...hole.slice(to), ...hole.slice(0, to + 2), ...ring.slice(from)];
    }, outer);
}

/** @param {Ring} ring @param {number} dx @param {number} dy @returns {Ring} */
export function translateRing(ring, dx, dy) {
  return ring.map((value, i) => value + (i % 2 ? dy : dx));
}

/** Two decimals: finer than any pointer, and what goes over the wire stays short. @param {number} value */
export function rounded(value) {
  return Math.round(value * 100) / 100;
}

/** @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
