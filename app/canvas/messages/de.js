/** German: the table of `en.js` in this language. */

import * as bench from "./de/bench.js";
import * as dialogs from "./de/dialogs.js";
import * as gallery from "./de/gallery.js";
import * as model from "./de/model.js";
import * as panels from "./de/panels.js";
import * as side from "./de/side.js";
import * as statistics from "./de/statistics.js";
import * as tools from "./de/tools.js";
import * as view from "./de/view.js";

/** @type {typeof import("./en.js").en} */
export const de = { ...bench, ...dialogs, ...gallery, ...model, ...panels, ...side, ...statistics, ...tools, ...view };
