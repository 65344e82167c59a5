/**
 * The annotation editor: `mount(element)` fills an element with it. It needs nothing but the data plane beside it
 * (`../api/` from here), so it runs in the Gradio page, alone, and in an iframe.
 */

import { follow as followAddress } from "./address.js";
import { createToolBar, createToolOptions, createTopBar } from "./panels/bars.js";
import { createAnnouncer } from "./panels/announcer.js";
import { createClassPanel } from "./panels/side/classes.js";
import { button, element, icon, isTextField } from "./view/dom.js";
import { createGrid, createStrip } from "./panels/gallery/gallery.js";
import { droppedFiles } from "./model/files.js";
import { createInspector } from "./panels/side/inspector.js";
import { attachKeys } from "./keys.js";
import { createNotices } from "./panels/notices.js";
import { createSideEdge } from "./panels/side/side_width.js";
import { createObjectList } from "./panels/side/objects.js";
import { nameThePage } from "./panels/page_title.js";
import { attachPointers } from "./view/pointers.js";
import { createStatusBar } from "./panels/status_bar.js";
import { attachTooltips } from "./panels/tooltip.js";
import { exposeForTests } from "./test_hook.js";
import { followTheme } from "./theme.js";
import { Workbench } from "./workbench.js";
import { lineOf } from "./model/editor.js";
import { languageTag, texts } from "./messages/texts.js";

const SMALLEST_HEIGHT = 420; // CSS pixels; below that the page scrolls

/** The editor in an element; its `unmount()` takes it out again. @param {HTMLElement} host */
export async function mount(host) {
  const root = element("div", { class: "maskloop", lang: languageTag, "aria-label": texts.main.annotationEditor });
  await stylesheet();
  const bench = new Workbench(root);
  const files = element("input", {
    type: "file",
    multiple: true,
    accept: "image/*,.tif,.tiff,.heic,.heif",
    hidden: true,
    "aria-label": texts.main.imagesToAdd,
  });
  files.addEventListener("change", () => {
    void bench.upload([...(files.files ?? [])]);
    files.value = "";
  });
  const chooseFiles = () => files.click();
  const stage = element(
    "div",
    { class: "ml-stage" },
    bench.view.root,
    createStart(bench, chooseFiles),
    createUploadProgress(bench),
    createLoadingSign(bench),
    createToolOptions(bench),
    createGrid(bench),
    createNotices(bench.editor),
  );
  const side = element(
    "aside",
    { class: "ml-side", "aria-label": texts.main.classesAndObjects },
    createClassPanel(bench),
    createObjectList(bench),
    createInspector(bench),
  );
  side.prepend(createSideEdge(side));
  const tools = createToolBar(bench);
  tools.prepend(createSheetToggle(side));
  // What acts on the open image is out of reach while the gallery covers it.
  bench.editor.on("gallery", () => [tools, side].forEach((part) => part.toggleAttribute("inert", bench.galleryShown)));
  root.append(
    createTopBar(bench, chooseFiles),
    element("div", { class: "ml-body" }, tools, stage, side),
    createStrip(bench),
    createStatusBar(bench),
    createAnnouncer(bench.editor),
    files,
  );
  followTheme(root, bench.leaving.signal);
  host.replaceChildren(root);
  fillWindow(root, bench.leaving.signal);
  attachPointers(bench.view);
  attachKeys(bench);
  attachDrop(bench, root);
  attachTooltips(root, bench.leaving.signal);
  giveFocusBack(bench);
  nameThePage(bench);
  exposeForTests(bench);
  watchReturn(bench);
  followAddress(bench);
  try {
    await bench.start();
  } catch (error) {
    bench.editor.emit("notice", {
      text: texts.main.theWorkspaceCouldNotBe(lineOf(error)),
      kind: "error",
      actions: [{ label: texts.main.tryAgain, run: () => location.reload() }],
    });
  }
  return bench;
}

