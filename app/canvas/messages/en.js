/** English: every text of the page that is read, by the module that shows it. Another language is a table of the same shape. */

import * as bench from "./en/bench.js";
import * as dialogs from "./en/dialogs.js";
import * as gallery from "./en/gallery.js";
import * as model from "./en/model.js";
import * as panels from "./en/panels.js";
import * as side from "./en/side.js";
import * as statistics from "./en/statistics.js";
import * as tools from "./en/tools.js";
import * as view from "./en/view.js";

export const en = { ...bench, ...dialogs, ...gallery, ...model, ...panels, ...side, ...statistics, ...tools, ...view };
