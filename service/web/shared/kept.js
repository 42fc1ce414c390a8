// What this browser keeps in IndexedDB: a store a page, entries by id with the time of each.

const NAME = "crnn-ocr";
const VERSION = 1;
const STORES = ["desk", "board"];

let opening = null;

function opened() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const store of STORES) {
        request.result.createObjectStore(store, { keyPath: "id" }).createIndex("when", "when");
      }
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function run(store, mode, work) {
  const transaction = (await opened()).transaction(store, mode);
  const request = work(transaction.objectStore(store));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

// Keep an entry {id, when, ...}; the oldest over `most` are let go.
export async function keep(store, entry, most = 40) {
  await run(store, "readwrite", (found) => found.put(entry));
  const all = await run(store, "readonly", (found) => found.index("when").getAllKeys());
  for (const id of all.slice(0, Math.max(0, all.length - most))) await forget(store, id);
}

// All entries, the newest first.
export async function kept(store) {
  return (await run(store, "readonly", (found) => found.index("when").getAll())).reverse();
}

export function forget(store, id) {
  return run(store, "readwrite", (found) => found.delete(id));
}

export function forgetAll(store) {
  return run(store, "readwrite", (found) => found.clear());
}
