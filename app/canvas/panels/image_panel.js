/** What people say of the open image: tags, whether it is learnt from, notes on it and on its objects. */

import * as api from "../model/api.js";
import { tagsOf } from "../model/workspace/image_filter.js";
import { button, element, setTooltip } from "../view/dom.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../model/document.js").Note} Note */
/** @typedef {import("../model/document.js").ImageDocument} ImageDocument */

/** The button in the bar with the number of open notes, and the panel that it opens. @param {import("../workbench.js").Workbench} bench */
export function createImagePanel(bench) {
  const { editor, images } = bench;
  const number = element("b", { class: "ml-badge" });
  const open = button("note", texts.imagePanel.title, () => toggle(), {
    class: "ml-quiet ml-note-button",
    keys: "W",
    "aria-expanded": false,
  });
  open.append(number);

  const excluded = element("input", { type: "checkbox" });
  excluded.addEventListener("change", () => void changeImage({ excluded: excluded.checked }));
  const tags = element("ul", { class: "ml-tags", "aria-label": texts.imagePanel.tags });
  const known = element("datalist", { id: "ml-known-tags" });
  const newTag = element("input", {
    type: "text",
    list: "ml-known-tags",
    maxlength: "100",
    placeholder: texts.imagePanel.addATag,
    "aria-label": texts.imagePanel.addATag,
    class: "ml-search",
  });
  newTag.addEventListener("keydown", (event) => {
    const tag = newTag.value.trim();
    if (event.key !== "Enter" || !tag) return;
    newTag.value = "";
    void changeImage({ tags: [...new Set([...(editor.image?.tags ?? []), tag])] });
  });
  const notes = element("ul", { class: "ml-notes", "aria-label": texts.imagePanel.notes });
  const text = element("textarea", { rows: "2", maxlength: "2000", "aria-label": texts.imagePanel.aNote });
  const write = button(null, texts.imagePanel.writeTheNote, () => void add(false), {
    text: texts.imagePanel.addNote,
    class: "ml-small",
  });
  const back = button("undo", texts.imagePanel.theImageGoesBackTo, () => void add(true), {
    text: texts.imagePanel.returnWithNote,
    class: "ml-small",
  });
  const panel = element(
    "div",
    { class: "ml-image-panel", role: "group", "aria-label": texts.imagePanel.title, hidden: true },
    element(
      "header",
      {},
      element("h2", {}, texts.imagePanel.thisImage),
      button("close", texts.imagePanel.close, () => toggle(false), { class: "ml-quiet ml-small" }),
    ),
    tags,
    newTag,
    known,
    element("label", { class: "ml-choice" }, excluded, texts.imagePanel.keepOutOfTraining),
    notes,
    text,
    element("div", { class: "ml-actions" }, write, back),
  );

  function toggle(on = panel.hidden) {
    panel.hidden = !on || !editor.image || bench.galleryShown;
    open.setAttribute("aria-expanded", String(!panel.hidden));
    update();
    if (!panel.hidden) text.focus();
    else if (panel.contains(document.activeElement)) bench.view.overlay.focus({ preventScroll: true });
  }

  /** The document with some fields of it replaced, if it is still open. @param {number} id @param {(document: ImageDocument) => ImageDocument} change */
  function take(id, change) {
    if (!editor.document || editor.image?.image_id !== id) return;
    editor.replace(change(editor.document));
  }

  /** @param {{excluded?: boolean, tags?: string[]}} fields */
  async function changeImage(fields) {
    const id = editor.image?.image_id;
    if (id === undefined) return;
    const changed = await editor.ask(texts.imagePanel.saving, () => api.changeImage(id, fields));
    if (changed) take(id, (document) => ({ ...document, image: { ...document.image, ...changed } }));
    else update();
  }

  /** @param {boolean} returns */
  async function add(returns) {
    const id = editor.image?.image_id;
    const words = text.value.trim();
    if (id === undefined) return;
    if (!words) {
      editor.emit("notice", { text: texts.imagePanel.writeFirstWhatThereIs });
      return text.focus();
    }
    const made = await editor.ask(texts.imagePanel.savingTheNote, async () => {
      await editor.outbox.flush();
      if (returns) await api.setStatus(id, "in_progress", undefined, words);
      else await api.addNote(id, words, editor.selectsSeveral ? null : (editor.selected?.id ?? null));
      return editor.load(id);
    });
    if (!made) return;
    text.value = "";
    take(id, () => made);
    if (returns) editor.emit("notice", { text: texts.imagePanel.returnedTheFilterReturnedLists });
  }

  /** @param {Note} note */
  async function remove(note) {
    const id = editor.image?.image_id;
    if (id === undefined) return;
    const gone = await editor.ask(texts.imagePanel.deletingTheNote, () => api.deleteNote(id, note.id).then(() => true));
    if (!gone) return;
    take(id, (document) => ({ ...document, notes: (document.notes ?? []).filter((other) => other.id !== note.id) }));
    const bringBack = async () => {
      const made = await editor.ask(texts.imagePanel.savingTheNote, async () => {
        if (note.returned && !note.done) await api.setStatus(id, "in_progress", undefined, note.text);
        else await writtenAgain(id, note);
        return editor.load(id);
      });
      if (made) take(id, () => made);
    };
    editor.emit("notice", {
      text: texts.imagePanel.noteDeleted,
      actions: [{ label: texts.imagePanel.bringBack, run: () => void bringBack() }],
    });
  }

  /** A note that was deleted, ticked off where it was. @param {number} id @param {Note} note */
  async function writtenAgain(id, note) {
    const made = await api.addNote(id, note.text, note.instance);
    if (note.done) await api.setNoteDone(id, made.id, true);
  }

  /** @param {Note} note @param {boolean} done */
  async function setDone(note, done) {
    const id = editor.image?.image_id;
    if (id === undefined) return;
    const made = await editor.ask(texts.imagePanel.savingTheNote, () => api.setNoteDone(id, note.id, done));
    const swap = (/** @type {Note} */ other) => (made && other.id === made.id ? made : other);
    if (made) take(id, (document) => ({ ...document, notes: (document.notes ?? []).map(swap) }));
    else update();
  }

  /** @param {Note} note */
  function makeNote(note) {
    const instance = editor.document?.instances.find(({ id }) => id === note.instance);
    const about = instance
      ? (editor.category(instance.category_id)?.name ?? texts.imagePanel.object)
      : note.returned
        ? texts.imagePanel.returned
        : texts.imagePanel.image;
    const done = element("input", {
      type: "checkbox",
      checked: note.done,
      "aria-label": texts.imagePanel.done(note.text),
    });
    done.addEventListener("change", () => void setDone(note, done.checked));
    const subject = instance
      ? button(null, texts.imagePanel.selectThe(about), () => choose(instance), {
          text: about,
          class: "ml-small ml-quiet",
        })
      : element("span", { class: "ml-muted" }, about);
    return element(
      "li",
      { class: note.done ? "ml-note-done" : "", "data-note": note.id },
      done,
      element("span", { class: "ml-note-text" }, note.text),
      note.author ? element("span", { class: "ml-muted" }, note.author) : null,
      subject,
      button("trash", texts.imagePanel.deleteTheNote(note.text), () => void remove(note), {
        class: "ml-quiet ml-small",
      }),
    );
  }

  /** @param {import("../model/document.js").Instance} instance */
  function choose(instance) {
    editor.select(instance.id);
    bench.view.viewport.reveal(instance.bbox);
    bench.view.redraw();
  }

  function update() {
    const { document } = editor;
    const left = (document?.notes ?? []).filter(({ done }) => !done).length;
    number.textContent = left ? String(left) : "";
    open.setAttribute("aria-label", texts.imagePanel.titleWithOpenNotes(left));
    number.hidden = !left;
    setTooltip(open, left ? texts.gallery.openNotes(left) : texts.imagePanel.title);
    open.disabled = !document || bench.galleryShown;
    if (bench.galleryShown) panel.hidden = true;
    if (panel.hidden || !document) return;
    const mayChange = bench.signedIn.may("PATCH /api/images/{image_id}");
    newTag.hidden = !mayChange;
    excluded.disabled = !mayChange;
    back.disabled = document.image.status === "reviewed" && !bench.signedIn.may("return a reviewed image");
    excluded.checked = document.image.excluded ?? false;
    const own = document.image.tags ?? [];
    tags.replaceChildren(
      ...own.map((tag) => {
        const takeAway = () => void changeImage({ tags: own.filter((other) => other !== tag) });
        const away = button("close", texts.imagePanel.takeTheTagAway(tag), takeAway, { class: "ml-quiet ml-small" });
        return element("li", {}, tag, mayChange && away);
      }),
    );
    known.replaceChildren(...tagsOf(images.rows).map((tag) => element("option", { value: tag })));
    notes.replaceChildren(...(document.notes ?? []).map(makeNote));
    const one = editor.selectsSeveral ? null : editor.selected;
    const subject = one
      ? texts.imagePanel.theSelected(editor.category(one.category_id)?.name)
      : texts.imagePanel.theImage;
    text.placeholder = texts.imagePanel.aNoteOn(subject);
  }

  panel.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === text) {
      event.preventDefault();
      void add(false);
    }
    event.stopPropagation(); // the canvas has keys of its own
    if (event.key === "Escape") {
      toggle(false);
      open.focus();
    }
  });
  editor.on(["document", "selection", "gallery"], update);
  editor.on("open", () => {
    text.value = "";
  });
  editor.on("imagepanel", () => toggle());
  update();
  return element("div", { class: "ml-image-details" }, open, panel);
}
