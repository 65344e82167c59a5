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

  /** The choice, as buttons. @returns {{element: HTMLElement, show: () => void}} `show` says what is chosen now */
  createOptions() {
    const buttons = MEANINGS.map(([meaning, text, label]) =>
      button(null, label, () => this.choose(meaning), { class: "ml-small", text }),
    );
    const show = () =>
      MEANINGS.forEach(([meaning], at) => buttons[at].setAttribute("aria-pressed", String(this.chosen === meaning)));
    show();
    const row = { class: "ml-in-a-line", role: "group", "aria-label": texts.clickMeaning.whatAClickDoes };
    return { element: element("div", row, ...buttons), show };
  }
}
