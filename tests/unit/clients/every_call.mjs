// Calls every method of the JavaScript client before a fetch that answers anything.

import { Client } from "../../../clients/javascript/crnn-client.js";
const asked = [];
const fetch = async (url, options) => {
  asked.push([options.method, new URL(url).pathname]);
  const events = `event: end\ndata: {"id": "abc", "state": "done"}\n\n`;
  const told = { id: "abc", state: "done", status: "alive", model: "zh" };
  return new Response(String(url).endsWith("/events") ? events : JSON.stringify(told));
};
const client = new Client("http://ocr.test", { fetch });
const byte = new Uint8Array([1]);
const calls = { ocr: [byte], read: [byte], readBatch: [[byte]], predict: [byte], draw: [[]], submit: [[byte]],
  jobs: [], job: ["abc"], wait: ["abc"], result: ["abc"], deleteJob: ["abc"], lexicons: [], lexicon: ["abc"],
  putLexicon: ["abc", ["x"]], deleteLexicon: ["abc"], correct: [{ text: "a", corrected: "b" }], feedback: [],
  exportFeedback: [], deleteFeedback: ["abc"], alive: [], ready: [], readForm: [byte], templates: [] };
for (const [name, given] of Object.entries(calls)) await client[name](...given);
await client.deleteFeedback();
await client.readForm(byte, "abc");
for await (const job of client.follow("abc")) if (job.state !== "done") throw Error(job.state);
console.log(JSON.stringify(asked));
