/** Light or dark: as the surrounding Gradio page says, else as the system says. */

/** @param {HTMLElement} root */
export function followTheme(root) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const inGradio = () => document.querySelector(".gradio-container") !== null;
  const apply = () => {
    const dark = inGradio() ? document.body.classList.contains("dark") : system.matches;
    root.dataset.theme = dark ? "dark" : "light";
  };
  new MutationObserver(apply).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  system.addEventListener("change", apply);
  apply();
}
