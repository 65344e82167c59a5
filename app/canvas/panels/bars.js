/** The bars around the canvas: images and actions above, tools at the left. What is below: status_bar.js. */

import { leaveRemoved, removeImage } from "./gallery/trash.js";
import { button, element, icon, setTooltip } from "../view/dom.js";
import { STATUS } from "./gallery/gallery.js";
import { openExport } from "./dialogs/export.js";
import { openImport } from "./dialogs/import.js";
import { openHelp } from "./dialogs/help.js";
import { createImagePanel } from "./image_panel.js";
import { openStatistics } from "./statistics/statistics.js";
import { createViewOptions } from "./view_options.js";
import { ownKey } from "../model/own_keys.js";
import { reviewStep, takeReviewStep } from "../review.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../workbench.js").Workbench} Workbench */
/** @typedef {import("../tools/list.js").ToolName} ToolName */

/** @param {Workbench} bench @param {() => void} chooseFiles */
export function createTopBar(bench, chooseFiles) {
  const { editor, images, assistant } = bench;
  const gallery = button("grid", texts.bars.allImages, () => bench.showGallery(!bench.galleryShown), {
    class: "ml-quiet",
    keys: "G",
  });
  const previous = button("previous", texts.bars.previousImage, () => bench.step(-1), { class: "ml-quiet", keys: "A" });
  const next = button("next", texts.bars.nextImage, () => bench.step(1), { class: "ml-quiet", keys: "D" });
  const name = element("span", { class: "ml-file-name" });
  const status = element("span", { class: "ml-status" });
  editor.on("removedelsewhere", (image) => void leaveRemoved(bench, image).catch(() => {})); // the server is away again
  const dropOut = () => editor.image && void removeImage(bench, editor.image);
  const remove = button("trash", texts.bars.removeThisImageItGoes, dropOut, { class: "ml-quiet" });
  const undo = button("undo", texts.bars.undo, () => bench.undo(), { class: "ml-quiet ml-undo", keys: "Ctrl+Z" });
  const redo = button("redo", texts.bars.redo, () => bench.redo(), { class: "ml-quiet", keys: "Ctrl+Shift+Z" });
  const find = button("find", texts.bars.letTheModelLookAt, () => bench.findObjects(), {
    text: texts.bars.findObjects,
    keys: "O",
    class: "ml-find",
  });
  const carry = button("carry", texts.bars.proposeTheLastImagesObjects, () => void bench.carryOver(), {
    class: "ml-quiet",
    keys: "Ctrl+B",
  });
  const automatic = element("input", { type: "checkbox", checked: assistant.automatic });
  automatic.addEventListener("change", () => assistant.setAutomatic(automatic.checked));
  const auto = element(
    "label",
    { class: "ml-auto", title: texts.bars.runTheModelByItself },
    automatic,
    texts.bars.auto,
  );
  const add = button("add", texts.bars.addImages, chooseFiles, { text: texts.bars.addImages });
  const bringIn = button("import", texts.bars.importCocoAnnotations, () => openImport(bench), { class: "ml-quiet" });
  const takeOut = button("download", texts.bars.exportCocoJson, () => openExport(bench), { text: texts.bars.export });
  const help = button("help", texts.bars.keysAndMouse, () => openHelp(bench), { class: "ml-quiet", keys: "?" });
  const count = button("chart", texts.statistics.statistics, () => void openStatistics(bench), { class: "ml-quiet" });
  const review = button("check", texts.bars.acceptWhatIsLeftAnd, () => void bench.toggleReviewed(), {
    text: texts.bars.markReviewed,
    keys: "Ctrl+Enter",
    class: "ml-primary ml-review",
  });
  const reopen = button("undo", texts.bars.openAgainAndWork, () => void takeReviewStep(bench, "open"), {
    text: texts.bars.openAgain,
    class: "ml-quiet",
  });

  function update() {
    const image = editor.image;
    name.textContent = image?.file_name ?? "";
    name.title = image ? texts.bars.pixels(image.file_name, image.width, image.height) : "";
    const standing = image?.changed
      ? texts.bars.changedSince
      : images.find(image?.image_id ?? -1)?.returned
        ? texts.bars.returned
        : "";
    const { mark, word } = STATUS[image?.status ?? "todo"];
    status.textContent = image ? `${mark} ${standing || word}` : ""; // the file's name needs the room for both
    status.title = image && standing ? texts.bars.statusAndStanding(word, standing) : "";
    status.className = `ml-status ml-status-${image?.status ?? "none"}`;
    previous.disabled = !image || !images.neighbour(image.image_id, -1);
    next.disabled = !image || !images.neighbour(image.image_id, 1);
    const covered = bench.galleryShown;
    undo.disabled = covered || !editor.document?.can_undo;
    redo.disabled = covered || !editor.document?.can_redo;
    for (const one of [find, carry, review, remove]) one.disabled = covered || !image;
    const me = bench.signedIn;
    remove.hidden = !me.may("DELETE /api/images/{image_id}");
    bringIn.hidden = !me.may("POST /api/import");
    count.hidden = !me.may("GET /api/statistics");
    takeOut.hidden = !me.may("GET /api/export");
    gallery.disabled = !image;
    takeOut.disabled = !images.rows.length;
    const step = reviewStep(bench);
    if (step === "open" && !me.may("return a reviewed image")) review.disabled = true;
    const [words, tells] = wordsOf(step, image);
    review.querySelector("span")?.replaceChildren(words);
    setTooltip(review, tells);
    review.classList.toggle("ml-primary", step !== "open");
    reopen.hidden = step !== "accept";
    reopen.disabled = covered;
    gallery.setAttribute("aria-pressed", String(bench.galleryShown));
    const working = image !== null && assistant.workingOn === image?.image_id;
    find.classList.toggle("ml-busy", working);
    find.querySelector("span")?.replaceChildren(working ? texts.bars.finding : texts.bars.findObjects);
    automatic.checked = assistant.automatic;
  }

  editor.on(["open", "document", "gallery", "signedin"], update);
  images.on("list", update);
  assistant.on("working", update);
  editor.on("help", () => openHelp(bench));
  editor.on("importfiles", (files) => openImport(bench, files));
  update();
  return element(
    "header",
    { class: "ml-bar", onkeydown: walk },
    gallery,
    previous,
    next,
    name,
    status,
    createImagePanel(bench),
    remove,
    element("span", { class: "ml-spacer" }),
    undo,
    redo,
    element("span", { class: "ml-rule" }),
    find,
    carry,
    auto,
    element("span", { class: "ml-rule" }),
    add,
    bringIn,
    takeOut,
    count,
    help,
    reopen,
    review,
  );
}

