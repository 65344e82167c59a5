/** The bar below the canvas: whether all is saved, what the tool in hand expects, where one is. */

import { button, element, icon, setTooltip } from "../view/dom.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../workbench.js").Workbench} Workbench */

/** @type {{[role: string]: string}} */
const ROLES = { annotator: texts.bars.annotator, reviewer: texts.bars.reviewer, admin: texts.bars.admin };

/** @param {Workbench} bench */
export function createStatusBar(bench) {
  const { editor, view, assistant, images } = bench;
  const state = element("button", { type: "button", class: "ml-save", "aria-live": "polite" });
  const discard = button(null, texts.bars.giveUpTheEditThat, () => editor.outbox.discardFirst(), {
    text: texts.bars.discardIt,
    class: "ml-small ml-quiet",
  });
  const hint = element("span", { class: "ml-hint" });
  const busy = element("span", { class: "ml-working", role: "status" });
  const cursor = element("span", { class: "ml-cursor" });
  const zoom = element("button", {
    type: "button",
    class: "ml-zoom",
    onclick: () => view.fit(),
  });
  setTooltip(zoom, texts.bars.fitTheImage, "F");
  const place = element("span", { class: "ml-place" });
  const model = element("span", { class: "ml-model" });
  const who = element("span", { class: "ml-who", title: texts.bars.whoYouAreSignedIn });
  state.addEventListener("click", () => editor.outbox.retryNow());

  function save() {
    const { outbox } = editor;
    const count = outbox.edits.length;
    state.className = `ml-save ml-save-${outbox.state}`;
    const words =
      outbox.state === "saved"
        ? texts.bars.saved
        : outbox.state === "saving"
          ? texts.bars.saving
          : texts.bars.notSavedRetrying(count);
    state.replaceChildren(
      icon(outbox.state === "saved" ? "check" : outbox.state === "saving" ? "wait" : "warning"),
      element("span", {}, words),
    );
    state.title =
      outbox.state === "retrying"
        ? texts.bars.nothingIsLostKeptIn(outbox.reason, count)
        : texts.bars.everyEditIsSavedAt;
    discard.hidden = !(outbox.state === "retrying" && outbox.answered && (outbox.edits[0]?.attempts ?? 0) > 3);
  }

  function words() {
    hint.textContent = editor.document ? bench.tool.hint() : "";
    hint.title = hint.textContent;
  }

  function work() {
    const all = [...editor.busy];
    if (assistant.workingOn !== null && assistant.workingOn === editor.image?.image_id)
      all.push(texts.bars.findingObjects);
    else if (assistant.waiting) all.push(texts.bars.findingObjectsOnImages(assistant.waiting));
    const { state: ready, model: name, message } = assistant.model;
    model.textContent =
      ready === "ready" ? (name ?? "") : ready === "loading" ? texts.bars.modelIsLoading : texts.bars.noModel;
    model.title = message || (ready === "ready" ? texts.bars.theModelThatProposesObjects : "");
    model.classList.toggle("ml-warning", ready === "failed");
    busy.textContent = all.length ? `${all.join(", ")}…` : "";
    busy.hidden = !all.length;
  }

  function position() {
    const pointer = view.pointer,
      image = editor.image;
    const inside =
      pointer && image && pointer.x >= 0 && pointer.y >= 0 && pointer.x < image.width && pointer.y < image.height;
    cursor.textContent = inside ? `${Math.floor(pointer.x)}, ${Math.floor(pointer.y)}` : "";
    zoom.textContent = image ? `${Math.round(view.viewport.scale * 100)} %` : "";
  }

  function where() {
    const id = editor.image?.image_id ?? null;
    const shown = images.shown(id);
    const at = shown.findIndex((row) => row.image_id === id);
    place.textContent = images.rows.length ? `${at < 0 ? "–" : at + 1} / ${shown.length}` : "";
    place.classList.toggle("ml-warning", images.filtered);
    place.title = images.filtered ? texts.bars.filteredOfImagesGChanges(shown.length, images.rows.length) : "";
  }

  editor.on("signedin", () => {
    const { person, role } = bench.signedIn;
    who.textContent = person ? texts.bars.personAndRole(person, ROLES[role] ?? role) : "";
  });
  editor.on("save", save);
  editor.on(["open", "document", "selection", "filter", "class", "tool", "hint"], words);
  editor.on(["busy", "open"], work);
  assistant.on("working", work);
  editor.on("open", where);
  images.on("list", where);
  view.onMove = position;
  view.onFrame = position;
  save();
  words();
  work();
  return element(
    "footer",
    { class: "ml-statusbar" },
    state,
    discard,
    busy,
    hint,
    element("span", { class: "ml-spacer" }),
    cursor,
    zoom,
    place,
    model,
    who,
  );
}
