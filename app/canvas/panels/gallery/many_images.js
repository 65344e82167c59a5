/** Images chosen in the gallery, and what can be done with all of them at once. */

import * as api from "../../model/api.js";
import { tagsOf } from "../../model/workspace/image_filter.js";
import { button, element } from "../../view/dom.js";

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
    placeholder: "Tag",
    "aria-label": "A tag for the chosen images",
    class: "ml-search",
  });
  const known = element("datalist", { id: "ml-known-tags-many" });
  /** @param {string} label @param {string} text @param {() => void} run @param {import("../../view/dom.js").IconName | null} [icon] */
  const act = (label, text, run, icon = null) => button(icon, label, run, { text, class: "ml-small" });
  const add = act("Give the tag to the chosen images", "Add tag", () => withTag("add_tags"));
  const takeAway = act("Take the tag from the chosen images", "Take tag away", () => withTag("remove_tags"));
  const outOf = () => void change({ excluded: true });
  const keepOut = act("The model does not learn from the chosen images", "Keep out of training", outOf);
  const into = () => void change({ excluded: false });
  const learnFrom = act("The model may learn from the chosen images", "Learn from", into);
  const trash = act("Put the chosen images into the trash", "To the trash", () => void toTrash(), "trash");
  const root = element(
    "div",
    { class: "ml-many", role: "group", "aria-label": "Chosen images", hidden: true },
    count,
    tag,
    known,
    add,
    takeAway,
    keepOut,
    learnFrom,
    trash,
    element("span", { class: "ml-spacer" }),
    act("Choose every image that is shown", "Choose all shown", () =>
      choose(images.shown().map((row) => row.image_id)),
    ),
    act("Choose none", "Choose none", () => choose([])),
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
    count.textContent = `${chosen.size} chosen${elsewhere ? `, ${elsewhere} of them not shown` : ""}`;
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
    const done = await editor.ask("Changing the images", async () => {
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
      text: `${ids.length} ${ids.length > 1 ? "images are" : "image is"} in the trash.`,
      actions: [{ label: "Bring back", run: () => void editor.ask("Bringing back", bringBack) }],
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
