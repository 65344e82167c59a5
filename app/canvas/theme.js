/** Light or dark: as the surrounding Gradio page says, else as the system says. */

/** @param {HTMLElement} root @param {AbortSignal} signal ends it */
export function followTheme(root, signal) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const inGradio = () => document.querySelector(".gradio-container") !== null;
  const apply = () => {
    const dark = inGradio() ? document.body.classList.contains("dark") : system.matches;
    root.dataset.theme = dark ? "dark" : "light";
  };
  const page = new MutationObserver(apply);
  signal.addEventListener("abort", () => page.disconnect());
  page.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  system.addEventListener("change", apply, { signal });
  apply();
}
