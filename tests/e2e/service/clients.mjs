// Asks the service at OCR_TEST_URL by the JavaScript client, and prints what came back.

import { Client, OcrError } from "../../../clients/javascript/crnn-client.js";

const { OCR_TEST_URL: url, OCR_TEST_KEY: apiKey, OCR_TEST_LINE: hex } = process.env;
const line = Uint8Array.from(Buffer.from(hex, "hex"));
const seven = [[[10, 10], [60, 10], [30, 90]]];
const client = new Client(url, { apiKey });
const told = { has_sockets: typeof WebSocket !== "undefined" };

told.text = (await client.ocr(line, { mode: "line" })).text;
told.failed = (await client.readBatch([line, new Uint8Array([1])])).failed;
told.digits = (await client.draw(seven, { reads: "digits" })).text;
const job = await client.submit([line], { options: { mode: "line" } });
for await (const one of client.follow(job.id)) told.state = one.state;
told.txt = await (await client.result(job.id, "txt")).text();
await client.deleteJob(job.id);
await client.putLexicon("two", ["a", "b"]);
told.entries = (await client.lexicon("two")).entries;
await client.deleteLexicon("two");
try {
  await client.lexicon("two");
} catch (error) {
  if (!(error instanceof OcrError)) throw error;
  told.missing = error;
}
told.refused = await new Client(url, { apiKey: "wrong" }).ocr(line).catch(({ status }) => status);
if (told.has_sockets) {
  const stream = await client.stream();
  told.stream = (await stream.draw(seven, { reads: "digits" })).text;
  stream.close();
}
console.log(JSON.stringify(told));
