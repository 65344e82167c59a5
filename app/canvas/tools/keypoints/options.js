/** Over the canvas while keypoints are placed: what the keys do, for the mouse and a finger. */

import { button, element } from "../../view/dom.js";
import { texts } from "../../messages/texts.js";

/** @param {import("../keypoints.js").KeypointsTool} tool @returns {{element: HTMLElement, show: () => void}} `show` says what is possible now */
export function createOptions(tool) {
  const hidden = element("input", { type: "checkbox", checked: tool.placesHidden });
  hidden.addEventListener("change", () => (tool.placesHidden = hidden.checked));
  const small = (
    /** @type {string} */ label,
    /** @type {string} */ text,
    /** @type {string} */ keys,
    /** @type {() => unknown} */ run,
  ) => button(null, label, run, { class: "ml-small", text, keys });
  const skip = small(texts.keypoints.skipThisKeypoint, texts.keypoints.skip, ".", () => tool.skip());
  const mirror = small(texts.keypoints.placeItMirrored, texts.keypoints.mirrored, ",", () => tool.placeMirrored());
  const back = small(texts.keypoints.takeTheLastBack, texts.keypoints.back, "Backspace", () => tool.back());
  const done = small(texts.keypoints.theObjectIsDone, texts.keypoints.done, "Enter", () => tool.confirm());
  const show = () => {
    skip.disabled = tool.target === null;
    mirror.disabled = tool.proposed === null;
    back.disabled = !tool.fresh.begun && !tool.lastPlaced;
    done.disabled = !tool.fresh.begun;
  };
  show();
  const row = element(
    "div",
    { class: "ml-choices-row ml-in-a-line" },
    element("label", { class: "ml-choice", title: texts.keypoints.shiftClickToo }, hidden, texts.keypoints.hidden),
    skip,
    mirror,
    back,
    done,
  );
  return { element: row, show };
}
