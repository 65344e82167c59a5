/** The open image in the page's address: a link opens it, and the browser's Back and Forward go from image to image. */

const IMAGE = /#image=(\d{1,15})\b/;

/** @param {string} hash of an address @returns {number | null} */
export function imageOf(hash) {
  const number = IMAGE.exec(hash)?.[1];
  return number === undefined ? null : Number(number);
}

/** An image is open: a step of the browser's history, unless it is where that has just led to. @param {number} id @param {boolean} first  of the page: there is none to go back to */
export function say(id, first) {
  const before = imageOf(location.hash);
  if (before === id || (first && before === null && location.hash)) return; // another part of the page was meant
  const how = first || window.top !== window ? "replaceState" : "pushState"; // in a frame Back is the page's around it
  history[how](history.state, "", `#image=${id}`);
}

/** Go along with Back, Forward and an address that is typed. @param {import("./workbench.js").Workbench} bench */
export function follow(bench) {
  const go = () => {
    const id = imageOf(location.hash);
    if (id === null || id === bench.wanted) return;
    bench.showGallery(false);
    void bench.open(id);
  };
  window.addEventListener("popstate", go, { signal: bench.leaving.signal });
}
