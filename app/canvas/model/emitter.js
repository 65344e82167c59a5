/** Named events with plain listeners; events.js lists them. */

/** @template {object} Events what each event tells, by its name */
export class Emitter {
  constructor() {
    /** @type {Map<keyof Events, Set<(detail: any) => void>>} */
    this.listeners = new Map();
  }

  /** @template {keyof Events} Name @param {Name | Name[]} names @param {(detail: Events[Name]) => void} listener */
  on(names, listener) {
    for (const name of Array.isArray(names) ? names : [names]) {
      const listeners = this.listeners.get(name) ?? new Set();
      listeners.add(listener);
      this.listeners.set(name, listeners);
    }
  }

  /** @template {keyof Events} Name @param {Name} name @param {Events[Name] extends void ? [] : [Events[Name]]} detail */
  emit(name, ...detail) {
    for (const listener of this.listeners.get(name) ?? []) listener(detail[0]);
  }
}
