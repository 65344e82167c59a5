/** What the page makes of new edges: cases come as JSON on standard input, their masks go out. */

import { text } from "node:stream/consumers";
import { withNewEdge } from "../../app/canvas/model/several/combine.js";
import { decodeCrop, encodeCrop } from "../../app/canvas/model/shapes/rle.js";

const { width, height, cases } = JSON.parse(await text(process.stdin));
const masks = cases.map(({ pixels, line, adds }) => {
  const segmentation = encodeCrop({ left: 0, top: 0, width, height, pixels: Uint8Array.from(pixels) }, height, width);
  const changed = withNewEdge({ segmentation, bbox: [0, 0, width, height] }, line, adds, { width, height });
  const mask = new Uint8Array(width * height);
  if (!changed) return [...mask];
  const crop = decodeCrop(changed);
  for (let row = 0; row < crop.height; row++)
    for (let column = 0; column < crop.width; column++)
      mask[(crop.top + row) * width + crop.left + column] = crop.pixels[row * crop.width + column];
  return [...mask];
});
console.log(JSON.stringify(masks));
