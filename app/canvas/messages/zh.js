/** Simplified Chinese: the table of `en.js` in this language. */

import * as bench from "./zh/bench.js";
import * as dialogs from "./zh/dialogs.js";
import * as gallery from "./zh/gallery.js";
import * as model from "./zh/model.js";
import * as panels from "./zh/panels.js";
import * as side from "./zh/side.js";
import * as statistics from "./zh/statistics.js";
import * as tools from "./zh/tools.js";
import * as view from "./zh/view.js";

/** @type {typeof import("./en.js").en} */
export const zh = { ...bench, ...dialogs, ...gallery, ...model, ...panels, ...side, ...statistics, ...tools, ...view };
