/** What is drawn can be read. */

import assert from "node:assert/strict";
import test from "node:test";
import "./stand_ins.js";
const { inkOn } = await import("../../app/canvas/view/painter.js");

/** Of a colour, as WCAG defines it. @param {string} color */
function luminance(color) {
  const parts = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test("the words on an object stand out by 4.5 to 1 on every colour that a class can have", () => {
  for (let code = 0; code < 2 ** 24; code += 997) {
    const color = `#${code.toString(16).padStart(6, "0")}`;
    const [one, other] = [luminance(color), luminance(inkOn(color))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    assert.ok(contrast >= 4.5, `${contrast} on ${color}`);
  }
});
