/**
 * What a click means to the mask that it mends: it adds, takes away, or draws its edge anew. Shift and Ctrl say so for
 * one click; over the canvas it is chosen for those that follow, since a finger has neither.
 */

import { button, element } from "../view/dom.js";
import { texts } from "../messages/texts.js";

/** @typedef {import("../view/tool.js").Pointer} Pointer */
/** @typedef {"add" | "away" | "edge"} Meaning */

/** @type {[Meaning, string, string][]} */
const MEANINGS = [
  ["add", texts.clickMeaning.add, texts.clickMeaning.clicksAdd],
  ["away", texts.clickMeaning.takeAway, texts.clickMeaning.clicksTakeAway],
  ["edge", texts.clickMeaning.newEdge, texts.clickMeaning.clicksDrawTheEdge],
];

export class ClickMeaning {
  /** @param {import("../model/editor.js").Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** @type {Meaning} */
    this.chosen = "add";
  }

  /** Whether a click adds; Shift turns it round. @param {Pointer} pointer */
  adds({ shift }) {
    return (this.chosen === "away") === shift;
  }

  /** Whether a click is of a new edge. @param {Pointer} pointer */
  isEdge({ control }) {
    return control || this.chosen === "edge";
  }

  /** @param {Meaning} meaning */
  choose(meaning) {
    this.chosen = meaning;
    this.editor.emit("hint");
  }

  /** Whether somebody here may have no keys: with a mouse alone the picture is not covered by what keys do. */
  get isOffered() {
    return matchMedia("(any-pointer: coarse)").matches;
  }

  /**
   * The choice, and the end of what is clicked, as buttons. @param {import("./new_edge.js").NewEdge} edge
   * @param {() => void} done  where no edge has been begun @returns {{element: HTMLElement, show: () => void}} `show` says what is chosen now
   */
  createOptions(edge, done) {
    const buttons = MEANINGS.map(([meaning, text, label]) =>
      button(
        null,
        label,
        () => {
          if (edge.isBegun && meaning !== "edge") edge.cancel(); // the next click is none of it
          this.choose(meaning);
        },
        { class: "ml-small", text },
      ),
    );
    const end = button(null, texts.clickMeaning.theObjectIsDone, () => (edge.isBegun ? edge.confirm() : done()), {
      class: "ml-small",
      text: texts.clickMeaning.done,
    });
    const show = () =>
      MEANINGS.forEach(([meaning], at) => buttons[at].setAttribute("aria-pressed", String(this.chosen === meaning)));
    show();
    const row = { class: "ml-in-a-line", role: "group", "aria-label": texts.clickMeaning.whatAClickDoes };
    return { element: element("div", { class: "ml-in-a-line" }, element("div", row, ...buttons), end), show };
  }
}
