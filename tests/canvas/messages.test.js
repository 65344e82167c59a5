/** The texts of the page: each is shown somewhere, and every language has all of them. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import "./stand_ins.js";

const { LANGUAGES, language, languageOf, texts } = await import("../../app/canvas/messages/texts.js");
const { en } = await import("../../app/canvas/messages/en.js");

const canvas = fileURLToPath(new URL("../../app/canvas", import.meta.url));
const code = readdirSync(canvas, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".js") && !/^messages.(en|de|zh)/.test(path))
  .map((path) => readFileSync(join(canvas, path), "utf8"))
  .join("\n");

/** @param {any} table @returns {Map<string, any>} texts by "place.key" */
const flat = (table) =>
  new Map(
    Object.entries(table).flatMap(([place, words]) =>
      Object.entries(words).map(([key, text]) => [`${place}.${key}`, text]),
    ),
  );

const english = flat(en);
const others = Object.keys(LANGUAGES).filter((name) => name !== "en");
const tables = new Map(await Promise.all(others.map(async (name) => [name, flat(await LANGUAGES[name].table())])));

/** Which of its parameters a text says, with one or many of everything. @param {any} text @param {number} count of parameters */
function said(text, count) {
  if (typeof text !== "function") return [];
  const marks = Array.from({ length: count }, (_, at) => 7000 + at);
  const words = [text(...marks), text(...marks.map((mark) => `<${mark}>`))].join();
  return marks.map((mark) => words.includes(String(mark)));
}

test("every text is shown somewhere", () => {
  const unused = [...english.keys()].filter(
    (name) => !new RegExp(`\\btexts\\.${name.replace(".", "\\.")}\\b`).test(code),
  );
  assert.deepEqual(unused, []);
});

for (const name of others) {
  const table = /** @type {Map<string, any>} */ (tables.get(name));
  const where = `app/canvas/messages/${name}/`;

  test(`${LANGUAGES[name].name} has every text, and no other`, () => {
    const missing = [...english.keys()].filter((key) => !table.has(key));
    assert.deepEqual(missing, [], `write these texts in ${where}, in the file that is called as in messages/en/`);
    const superfluous = [...table.keys()].filter((key) => !english.has(key));
    assert.deepEqual(superfluous, [], `messages/en/ no longer has these texts: take them out of ${where}`);
  });

  test(`${LANGUAGES[name].name} says what the English texts say of their parameters`, () => {
    const wrong = [...english].filter(([key, text]) => {
      const translated = table.get(key);
      if (translated === undefined) return false; // the test above names it
      if (typeof translated !== typeof text) return true;
      const count = text.length;
      return typeof text === "function" && String(said(translated, count)) !== String(said(text, count));
    });
    const hint = `in ${where} these texts say fewer or other parameters than in messages/en/`;
    assert.deepEqual(
      wrong.map(([key]) => key),
      [],
      hint,
    );
  });
}

test("a text with words is translated, not copied", () => {
  const alike = [...english].filter(
    ([, text]) => typeof text === "string" && /[a-z]{2,} [a-z]{2,}/.test(text) && !/CVAT|Studio/.test(text),
  );
  const copied = others.flatMap((name) =>
    alike.filter(([key, text]) => tables.get(name)?.get(key) === text).map(([key]) => `${name}: ${key}`),
  );
  assert.deepEqual(copied, []);
});

test("the first language of the browser that there is a table of is the page's, else English", () => {
  assert.equal(languageOf(["de-AT", "en"]), "de");
  assert.equal(languageOf(["fr", "zh-CN", "en"]), "zh");
  assert.equal(languageOf(["en-GB", "de"]), "en");
  assert.equal(languageOf(["tlh-QO"]), "en");
  assert.equal(languageOf(["", "constructor"]), "en");
  assert.equal(languageOf([]), "en");
});

test("a browser that names no language gets English", () => {
  assert.equal(language, "en");
  assert.equal(texts, en);
});
