/** Keys that a person has given another place, remembered in this browser. */

import { remember, remembered } from "./preferences.js";

const PREFERENCE = "keys";

/** The key that is pressed for each that was changed, both as the table of keys writes them. @type {Map<string, string>} */
const own = new Map(Object.entries(remembered(PREFERENCE, {})));

/** What is pressed for a key of the table. @param {string} key */
export const ownKey = (key) => own.get(key) ?? key;

/** @param {string} key @param {string} pressed from now on */
export function changeKey(key, pressed) {
  if (pressed === key) own.delete(key);
  else own.set(key, pressed);
  remember(PREFERENCE, Object.fromEntries(own));
}

/** Every key is where it was. */
export function forgetOwnKeys() {
  own.clear();
  remember(PREFERENCE, {});
}

export const hasOwnKeys = () => own.size > 0;
