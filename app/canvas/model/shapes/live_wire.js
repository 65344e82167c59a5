/**
 * The line along the edges of a picture between two places (Mortensen and Barrett, "Interactive segmentation with
 * intelligent scissors", 1998): the cheapest path over the corners of pixels, where a corner is cheap that lies on an
 * edge. Paths from one start are found as far as they are asked for; what was found once is looked up.
 */

const FLAT = 100; // what a corner costs where there is no edge; on a sharp one it costs 1
const STRAIGHT = 5,
  DIAGONAL = 7; // lengths of a step, ratio √2
const BUCKETS = FLAT * DIAGONAL + 1;
const WEIGHTS = 16; // of the differences: a step of one grey level right across an edge is 1
const SHARP_SHARE = 0.01; // this part of all corners counts as the sharpest edges
const FAINTEST = 10; // grey levels; weaker steps are noise, also where there is nothing else

/**
 * What the corners of a picture's pixels cost, row by row: (width + 1) × (height + 1) of them.
 * @param {{width: number, height: number, data: ArrayLike<number>}} picture  four channels a pixel
 */
export function edgeCosts({ width, height, data }) {
  const wide = width + 1,
    high = height + 1;
  const strength = new Float32Array(wide * high);
  // The difference of 2 × 2 pixels in a picture under the weights 1 2 1: along a row, then along a column.
  const rise = new Int32Array(wide * height),
    level = new Int32Array(wide * height);
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 1; x < width; x++) {
        const at = 4 * (y * width + x) + channel;
        const a = data[x > 1 ? at - 8 : at - 4],
          b = data[at - 4],
          c = data[at],
          d = data[x + 1 < width ? at + 4 : at];
        rise[y * wide + x] = c + d - a - b;
        level[y * wide + x] = a + 3 * (b + c) + d;
      }
    }
    for (let y = 1; y < height; y++) {
      for (let x = 1; x < width; x++) {
        const at = y * wide + x;
        const above = at - wide,
          further = y > 1 ? above - wide : above,
          below = y + 1 < height ? at + wide : at;
        const acrossX = rise[further] + 3 * (rise[above] + rise[at]) + rise[below],
          acrossY = level[at] + level[below] - level[further] - level[above];
        const squared = acrossX * acrossX + acrossY * acrossY;
        if (squared > strength[at]) strength[at] = squared;
      }
    }
  }
  for (let i = 0; i < strength.length; i++) strength[i] = Math.sqrt(strength[i]) / WEIGHTS;
  const sharpest = sharp(strength);
  const costs = new Uint8Array(wide * high);
  for (let i = 0; i < costs.length; i++) {
    const missing = 1 - Math.min(1, strength[i] / sharpest);
    costs[i] = 1 + Math.round((FLAT - 1) * missing * missing);
  }
  return costs;
}

/** How strong the sharpest edges are, in grey levels. @param {Float32Array} strength */
function sharp(strength) {
  const counts = new Uint32Array(512);
  for (let i = 0; i < strength.length; i++) counts[Math.min(511, strength[i] | 0)] += 1;
  let left = SHARP_SHARE * strength.length;
  for (let level = 511; level > FAINTEST; level--) {
    left -= counts[level];
    if (left < 0) return level;
  }
  return FAINTEST;
}

export class LiveWire {
  /** @param {Uint8Array} costs of the corners @param {number} wide corners in a row @param {number} x @param {number} y the corner where all paths begin */
  constructor(costs, wide, x, y) {
    this.costs = costs;
    this.wide = wide;
    this.high = costs.length / wide;
    this.start = y * wide + x;
    this.length = new Int32Array(costs.length).fill(2 ** 31 - 1);
    this.from = new Int32Array(costs.length).fill(-1);
    this.settled = new Uint8Array(costs.length);
    // A queue of buckets, one a length (modulo the longest step): lists through `next` and `previous`.
    this.heads = new Int32Array(BUCKETS).fill(-1);
    this.next = new Int32Array(costs.length).fill(-1);
    this.previous = new Int32Array(costs.length).fill(-1);
    this.reached = 0;
    this.waiting = 0;
    this.length[this.start] = 0;
    this.put(this.start, 0);
  }

  /** The corners from the start to (x, y), both among them: x0, y0, x1, y1, … @param {number} x @param {number} y @returns {number[]} */
  pathTo(x, y) {
    const end = y * this.wide + x;
    this.settle(end);
    const path = [];
    for (let at = end; at >= 0; at = at === this.start ? -1 : this.from[at])
      path.push(Math.floor(at / this.wide), at % this.wide);
    return path.reverse();
  }

  /** Find the shortest paths, the shortest first, until one gets to `end`. @private @param {number} end */
  settle(end) {
    const { settled, wide, high } = this;
    while (!settled[end] && this.waiting) {
      const bucket = this.reached % BUCKETS;
      const at = this.heads[bucket];
      if (at < 0) {
        this.reached += 1;
        continue;
      }
      this.take(at, bucket);
      settled[at] = 1;
      const x = at % wide,
        y = (at - x) / wide;
      for (let dy = y ? -1 : 0; dy <= (y + 1 < high ? 1 : 0); dy++) {
        for (let dx = x ? -1 : 0; dx <= (x + 1 < wide ? 1 : 0); dx++) {
          const to = at + dy * wide + dx;
          if (!settled[to]) this.offer(at, to, dx && dy ? DIAGONAL : STRAIGHT);
        }
      }
    }
  }

  /** @private @param {number} at @param {number} to its neighbour @param {number} step */
  offer(at, to, step) {
    const length = this.length[at] + step * this.costs[to];
    const before = this.length[to];
    if (length >= before) return;
    if (this.from[to] >= 0) this.take(to, before % BUCKETS);
    this.length[to] = length;
    this.from[to] = at;
    this.put(to, length % BUCKETS);
  }

  /** @private @param {number} corner @param {number} bucket */
  put(corner, bucket) {
    const head = this.heads[bucket];
    this.next[corner] = head;
    this.previous[corner] = -1;
    if (head >= 0) this.previous[head] = corner;
    this.heads[bucket] = corner;
    this.waiting += 1;
  }

  /** @private @param {number} corner @param {number} bucket */
  take(corner, bucket) {
    const before = this.previous[corner],
      after = this.next[corner];
    if (before >= 0) this.next[before] = after;
    else this.heads[bucket] = after;
    if (after >= 0) this.previous[after] = before;
    this.waiting -= 1;
  }
}
