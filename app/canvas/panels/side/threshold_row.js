/** From which score on proposals show: of all classes or one, what lies below as ghosts, and what the model is. */

import { clearProposals } from "../../proposals.js";
import { button, element, offer } from "../../view/dom.js";
import { texts } from "../../messages/texts.js";

/** @param {import("../../workbench.js").Workbench} bench @returns {HTMLElement[]} */
export function createThresholdRows(bench) {
  const { editor, assistant } = bench;
  const classes = element("select", { "aria-label": texts.thresholdRow.whoseThresholdTheSliderMoves });
  const slider = element("input", {
    type: "range",
    min: "0",
    max: "100",
    step: "1",
    "aria-label": texts.thresholdRow.showProposalsFromThisScore,
  });
  const value = element("output", { class: "ml-slider-value" });
  const reset = button("undo", texts.thresholdRow.backToWhatTheModel, () => editor.setThreshold(null, chosen()), {
    class: "ml-quiet ml-small",
  });
  const below = button(
    null,
    texts.thresholdRow.proposalsThatScoreTooLow,
    () => editor.showGhosts(!editor.ghostsShown),
    {
      text: texts.thresholdRow.below,
      keys: "Y",
      class: "ml-small ml-ghosts",
    },
  );
  const clear = button(null, texts.thresholdRow.clearAllProposalsThatAre, () => clearProposals(bench), {
    text: texts.thresholdRow.clear,
    keys: "C",
    class: "ml-small ml-clear",
  });
  const note = element("p", { class: "ml-note" });

  /** @returns {number | null} the class that the slider is for; null: all */
  function chosen() {
    return classes.value === "" ? null : Number(classes.value);
  }

  /** The classes of which a model proposes something here. */
  function offered() {
    const ids = new Set(
      editor.document?.instances.filter(({ status }) => status === "proposed").map((one) => one.category_id),
    );
    for (const id of editor.thresholds.classes.keys()) ids.add(id);
    return (editor.document?.categories ?? []).filter(({ id }) => ids.has(id));
  }

  function update() {
    const instances = editor.document?.instances ?? [];
    const before = classes.value;
    offer(classes, [
      ["", texts.thresholdRow.allClasses],
      .../** @type {[number, string][]} */ (offered().map(({ id, name }) => [id, name])),
    ]);
    classes.value = before;
    if (classes.selectedIndex < 0) classes.value = "";
    const { score, several } = editor.thresholds.shown(instances, chosen());
    slider.value = String(Math.round(score * 100));
    value.textContent = several ? texts.thresholdRow.byClass : `${Math.round(score * 100)} %`;
    value.title = several ? texts.thresholdRow.eachClassHasTheThreshold : "";
    reset.hidden = chosen() === null ? !editor.thresholds.moved : !editor.thresholds.classes.has(chosen() ?? 0);
    const count = editor.countBelow;
    below.hidden = !count;
    below.setAttribute("aria-pressed", String(editor.ghostsShown));
    below.querySelector("span")?.replaceChildren(texts.thresholdRow.countBelow(count));
    below.title = texts.thresholdRow.theProposalsThatScoreToo(editor.ghostsShown, count);
    clear.hidden = !editor.visibleInstances().some(({ status }) => status === "proposed");
    const proposals = instances.some(({ status }) => status === "proposed");
    note.textContent = proposals ? assistant.note : "";
    note.hidden = !note.textContent;
  }

  slider.addEventListener("input", () => editor.setThreshold(Number(slider.value) / 100, chosen()));
  classes.addEventListener("change", update);
  editor.on(["document", "filter"], update);
  assistant.on("working", update);
  update();
  return [
    element(
      "label",
      { class: "ml-slider" },
      element("span", {}, texts.thresholdRow.proposalsFrom),
      slider,
      value,
      reset,
    ),
    element("div", { class: "ml-threshold-of" }, classes, element("span", { class: "ml-spacer" }), below, clear),
    note,
  ];
}
