/** How the picture and the masks are shown: brightness, contrast, outlines, names; and the language. Nothing of it changes an image. */

import { createLanguageChoice } from "./language.js";
import { button, element, offer } from "../view/dom.js";
import { AS_IT_IS } from "../view/picture_look.js";
import { keyName } from "../messages/key_names.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../workbench.js").Workbench} Workbench */

/** A button that opens the panel, and the panel. @param {Workbench} bench */
export function createViewOptions(bench) {
  const { view, editor } = bench;
  /** @template {string} Name @param {Name} name @param {string} label @param {{[attribute: string]: string}} range */
  const slider = (name, label, range) => {
    const input = element("input", { type: "range", ...range, "aria-label": label });
    const value = element("output", { class: "ml-slider-value" });
    const row = element("label", { class: "ml-slider" }, element("span", {}, label), input, value);
    return { name, input, value, row };
  };
  const ends = [
    slider("low", texts.viewOptions.darkest, { min: "0", max: "1000" }),
    slider("high", texts.viewOptions.brightest, { min: "0", max: "1000" }),
  ];
  for (const { name, input } of ends) {
    input.addEventListener("input", () => {
      const { low, high } = view.look.values;
      const part = Number(input.value) / 1000;
      // One end pushes the other along.
      if (name === "low") view.adjust({ low: Math.min(part, 0.999), high: Math.max(high, Math.min(1, part + 0.001)) });
      else view.adjust({ high: Math.max(part, 0.001), low: Math.min(low, Math.max(0, part - 0.001)) });
    });
    input.addEventListener("change", () => void view.showWindow());
  }
  const percent = { min: "20", max: "300", step: "5" };
  const sliders = [
    slider("brightness", texts.viewOptions.brightness, percent),
    slider("contrast", texts.viewOptions.contrast, percent),
    slider("gamma", texts.viewOptions.gamma, percent),
  ];
  for (const { name, input } of sliders)
    input.addEventListener("input", () => view.adjust({ [name]: Number(input.value) / 100 }));
  const channel = element("select", {});
  offer(channel, [
    ["", texts.viewOptions.allChannels],
    ["red", texts.viewOptions.red],
    ["green", texts.viewOptions.green],
    ["blue", texts.viewOptions.blue],
  ]);
  channel.addEventListener("change", () =>
    view.adjust({ channel: /** @type {import("../view/picture_look.js").Channel} */ (channel.value) }),
  );
  const large = button("fullscreen", texts.viewOptions.fullScreen, () => void bench.toggleFullScreen(), {
    class: "ml-small",
    text: texts.viewOptions.fullScreen,
    keys: "Shift+F",
  });
  const outlines = element("input", { type: "checkbox" });
  outlines.addEventListener("change", () => view.setOutlines(outlines.checked));
  const labels = element("input", { type: "checkbox" });
  labels.addEventListener("change", () => view.setLabels(labels.checked));
  const keyOf = (/** @type {string} */ key) => {
    const shown = element("kbd", {}, keyName(key));
    editor.on("keys", () => shown.replaceChildren(keyName(key)));
    return shown;
  };
  const minimap = element("input", { type: "checkbox" });
  minimap.addEventListener("change", () => view.setMinimap(minimap.checked));
  const reset = button(
    null,
    texts.viewOptions.showThePictureAsIt,
    () => (view.adjust({ ...AS_IT_IS }), void view.showWindow()),
    {
      class: "ml-small",
      text: texts.viewOptions.reset,
    },
  );
  const panel = element(
    "div",
    { class: "ml-view-options", role: "group", "aria-label": texts.viewOptions.viewOptions, hidden: true },
    ...ends.map(({ row }) => row),
    ...sliders.map(({ row }) => row),
    element("label", { class: "ml-slider" }, element("span", {}, texts.viewOptions.channel), channel),
    element("label", { class: "ml-choice" }, outlines, texts.viewOptions.outlinesOnly, keyOf("U")),
    element("label", { class: "ml-choice" }, labels, texts.viewOptions.namesOfObjects, keyOf("T")),
    element("label", { class: "ml-choice" }, minimap, texts.viewOptions.overviewWhenZoomed),
    element("div", { class: "ml-actions" }, reset, large),
    createLanguageChoice(),
  );
  const open = button("adjust", texts.viewOptions.viewOptions, () => toggle(), {
    class: "ml-tool",
    keys: "I",
    "aria-expanded": false,
  });

  function toggle(on = panel.hidden) {
    panel.hidden = !on;
    open.setAttribute("aria-expanded", String(on));
  }

  function update() {
    for (const { name, input, value } of sliders) {
      input.value = String(Math.round(100 * view.look.values[name]));
      value.textContent = `${input.value} %`;
    }
    for (const { name, input, value } of ends) {
      input.value = String(Math.round(1000 * view.look.values[name]));
      value.textContent = `${(100 * view.look.values[name]).toFixed(1)} %`;
    }
    outlines.checked = view.outlines;
    labels.checked = view.labels;
    minimap.checked = view.minimap.shown;
    channel.value = view.look.values.channel;
    const asItIs = view.look.isAsItIs;
    reset.disabled = asItIs;
    open.setAttribute("aria-pressed", String(!asItIs || view.outlines)); // seen while the panel is closed, too
  }

  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    toggle(false);
    open.focus();
  });
  editor.on("view", update);
  editor.on("viewoptions", () => toggle());
  update();
  return { open, panel };
}
