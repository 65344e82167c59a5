/** The tabs of the page around the editor, in its address: Back leads from another tab to the editor, a link opens one. */

import { imageOf, say } from "./address.js";

/**
 * Go along with the tabs, and let them go along with the address.
 * @param {import("./workbench.js").Workbench} bench
 * @param {string} own  id of the button of the editor's tab
 * @param {{[hash: string]: string}} others  of each other tab: its address ("#fine-tune") and the id of its button
 */
export function followTabs(bench, own, others) {
  const { signal } = bench.leaving;
  const buttonOf = (/** @type {string} */ hash) => document.getElementById(others[hash] ?? own);
  const follow = () => {
    const button = buttonOf(location.hash);
    if (button?.getAttribute("aria-selected") !== "true") button?.click();
  };
  const tell = (/** @type {MouseEvent} */ { target }) => {
    const pressed = target instanceof Element ? target.closest('[role="tab"]')?.id : undefined;
    const other = Object.keys(others).find((hash) => others[hash] === pressed);
    if (other && location.hash !== other) history.pushState(history.state, "", other);
    else if (pressed === own && imageOf(location.hash) === null) {
      if (bench.wanted !== null) say(bench.wanted, false);
      else if (location.hash in others) history.pushState(history.state, "", location.pathname + location.search);
    }
  };
  document.addEventListener("click", tell, { signal });
  window.addEventListener("popstate", follow, { signal });
  if (others[location.hash]) follow();
}
