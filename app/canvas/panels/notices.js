/** Short messages in a corner of the canvas; they leave by themselves, errors stay longer. */

import { onAnswer } from "../model/api.js";
import { button, element, icon } from "../view/dom.js";
import { texts } from "../messages/texts.js";

const STAY = { info: 5000, success: 4000, error: 12000 };
const MOST = 4;
const SEEN = 1500; // milliseconds for which the server's silence is said, however short it was

/** @param {import("../model/editor.js").Editor} editor */
export function createNotices(editor) {
  const root = element("div", { class: "ml-notices", role: "status", "aria-live": "polite" });
  editor.on("notice", (notice) => show(root, notice));
  return root;
}

/** @param {HTMLElement} root @param {import("../model/editor.js").Notice} notice */
function show(root, { text, kind = "info", actions = [], lines = [], untilAnswered, topic }) {
  const box = element("div", { class: `ml-notice ml-notice-${kind}` });
  const leave = () => box.remove();
  if (topic) {
    box.dataset.topic = topic;
    root.querySelectorAll(`[data-topic="${topic}"]`).forEach((older) => older.remove());
  }
  if (untilAnswered) leaveWhenAnswered(box);
  let timer = setTimeout(leave, STAY[kind] + (lines.length ? 20000 : 0));
  const words = element("div", { class: "ml-notice-text" }, element("p", {}, text));
  if (lines.length) {
    const list = element("ul", {});
    for (const line of lines) list.append(element("li", {}, line));
    words.append(list);
  }
  box.append(icon(kind === "error" ? "warning" : kind === "success" ? "check" : "help"), words);
  for (const { label, run } of actions) {
    box.append(
      button(
        null,
        label,
        () => {
          leave();
          run();
        },
        { class: "ml-small", text: label },
      ),
    );
  }
  box.append(button("close", texts.notices.dismiss, leave, { class: "ml-quiet ml-small" }));
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", () => {
    timer = setTimeout(leave, 4000);
  });
  root.append(box);
  while (root.children.length > MOST) root.firstElementChild?.remove();
}

/** The server is back: that it did not answer is true no longer. @param {HTMLElement} box */
function leaveWhenAnswered(box) {
  const since = performance.now();
  const heard = () => {
    onAnswer.delete(heard);
    setTimeout(() => box.remove(), Math.max(0, SEEN - (performance.now() - since)));
  };
  onAnswer.add(heard);
}
