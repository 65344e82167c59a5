/** Images chosen in the gallery, and what can be done with all of them at once. */

import * as api from "../../model/api.js";
import { tagsOf } from "../../model/workspace/image_filter.js";
import { button, element } from "../../view/dom.js";
import { texts } from "../../messages/texts.js";

/** @typedef {import("../../model/api.js").ImageRow} ImageRow */

/** @param {import("../../workbench.js").Workbench} bench @param {() => void} changed the choice is another */
export function createManyImages(bench, changed) {
  const { images, editor } = bench;
  /** @type {Set<number>} */
  let chosen = new Set();
  /** Where a range begins. @type {number | null} */
  let anchor = null;
  const count = element("b", {});
  const tag = element("input", {
    type: "text",
    list: "ml-known-tags-many",
    maxlength: "100",
    placeholder: texts.manyImages.tag,
    "aria-label": texts.manyImages.aTagForTheChosen,
    class: "ml-search",
  });
  const known = element("datalist", { id: "ml-known-tags-many" });
  /** @param {string} label @param {string} text @param {() => void} run @param {import("../../view/dom.js").IconName | null} [icon] */
  const act = (label, text, run, icon = null) => button(icon, label, run, { text, class: "ml-small" });
  const add = act(texts.manyImages.giveTheTagToThe, texts.manyImages.addTag, () => withTag("add_tags"));
  const takeAway = act(texts.manyImages.takeTheTagFromThe, texts.manyImages.takeTagAway, () => withTag("remove_tags"));
  const outOf = () => void change({ excluded: true });
  const keepOut = act(texts.manyImages.theModelDoesNotLearn, texts.manyImages.keepOutOfTraining, outOf);
  const into = () => void change({ excluded: false });
  const learnFrom = act(texts.manyImages.theModelMayLearnFrom, texts.manyImages.learnFrom, into);
  const trash = act(
    texts.manyImages.putTheChosenImagesInto,
    texts.manyImages.toTheTrash,
    () => void toTrash(),
    "trash",
  );
  const root = element(
    "div",
    { class: "ml-many", role: "group", "aria-label": texts.manyImages.chosenImages, hidden: true },
    count,
    tag,
    known,
    add,
    takeAway,
    keepOut,
    learnFrom,
    trash,
    element("span", { class: "ml-spacer" }),
    act(texts.manyImages.chooseEveryImageThatIs, texts.manyImages.chooseAllShown, () =>
      choose(images.shown().map((row) => row.image_id)),
    ),
    act(texts.manyImages.chooseNone, texts.manyImages.chooseNone, () => choose([])),
  );

  /** @param {number[]} ids */
  function choose(ids) {
    chosen = new Set(ids);
    show();
    changed();
  }

  function show() {
    const there = new Set(images.rows.map((row) => row.image_id));
    chosen = new Set([...chosen].filter((id) => there.has(id)));
    root.hidden = !chosen.size;
    const elsewhere = chosen.size - images.shown().filter(({ image_id }) => chosen.has(image_id)).length;
    count.textContent = texts.manyImages.chosen(chosen.size, elsewhere);
    const mayChange = bench.signedIn.may("PATCH /api/images");
    for (const one of [tag, add, takeAway, keepOut, learnFrom]) one.hidden = !mayChange;
    trash.hidden = !bench.signedIn.may("remove images");
    known.replaceChildren(...tagsOf(images.rows).map((value) => element("option", { value })));
  }

  /** @param {"add_tags" | "remove_tags"} how */
  function withTag(how) {
    const words = tag.value.trim();
    if (words) void change({ [how]: [words] });
    else tag.focus();
  }

  /** @param {Parameters<typeof api.changeImages>[1]} fields @returns {Promise<boolean>} */
  async function change(fields) {
    const ids = [...chosen];
    const done = await editor.ask(texts.manyImages.changingTheImages, async () => {
      await editor.outbox.flush(); // an edit of an image that is in the trash would be refused
      return api.changeImages(ids, fields);
    });
    if (!done) return false;
    await images.read();
    if (editor.image && ids.includes(editor.image.image_id) && !fields.removed) await editor.reload();
    return true;
  }

  async function toTrash() {
    const ids = [...chosen];
    const open = editor.image?.image_id ?? -1;
    const next = images.beside(open, chosen);
    if (!(await change({ removed: true }))) return;
    const bringBack = async () => {
      for (const id of ids) await api.restoreImage(id);
      await images.read();
    };
    editor.emit("notice", {
      text: texts.manyImages.inTheTrash(ids.length),
      actions: [
        { label: texts.manyImages.bringBack, run: () => void editor.ask(texts.manyImages.bringingBack, bringBack) },
      ],
    });
    if (ids.includes(open) && editor.image?.image_id === open && next) await bench.open(next.image_id);
  }

  return {
    root,
    show,
    /** @param {number} id */
    has: (id) => chosen.has(id),
    /** A click on a tile: with Ctrl it is chosen or not, with Shift all up to it. @param {ImageRow} row @param {MouseEvent} event @returns {boolean} whether it meant that */
    clicked(row, event) {
      const rows = images.shown();
      const at = rows.findIndex(({ image_id }) => image_id === row.image_id);
      const from = rows.findIndex(({ image_id }) => image_id === (anchor ?? editor.image?.image_id));
      if (event.shiftKey && from >= 0) {
        const range = rows.slice(Math.min(at, from), Math.max(at, from) + 1).map(({ image_id }) => image_id);
        choose([...chosen, ...range]);
        return true;
      }
      anchor = row.image_id;
      if (!(event.ctrlKey || event.metaKey)) return false;
      this.toggle(row);
      return true;
    },
    /** @param {ImageRow} row */
    toggle(row) {
      anchor = row.image_id;
      if (chosen.has(row.image_id)) choose([...chosen].filter((id) => id !== row.image_id));
      else choose([...chosen, row.image_id]);
    },
  };
}