/** What the review button says, and what it does in a line. @param {import("../review.js").ReviewStep} step @param {Workbench["editor"]["image"]} image */
function wordsOf(step, image) {
  if (step === "accept") return [texts.bars.acceptReview, texts.bars.acceptTheReviewOf(image?.reviewed_by ?? "")];
  if (step === "open") return [texts.bars.openAgain, texts.bars.openAgainAndWork];
  return [image?.changed ? texts.bars.reviewAgain : texts.bars.markReviewed, texts.bars.acceptWhatIsLeftAnd];
}

/** @param {Workbench} bench */
export function createToolBar(bench) {
  const { editor } = bench;
  const tools = bench.toolList;
  const buttons = tools.map(({ name, label, key, icon: picture }) => {
    const take = () => bench.setTool(/** @type {ToolName} */ (name));
    const one = button(picture, label, take, { keys: key, class: "ml-tool", "data-tool": name });
    one.append(element("kbd", { "aria-hidden": "true", "data-shown": shortKey(key) }));
    return one;
  });
  editor.on("keys", () =>
    tools.forEach(({ key }, index) => buttons[index].querySelector("kbd")?.setAttribute("data-shown", shortKey(key))),
  );
  const fit = button("fit", texts.bars.fitTheImage, () => bench.view.fit(), { keys: "F", class: "ml-tool" });
  const opacity = element("input", {
    type: "range",
    min: "0",
    max: "80",
    value: Math.round(bench.view.opacity * 100),
    "aria-label": texts.bars.strengthOfTheMaskColours,
    title: texts.bars.strengthOfTheMaskColours,
  });
  opacity.addEventListener("input", () => bench.view.setOpacity(Number(opacity.value) / 100));
  const { open, panel } = createViewOptions(bench);
  const update = () =>
    tools.forEach(({ name }, index) => buttons[index].setAttribute("aria-pressed", String(bench.toolName === name)));
  editor.on("tool", update);
  update();
  return element(
    "div",
    {
      class: "ml-tools",
      role: "toolbar",
      "aria-label": texts.bars.tools,
      "aria-orientation": "vertical",
      onkeydown: walk,
    },
    ...buttons,
    element("span", { class: "ml-spacer" }),
    element("div", { class: "ml-opacity" }, opacity),
    icon("opacity"),
    open,
    panel,
    fit,
  );
}

/** A key in the corner of a button. @param {string} key */
const shortKey = (key) => ownKey(key).replace("Shift+", "⇧").replace("Ctrl+", "^");

/** Arrow keys go from button to button of a bar. @param {KeyboardEvent} event */
function walk(event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const bar = /** @type {HTMLElement} */ (event.currentTarget);
  if (!step || !(event.target instanceof HTMLButtonElement)) return;
  const buttons = [...bar.querySelectorAll("button")].filter((one) => !one.disabled && one.getClientRects().length);
  buttons[(buttons.indexOf(event.target) + step + buttons.length) % buttons.length]?.focus();
  event.preventDefault();
}

/** Choices of the tool in hand, over the canvas. @param {Workbench} bench */
export function createToolOptions(bench) {
  const root = element("div", { class: "ml-tool-options", hidden: true });
  bench.editor.on("tool", () => {
    const options = bench.tool.options?.();
    root.hidden = !options;
    root.replaceChildren(...(options ? [options] : []));
  });
  return root;
}
