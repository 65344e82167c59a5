/**
 * What a control is called and by which key, sooner than the browser would say it: under the pointer, and where the
 * keyboard has got to. It says what stands in `title`, stays while the pointer is on it, and Esc puts it away
 * (WCAG 1.4.13). A finger gets none.
 */

import { keyName } from "../messages/key_names.js";
import { element } from "../view/dom.js";

const DELAY = 200; // milliseconds of rest before it shows
const BRIDGE = 120; // milliseconds to get from the control to what is said of it
const GAP = 6; // CSS pixels

/** @param {HTMLElement} root @param {AbortSignal} signal */
export function attachTooltips(root, signal) {
  const tip = element("div", { class: "ml-tooltip", role: "tooltip", id: "ml-tooltip", hidden: true });
  root.append(tip);
  /** What is spoken of, or about to be. @type {HTMLElement | null} */
  let about = null;
  let timer = 0;
  let going = 0; // the timer that puts it away
  let walked = false; // whether the focus moves because somebody moves it, not because something opened
  let pressedAt = ""; // what comes to lie under a pointer that rests where it clicked was not asked for
  const renamed = new MutationObserver(() => {
    if (!about?.title || tip.hidden) return;
    if ("tip" in about.dataset) take(about);
    write(about);
  });

  /** The browser is not to show its own under the pointer too. @param {HTMLElement} node */
  function take(node) {
    node.dataset.tip = node.title;
    node.removeAttribute("title");
    node.setAttribute("aria-describedby", tip.id);
  }

  /** @param {HTMLElement} node */
  function write(node) {
    const { tip: words = node.title, keys, label } = node.dataset;
    tip.replaceChildren(keys ? (label ?? words) : words, ...(keys ? [" ", element("kbd", {}, keyName(keys))] : []));
  }

  function stay() {
    clearTimeout(going);
    going = 0;
  }

  function hide() {
    stay();
    clearTimeout(timer);
    renamed.disconnect();
    tip.hidden = true;
    if (about && "tip" in about.dataset) {
      about.title ||= about.dataset.tip ?? "";
      delete about.dataset.tip;
      about.removeAttribute("aria-describedby");
    }
    about = null;
  }

  /** @param {HTMLElement} node @param {boolean} pointed with the mouse or a pen */
  function showSoon(node, pointed) {
    if (node === about) stay();
    if (node === about) return void (pointed && !tip.hidden && node.title && take(node));
    const wait = tip.hidden ? DELAY : 0; // from one to the next there is nothing to wait for
    hide();
    about = node;
    timer = window.setTimeout(() => {
      if (!node.isConnected || !node.title) return hide();
      if (pointed) take(node);
      renamed.observe(node, { attributeFilter: ["title"] });
      write(node);
      (node.closest("dialog") ?? root).append(tip);
      tip.hidden = false;
      place(tip, node);
    }, wait);
  }

  /** @param {EventTarget | null} target */
  const spokenOf = (target) =>
    /** @type {HTMLElement | null} */ (target instanceof Element ? target.closest("[title], [data-tip]") : null);

  /** @param {PointerEvent} event */
  function over(event) {
    if (event.pointerType === "touch" || event.buttons || pressedAt === placeOf(event)) return;
    if (isOn(event)) return stay();
    const node = spokenOf(event.target);
    if (node instanceof HTMLElement) showSoon(node, true);
    else leave();
  }

  function leave() {
    if (!about || about.matches(":focus-visible")) return;
    if (tip.hidden) hide();
    else if (!going) going = window.setTimeout(hide, BRIDGE);
  }

  /** Whether the pointer is on what is said. What lies beneath can be pressed all the same. @param {PointerEvent} event */
  function isOn({ clientX: x, clientY: y }) {
    if (tip.hidden) return false;
    const { left, right, top, bottom } = tip.getBoundingClientRect();
    return x >= left && x <= right && y >= top && y <= bottom;
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (!about || tip.hidden || spokenOf(event.target) === about) return;
    if (isOn(event)) stay();
    else leave();
  }

  root.addEventListener("pointerover", over, { signal });
  root.addEventListener("pointermove", move, { signal, passive: true });
  root.addEventListener("pointerleave", leave, { signal });
  root.addEventListener(
    "pointerdown",
    (event) => {
      hide();
      pressedAt = placeOf(event);
    },
    { signal, capture: true },
  );
  root.addEventListener("scroll", hide, { signal, capture: true });
  root.addEventListener(
    "focusin",
    (event) => {
      const node = spokenOf(event.target);
      if (node === event.target && walked && node?.matches(":focus-visible")) showSoon(node, false);
      else if (about && !about.matches(":hover")) hide();
    },
    { signal },
  );
  root.addEventListener("focusout", (event) => event.target === about && hide(), { signal });
  root.addEventListener("keyup", () => about && !about.isConnected && hide(), { signal });
  window.addEventListener(
    "keydown",
    (event) => {
      walked = event.key === "Tab" || event.key.startsWith("Arrow");
      if (event.key !== "Escape" || tip.hidden) return;
      const inDialog = tip.closest("dialog") !== null;
      hide();
      if (inDialog) return; // it closes with what is said in it
      event.preventDefault(); // this and nothing else goes away
      event.stopPropagation();
    },
    { signal, capture: true },
  );
  signal.addEventListener("abort", hide);
}

/** @param {PointerEvent} event */
const placeOf = ({ clientX, clientY }) => `${clientX},${clientY}`;

/** Below the control or above it; beside it in a bar or a list that stands, whose next line it would cover. @param {HTMLElement} tip @param {HTMLElement} node */
function place(tip, node) {
  const at = node.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const upright = node.closest('[aria-orientation="vertical"]') !== null;
  const listed = node.closest(".ml-side") !== null;
  let left = upright ? at.right + GAP : listed ? at.left - width - GAP : at.left + (at.width - width) / 2;
  let top = upright || listed ? at.top + (at.height - height) / 2 : at.bottom + GAP;
  if (top + height > window.innerHeight - GAP) top = at.top - height - GAP;
  left = Math.max(GAP, Math.min(left, window.innerWidth - width - GAP));
  tip.style.left = `${Math.round(left)}px`;
  tip.style.top = `${Math.round(Math.max(GAP, top))}px`;
}
