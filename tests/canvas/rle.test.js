/** Masks of random pixels survive every way there and back. */

import assert from "node:assert/strict";
import test from "node:test";
import { signedArea, simplifyRing } from "../../app/canvas/model/shapes/geometry.js";
import {
  countsFromString,
  countsToString,
  decodeCrop,
  encodeCrop,
  traceRings,
} from "../../app/canvas/model/shapes/rle.js";

/** The same numbers in every run. @param {number} seed */
function randomOf(seed) {
  return () => (seed = (seed * 48271) % 2147483647) / 2147483647;
}

test("a crop is what its runs are, and the area inside its rings is its number of pixels", () => {
  const random = randomOf(1);
  for (let round = 0; round < 200; round++) {
    const width = 1 + Math.floor(random() * 12),
      height = 1 + Math.floor(random() * 12);
    const pixels = Uint8Array.from({ length: width * height }, () => (random() < 0.5 ? 1 : 0));
    const left = Math.floor(random() * 5),
      top = Math.floor(random() * 5);
    const rle = encodeCrop({ left, top, width, height, pixels }, 20, 20);
    const count = pixels.reduce((sum, pixel) => sum + pixel, 0);
    const crop = decodeCrop(rle);
    if (!crop) {
      assert.equal(count, 0);
      continue;
    }
    assert.equal(
      crop.pixels.reduce((sum, pixel) => sum + pixel, 0),
      count,
    );
    assert.deepEqual(encodeCrop(crop, 20, 20), rle);
    assert.equal(
      traceRings(crop).reduce((sum, ring) => sum + signedArea(ring), 0),
      count,
    );
  }
});

test("run lengths survive their string, long ones too", () => {
  const random = randomOf(2);
  for (let round = 0; round < 200; round++) {
    const counts = Array.from({ length: 1 + Math.floor(random() * 30) }, () => Math.floor(random() ** 8 * 2 ** 28));
    assert.deepEqual(countsFromString(countsToString(counts)), counts);
  }
});

test("a simpler ring has points of the old one only, and three at least", () => {
  const random = randomOf(3);
  for (let round = 0; round < 100; round++) {
    const ring = Array.from({ length: 40 }, () => Math.round(random() * 100));
    const simpler = simplifyRing(ring, random() * 20);
    assert.ok(simpler.length >= 6 && simpler.length <= ring.length);
    const known = new Set(ring.flatMap((_, i) => (i % 2 ? [] : [`${ring[i]},${ring[i + 1]}`])));
    for (let i = 0; i < simpler.length; i += 2) assert.ok(known.has(`${simpler[i]},${simpler[i + 1]}`));
  }
});