/** Resolves when the rules are there, so that nothing is seen without them. */
function stylesheet() {
  const href = new URL("style.css", import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((resolve) => {
    const link = element("link", { rel: "stylesheet", href, onload: resolve, onerror: resolve });
    document.head.append(link);
  });
}

/** In a small window the canvas comes first, and the panels are a sheet below it that this button opens. @param {HTMLElement} side */
function createSheetToggle(side) {
  side.id = "ml-side";
  const toggle = button("list", texts.main.classesAndObjects, () => show(!side.classList.contains("ml-sheet")), {
    class: "ml-tool ml-sheet-toggle",
    "aria-expanded": false,
    "aria-controls": side.id,
  });
  const show = (/** @type {boolean} */ open) => {
    side.classList.toggle("ml-sheet", open);
    toggle.setAttribute("aria-expanded", String(open));
  };
  return toggle;
}

/** What is shown while there is no image. @param {Workbench} bench @param {() => void} chooseFiles */
function createStart(bench, chooseFiles) {
  const bringIn = button("import", texts.main.import, () => bench.editor.emit("importfiles", []), {
    text: texts.main.importCoco,
  });
  const root = element(
    "div",
    { class: "ml-start", hidden: true },
    icon("image"),
    element("h2", {}, texts.main.dropPhotographsHere),
    element("p", {}, texts.main.theModelProposesMasksAnd),
    element(
      "div",
      { class: "ml-actions" },
      button("add", texts.main.addImages, chooseFiles, { text: texts.main.chooseImages, class: "ml-primary" }),
      button(null, texts.main.threePhotographsThatCome, () => void bench.takeSamples(), {
        text: texts.main.trySamples,
      }),
      bringIn,
    ),
    element("p", { class: "ml-muted" }, texts.main.jpegPngWebpTiffAnd),
  );
  const update = () => {
    root.hidden = !bench.images.loaded || bench.images.rows.length > 0;
    bringIn.hidden = !bench.signedIn.may("POST /api/import");
  };
  bench.images.on("list", update);
  return root;
}

/** @param {Workbench} bench */
function createUploadProgress(bench) {
  const bar = element("progress", {});
  const words = element("span", {});
  const root = element("div", { class: "ml-upload", hidden: true, role: "status" }, words, bar);
  bench.images.on("upload", ({ done, total }) => {
    root.hidden = done >= total;
    words.textContent = texts.main.addingImagesOf(done, total);
    bar.max = total;
    bar.value = done;
  });
  return root;
}

/** What is said while an image is long in coming. @param {Workbench} bench */
function createLoadingSign(bench) {
  const words = element("span", {});
  const root = element("div", { class: "ml-upload ml-loading", hidden: true, role: "status" }, icon("wait"), words);
  bench.editor.on("loading", (name) => {
    root.hidden = name === null;
    words.textContent = name === null ? "" : texts.main.loading(name);
  });
  return root;
}

/** The editor takes what the window leaves below its top edge. @param {HTMLElement} root @param {AbortSignal} signal */
function fillWindow(root, signal) {
  const fill = () => {
    if (root.offsetParent === null) return;
    const top = root.getBoundingClientRect().top + window.scrollY;
    root.style.height = `${Math.max(SMALLEST_HEIGHT, Math.floor(window.innerHeight - top))}px`;
  };
  window.addEventListener("resize", fill, { signal });
  const around = new ResizeObserver(fill); // whatever grows above the editor pushes it down
  for (let node = root.parentElement; node; node = node.parentElement) around.observe(node);
  const shown = new IntersectionObserver(fill);
  shown.observe(root);
  signal.addEventListener("abort", () => (around.disconnect(), shown.disconnect()));
  fill();
}

/** A button pressed with the mouse does not keep the keyboard: Space, Enter and the arrows are the canvas's again. @param {Workbench} bench */
function giveFocusBack({ root, view }) {
  // The canvas shows that it has the focus to whoever got there by Tab; with the mouse one knows.
  root.addEventListener("keydown", (event) => event.key === "Tab" && root.toggleAttribute("data-keyboard", true), true);
  root.addEventListener("pointerdown", () => root.toggleAttribute("data-keyboard", false), true);
  const back = (/** @type {Event} */ event) => {
    const target = /** @type {Element} */ (event.target);
    if (!target.closest("button, li, input[type=range], input[type=checkbox]") || root.querySelector("dialog[open]"))
      return;
    if (!isTextField(document.activeElement)) view.overlay.focus({ preventScroll: true });
  };
  root.addEventListener("click", (event) => event.detail > 0 && back(event)); // 0: pressed by key
  root.addEventListener("pointerup", (event) => event.target instanceof HTMLInputElement && back(event));
  // Where a choice acts at once the list is done with; whoever walks through it by key stays in it.
  root.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLSelectElement) || target.closest("dialog, form") || "keyboard" in root.dataset) return;
    const now = document.activeElement; // the list itself, or one that was made in its place
    if (now instanceof HTMLSelectElement || !isTextField(now)) view.overlay.focus({ preventScroll: true });
  });
}

/** @param {Workbench} bench @param {HTMLElement} root */
function attachDrop(bench, root) {
  const veil = element(
    "div",
    { class: "ml-veil", hidden: true },
    icon("upload"),
    element("p", {}, texts.main.dropImagesToAddThem),
  );
  root.append(veil);
  const carriesFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  root.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  veil.addEventListener("dragover", (event) => event.preventDefault());
  veil.addEventListener("dragleave", () => {
    veil.hidden = true;
  });
  veil.addEventListener("drop", async (event) => {
    event.preventDefault();
    veil.hidden = true;
    if (event.dataTransfer) await bench.upload(await droppedFiles(event.dataTransfer));
  });
  window.addEventListener(
    "paste",
    (event) => {
      const pasted = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
      if (!pasted.length || root.offsetParent === null) return;
      clearTimeout(bench.pasting); // pictures, not copied objects
      void bench.upload(pasted);
    },
    { signal: bench.leaving.signal },
  );
  window.addEventListener(
    "copy",
    (event) => {
      // A picture that was copied before is not what the next paste means.
      if (root.offsetParent === null || isTextField(event.target) || !getSelection()?.isCollapsed) return;
      if (!bench.editor.selection.size || bench.galleryShown) return;
      event.clipboardData?.setData(
        "text/plain",
        texts.main.objectsOf(bench.editor.selection.size, bench.editor.image?.file_name),
      );
      event.preventDefault();
    },
    { signal: bench.leaving.signal },
  );
}

const LOOK_AROUND = 3000; // milliseconds

/** Look again when the person comes back to the page or to this tab of it. @param {Workbench} bench */
function watchReturn(bench) {
  const { signal } = bench.leaving;
  let seen = true;
  const timer = setInterval(() => {
    if (seen && document.visibilityState === "visible") void bench.lookAround();
  }, LOOK_AROUND);
  signal.addEventListener("abort", () => clearInterval(timer));
  const onShow = new IntersectionObserver(([entry]) => {
    if (entry.isIntersecting && !seen) void bench.refresh();
    seen = entry.isIntersecting;
  });
  onShow.observe(bench.root);
  signal.addEventListener("abort", () => onShow.disconnect());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void bench.refresh(), {
    signal,
  });
  window.addEventListener(
    "beforeunload",
    (event) => {
      if (bench.editor.outbox.state === "retrying") event.preventDefault(); // kept in the browser, but not on the server yet
    },
    { signal },
  );
}
