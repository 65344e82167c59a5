/** Who the page is signed in as, and what their role may do. The server decides; this hides what it would refuse. */

import * as api from "../api.js";

export class SignedIn {
  constructor() {
    this.person = "";
    this.role = "";
    /** What of the server's table is open; everything until it has said. @type {Set<string> | null} */
    this.allowed = null;
  }

  async ask() {
    try {
      const { person, role, may } = await api.whoAmI();
      Object.assign(this, { person, role, allowed: new Set(may) });
    } catch {
      // the requests that follow say what is wrong
    }
  }

  /** Whether a route, or an act, of the server's table is open. @param {string} entry e.g. "GET /api/export" */
  may(entry) {
    return this.allowed === null || this.allowed.has(entry);
  }
}
