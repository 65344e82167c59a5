/** What the model uses of a browser: a storage, and a server that answers as a test says. */

globalThis.addEventListener ??= () => {};
globalThis.removeEventListener ??= () => {};
Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });

/** A storage that holds its keys as own properties, as the browser's does. @returns {any} */
export function storageOf(entries = {}) {
  const storage = { ...entries };
  const methods = {
    getItem: (key) => (Object.hasOwn(storage, key) ? storage[key] : null),
    setItem: (key, value) => (storage[key] = String(value)),
    removeItem: (key) => delete storage[key],
  };
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(storage, name, { value });
  return storage;
}

globalThis.localStorage = storageOf();
globalThis.sessionStorage = storageOf();
globalThis.window = globalThis;

/**
 * Answers requests one after the other: {status, body}, or "silence" for a server that is away.
 * @param {...any} answers
 */
export function server(...answers) {
  const requests = [];
  globalThis.fetch = async (url, { method, body, headers }) => {
    requests.push({ method, path: String(url).split("/api/")[1], body: body && JSON.parse(body), headers });
    const answer = answers.shift();
    if (answer === undefined) throw new Error(`not expected: ${method} ${url}`);
    if (answer === "silence") throw new TypeError("fetch failed");
    return new Response(JSON.stringify(answer.body), { status: answer.status });
  };
  return requests;
}
