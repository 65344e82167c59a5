/** The queue of edits: in order, numbered by the server, kept until answered, never sent as two. */

import assert from "node:assert/strict";
import test from "node:test";
import { server, storageOf } from "./stand_ins.js";
import { instanceOf, SQUARE } from "./samples.js";

const { Outbox } = await import("../../app/canvas/model/sending/outbox.js");

const CREATE = {
  kind: /** @type {const} */ ("create"),
  image: 7,
  id: -1,
  base: 0,
  fields: { category_id: 1, segmentation: [SQUARE] },
};
const UPDATE = { kind: /** @type {const} */ ("update"), image: 7, id: -1, base: 0, fields: { category_id: 2 } };

/** An outbox with what it told its listener. */
function outboxOf(storage = storageOf()) {
  const told = [];
  const listener = {
    onState: () => {},
    onSaved: (edit) => told.push(["saved", edit.kind]),
    onConflict: (edit, mine, current) => told.push(["conflict", mine, current]),
    onRefused: (edit, line) => told.push(["refused", line]),
  };
  return { outbox: new Outbox(listener, storage), told, storage };
}

test("an edit of an object that the server has not numbered yet is sent under its number and revision", async () => {
  const requests = server(
    { status: 201, body: { instance: instanceOf({ id: 41, revision: 5 }), revision: 5 } },
    { status: 200, body: { instance: instanceOf({ id: 41, revision: 6 }), revision: 6 } },
  );
  const { outbox, told, storage } = outboxOf();
  outbox.push(CREATE);
  outbox.push(UPDATE);
  await outbox.flush();
  assert.deepEqual(
    told.map(([what, kind]) => `${what} ${kind}`),
    ["saved create", "saved update"],
  );
  assert.equal(requests[1].path, "images/7/instances/41");
  assert.equal(requests[1].body.base_revision, 5);
  assert.deepEqual(Object.keys(storage), []);
});

test("what is not answered is kept in the storage and sent again under the same key", async () => {
  const requests = server("silence", { status: 201, body: { instance: instanceOf({ id: 41 }), revision: 5 } });
  const { outbox, storage } = outboxOf();
  outbox.push(CREATE);
  while (outbox.state !== "retrying") await new Promise((resolve) => setTimeout(resolve));
  assert.equal(JSON.parse(String(Object.values(storage)[0])).length, 1);
  await assert.rejects(outbox.flush(), /not everything is saved/);
  outbox.retryNow();
  while (outbox.edits.length) await new Promise((resolve) => setTimeout(resolve));
  assert.equal(requests.length, 2);
  assert.equal(requests[0].headers.get("Idempotency-Key"), requests[1].headers.get("Idempotency-Key"));
  assert.equal(outbox.state, "saved");
});

test("a conflict gives back all that waits for that object, as one", async () => {
  const theirs = instanceOf({ id: 1, revision: 9 });
  server({ status: 409, body: { error: "newer", instance: theirs, revision: 9 } });
  const { outbox, told } = outboxOf();
  outbox.push({ ...UPDATE, id: 1 });
  outbox.push({ ...UPDATE, id: 1, fields: { status: "accepted" } });
  await outbox.flush();
  assert.deepEqual(told, [["conflict", { category_id: 2, status: "accepted" }, theirs]]);
});

test("what the server will never take is said once and let go; the next edit is sent", async () => {
  server(
    { status: 422, body: { error: "segmentation: too small" } },
    { status: 200, body: { instance: instanceOf(), revision: 6 } },
  );
  const { outbox, told } = outboxOf();
  outbox.push({ ...UPDATE, id: 1 });
  outbox.push({ ...UPDATE, id: 2 });
  await outbox.flush();
  assert.deepEqual(told, [
    ["refused", "segmentation: too small"],
    ["saved", "update"],
  ]);
});

test("an object that is gone already counts as deleted", async () => {
  server({ status: 404, body: { error: "no such instance" } });
  const { outbox, told } = outboxOf();
  outbox.push({ kind: "delete", image: 7, id: 1, base: 3, fields: {} });
  await outbox.flush();
  assert.deepEqual(told, [["saved", "delete"]]);
});

test("what is asked for between edits waits for those before it, and those after it wait", async () => {
  const requests = server(
    { status: 201, body: { instance: instanceOf({ id: 41, revision: 5 }), revision: 5 } },
    { status: 200, body: { instance: instanceOf({ id: 41, revision: 8 }), revision: 8 } },
  );
  const { outbox } = outboxOf();
  const seen = [];
  outbox.push(CREATE);
  const asked = outbox.between(async (ready) => {
    await ready();
    seen.push(requests.length);
    await new Promise((resolve) => setTimeout(resolve, 5));
    seen.push(requests.length);
    outbox.rebase({ image: { image_id: 7 }, instances: [instanceOf({ id: 41, revision: 7 })] });
  });
  outbox.push(UPDATE);
  await asked;
  await outbox.flush();
  assert.deepEqual(seen, [1, 1]);
  assert.equal(requests[1].body.base_revision, 7);
});

test("what earlier pages left is never without a place in the storage, whenever this one is closed", async (t) => {
  const answers = [null, "never"]; // to whether a page is open that owns a key; the last one comes too late
  const locks = {
    request: (_name, options, run = options) =>
      run === options ? run({}) : answers.shift() === "never" ? new Promise(() => {}) : run({}),
  };
  Object.assign(navigator, { locks });
  t.after(() => delete (/** @type {any} */ (navigator).locks));
  const storage = storageOf();
  const { outbox } = outboxOf(storage);
  const { scope } = outbox.unsent;
  const left = (key) => JSON.stringify([{ ...CREATE, key, attempts: 1, turn: 3 }]);
  storage.setItem(`${scope}a`, left("one"));
  storage.setItem(`${scope}b`, left("two"));
  void outbox.adopt();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const kept = Object.values(storage).flatMap((edits) => JSON.parse(edits));
  assert.deepEqual(kept.map(({ key }) => key).sort(), ["one", "two"]);
});

test("everything is on the server when what was asked for between edits is answered, too", async () => {
  server();
  const { outbox } = outboxOf();
  const order = [];
  let answer = () => {};
  void outbox.between(async (ready) => {
    await ready();
    await new Promise((resolve) => (answer = () => resolve(undefined)));
    order.push("undo");
  });
  const flushed = outbox.flush().then(() => order.push("flushed"));
  await new Promise((resolve) => setTimeout(resolve));
  answer();
  await flushed;
  assert.deepEqual(order, ["undo", "flushed"]);
});
