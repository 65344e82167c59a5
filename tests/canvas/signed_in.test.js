/** What the page offers follows what the server says that a role may do. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { SignedIn } from "../../app/canvas/model/workspace/signed_in.js";

test("everything is offered until the server has said, and then what it said", async (context) => {
  const me = new SignedIn();
  assert.ok(me.may("GET /api/export"));
  const answer = { person: "Ada", role: "annotator", may: ["GET /api/images"] };
  context.mock.method(globalThis, "fetch", async () => Response.json(answer));
  await me.ask();
  assert.equal(`${me.person} (${me.role})`, "Ada (annotator)");
  assert.ok(me.may("GET /api/images"));
  assert.ok(!me.may("GET /api/export"));
});

test("a server that does not say leaves everything offered, for it to refuse", async (context) => {
  const me = new SignedIn();
  context.mock.method(globalThis, "fetch", async () => Response.json({ error: "busy" }, { status: 503 }));
  await me.ask();
  assert.ok(me.may("POST /api/import"));
  assert.equal(me.person, "");
});
