/** The page says which image is open: in the browser's tab, and to a screen reader that comes to it. */

const OWN = "MaskLoop"; // a page that is called otherwise is somebody else's, and keeps its name

/** @param {import("../workbench.js").Workbench} bench */
export function nameThePage({ editor, leaving }) {
  if (document.title !== OWN) return;
  editor.on("open", () => {
    document.title = editor.image ? `${editor.image.file_name} – ${OWN}` : OWN;
  });
  leaving.signal.addEventListener("abort", () => (document.title = OWN));
}
