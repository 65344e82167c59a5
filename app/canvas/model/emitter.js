/** Named events with plain listeners. */
export class Emitter {
  constructor() {
    /** @type {Map<string, Set<(detail: any) => void>>} */
    this.listeners = new Map();
  }

  /** @param {string} names separated by spaces @param {(detail: any) => void} listener */
  on(names, listener) {
    for (const name of names.split(" ")) {
      const listeners = this.listeners.get(name) ?? new Set();
      listeners.add(listener);
      this.listeners.set(name, listeners);
    }
  }

  /** @param {string} name @param {unknown} [detail] */
  emit(name, detail) {
    for (const listener of this.listeners.get(name) ?? []) listener(detail);
  }
}
