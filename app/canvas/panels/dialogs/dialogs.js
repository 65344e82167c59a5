/** A modal dialog with a title, a body and its buttons; the browser keeps the focus inside and gives it back. */

import { button, element } from "../../view/dom.js";
import { texts } from "../../messages/texts.js";

/**
 * @param {HTMLElement} root where it lives, so that it has the editor's colours
 * @param {{title: string, content: Node[], confirm?: string, onConfirm?: () => Promise<boolean> | boolean, wide?: boolean}} options
 *   `onConfirm` says whether the dialog may close
 */
export function openDialog(root, { title, content, confirm, onConfirm, wide = false }) {
  const close = () => dialog.close();
  const go = confirm ? element("button", { type: "submit", class: "ml-button ml-primary" }, confirm) : null;
  const form = element(
    "form",
    { method: "dialog" },
    element(
      "header",
      {},
      element("h2", {}, title),
      button("close", texts.dialogs.close, close, { class: "ml-quiet ml-small" }),
    ),
    element("div", { class: "ml-dialog-body", tabindex: confirm ? undefined : "0" }, ...content),
    confirm
      ? element("footer", {}, button(null, texts.dialogs.cancel, close, { text: texts.dialogs.cancel }), go)
      : null,
  );
  const dialog = element("dialog", { class: `ml-dialog ${wide ? "ml-dialog-wide" : ""}`, "aria-label": title }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go) go.disabled = true;
    const done = await onConfirm?.();
    if (go) go.disabled = false;
    if (done !== false) close();
  });
  dialog.addEventListener("keydown", (event) => event.stopPropagation()); // the canvas has keys of its own
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) close();
  });
  root.append(dialog);
  dialog.showModal();
  return dialog;
}
